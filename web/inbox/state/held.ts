import { computed } from "@preact/signals"
import type { AgentAck, HeldReplies } from "../../shared/wire"
import { call, Refused, unreachable, wordsOf } from "./api"
import { writing } from "./commands"
import { conversations, openTicket } from "./desk"
import { restoreFiles } from "./files"
import { messageOf } from "./model"
import { acked, draftOf, heldUntil, keepCopies, keepText, keptAtServer, keptText, pending, refused, wantedText, type Pending } from "./send"
import { tell } from "./tell"

/** How long after its time a reply may take to go before it is asked after. */
const ASK_AFTER = 2_000

const isHeld = (each: Pending): boolean => each.held !== null && each.problem === null

/** The last reply that waits to go, on any ticket. */
export const lastHeld = computed(() => pending.value.findLast(isHeld) ?? null)

export const lastHeldOf = (ticket: string): Pending | null => pending.value.findLast((each) => each.ticket === ticket && isHeld(each)) ?? null

const timers = new Map<string, ReturnType<typeof setTimeout>>()

/** The server keeps it for so many seconds: from now on it goes whether this page is open or not. */
export function waits(id: string, left: number): void {
  keptAtServer.add(id)
  heldUntil(id, Date.now() + left * 1000)
  clearTimeout(timers.get(id))
  timers.set(id, setTimeout(() => askAfter(id), left * 1000 + ASK_AFTER))
}

/** Its message came. */
export function went(id: string): void {
  if (!keptAtServer.delete(id)) return
  clearTimeout(timers.get(id))
  timers.delete(id)
  acked(id)
}

function askAfter(id: string): void {
  loadHeld().catch(() => timers.set(id, setTimeout(() => askAfter(id), ASK_AFTER)))
}

/** What waits at the server, and what could not go: also from another page, or from before a reload. */
export async function loadHeld(): Promise<void> {
  const { held } = await call<HeldReplies>("GET", "/api/held")
  const there = new Set(held.map((each) => each.sending.draft.id))
  for (const id of [...keptAtServer]) if (!there.has(id)) went(id)
  for (const { ticket_id, sending, left_s, problem } of held) {
    const { id, text, cc, bcc } = sending.draft
    if (!pending.peek().some((each) => each.id === id)) {
      const copies = cc?.length || bcc?.length ? { copies: { cc: cc ?? [], bcc: bcc ?? [] } } : {}
      pending.value = [...pending.peek(), { id, ticket: ticket_id, text, note: false, attachments: [], how: { by: sending.by ?? null, template: sending.template ?? null, resolve: sending.resolve ?? false, ...copies }, problem: null, held: null }]
    }
    keptAtServer.add(id)
    if (problem) refused(id, problem)
    else waits(id, left_s)
  }
}

/** Has it not go, and its words back where they were written. */
export async function takeBack(held: Pending): Promise<void> {
  try {
    await call("POST", `/api/held/${held.id}/undo`)
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 404) tell("It had gone out already.")
    else tell(error instanceof Refused && error.problem.type === unreachable.type ? "Shopbell can't be reached, so it could not be taken back. It goes when its time has come." : wordsOf(error))
    return
  }
  went(held.id)
  const draft = draftOf(held.ticket, false)
  restoreFiles(draft, held.attachments)
  if (held.how.copies) keepCopies(held.ticket, held.how.copies)
  if (openTicket.peek()?.id === held.ticket && document.querySelector(".composer textarea")) {
    writing.value = "reply"
    requestAnimationFrame(() => (wantedText.value = held.text))
    requestAnimationFrame(() => document.querySelector<HTMLTextAreaElement>(".composer textarea")?.focus())
  } else {
    keepText(draft, [keptText(draft), held.text].filter(Boolean).join("\n\n"))
    tell("Taken back. Its words are in the ticket's draft.")
  }
}

export async function sendNow(held: Pending): Promise<void> {
  try {
    const { message } = await call<AgentAck>("POST", `/api/held/${held.id}/send`)
    conversations.get(message.thread_id)?.messages.put([messageOf(message)])
    went(held.id)
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 404) void loadHeld().catch(() => undefined)
    else if (error instanceof Refused && error.problem.status > 0 && error.problem.status < 500) refused(held.id, error.problem)
    else tell(wordsOf(error))
  }
}

/** One that could not go is written anew, or said on purpose: its own row goes. */
export function forgetHeld(id: string): void {
  if (keptAtServer.delete(id)) void call("POST", `/api/held/${id}/undo`).catch(() => undefined)
  acked(id)
}
