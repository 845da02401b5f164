import { computed, effect, signal } from "@preact/signals"
import type { Message as WireMessage, Unsent, UnsentPage } from "../../shared/wire"
import { call, Refused, wordsOf } from "./api"
import { conversations, counts } from "./desk"
import { messageOf, type Message } from "./model"
import { page } from "./router"
import { tell } from "./tell"

/** What did not go out, newest first; what was sent again stays until the list is taken anew. */
export const unsent = signal<readonly Unsent[] | null>(null)
const next = signal<string | null>(null)
export const moreUnsent = computed(() => next.value !== null)
/** The messages that somebody here is just sending again. */
export const again = signal<ReadonlySet<string>>(new Set())

export const isUnsent = (message: Pick<WireMessage, "delivery">): boolean => message.delivery?.status === "failed" || message.delivery?.status === "uncertain"

export async function loadUnsent(): Promise<void> {
  const come = await call<UnsentPage>("GET", "/api/deliveries")
  unsent.value = come.unsent
  next.value = come.next
}

export async function loadMoreUnsent(): Promise<void> {
  const come = await call<UnsentPage>("GET", `/api/deliveries?cursor=${next.peek()}`)
  unsent.value = [...(unsent.peek() ?? []), ...come.unsent]
  next.value = come.next
}

/** The list is taken anew when it is opened, and when more fail while it is looked at. */
export function followUnsent(): void {
  let before = 0
  effect(() => {
    const many = counts.value?.unsent ?? 0
    if (page.value === "unsent" && (unsent.peek() === null || many > before)) void loadUnsent().catch(() => undefined)
    if (page.value !== "unsent") unsent.value = null
    before = many
  })
}

/** A message changed: what is listed shows how far its sending came. */
export function seenUnsent(message: Message): void {
  const held = unsent.peek()
  if (held?.some((each) => each.message.id === message.id && (each.message.version ?? 1) < message.version)) unsent.value = held.map((each) => (each.message.id === message.id ? { ...each, message } : each))
}

async function send(message: WireMessage, what: "retry" | "move", body: object): Promise<boolean> {
  again.value = new Set([...again.peek(), message.id])
  try {
    const sent = messageOf(await call<WireMessage>("POST", `/api/messages/${message.id}/${what}`, body))
    conversations.get(sent.thread_id)?.messages.put([sent])
    seenUnsent(sent)
    return true
  } catch (error) {
    tell(error instanceof Refused ? wordsOf(error) : "That did not work. Try again.")
    return false
  } finally {
    again.value = new Set([...again.peek()].filter((each) => each !== message.id))
  }
}

/** Pressing it is the purpose: the mark beside it says what may have arrived. */
export const retry = (message: WireMessage): Promise<boolean> => send(message, "retry", { on_purpose: true })
export const moveTo = (message: WireMessage, connection: string): Promise<boolean> => send(message, "move", { connection_id: connection, on_purpose: true })
