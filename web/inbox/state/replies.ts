import { computed, signal } from "@preact/signals"
import { uuid7 } from "../../shared/uuid7"
import type { Facts, MacroRun, ReplyText, SavedDraft, SavedReplies, SavedReply } from "../../shared/wire"
import { call } from "./api"
import { customers, me, nameOf, teamName, tickets } from "./desk"
import { fill } from "./filling"
import { ticketOf, type Ticket } from "./model"

export type Step = SavedReply["steps"][number]

/** Those that this agent may see, as last read; null until they were. */
export const replies = signal<readonly SavedReply[] | null>(null)

export async function loadReplies(): Promise<void> {
  replies.value = (await call<SavedReplies>("GET", "/api/replies")).replies
}

/** What is there to be used: an admin sees others' own ones too, and does not speak with them. */
export const usable = computed(() => {
  const agent = me.value?.agent
  return (replies.value ?? []).filter((each) => each.visibility === "all" || each.owner_id === agent?.id || (each.team_id !== null && agent?.teams.includes(each.team_id)))
})

export const isMacro = (reply: SavedReply): boolean => reply.steps.length > 0
export const macros = computed(() => usable.value.filter(isMacro))

export const mayChange = (reply: SavedReply): boolean => me.value?.agent.role === "admin" || (me.value?.agent.role === "agent" && reply.owner_id === me.value.agent.id)

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

/** How well the words fit: 0 not at all. A shortcut is for those who know it, so it comes first. */
function fit({ title, shortcut, texts, steps }: SavedReply, words: string): number {
  if (!words) return 1
  if (shortcut === words) return 5
  if (shortcut && shortcut.startsWith(words)) return 4
  const parts = words.split(/\s+/).filter(Boolean)
  const named = plain(title)
  if (parts.every((part) => ` ${named}`.includes(` ${part}`))) return 3
  const said = plain([named, shortcut, ...texts.flatMap((each) => [each.opening ?? "", each.middle, each.close ?? ""]), ...steps.map(stepWords)].join(" "))
  return parts.every((part) => ` ${said}`.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(part))) ? 2 : 0
}

/** Those that the words fit, the best and most used first. */
export function found(among: readonly SavedReply[], typed: string): readonly SavedReply[] {
  const words = plain(typed.trim())
  return among
    .map((reply) => ({ reply, fits: fit(reply, words) }))
    .filter(({ fits }) => fits > 0)
    .sort((a, b) => b.fits - a.fits || b.reply.used - a.reply.used || a.reply.title.localeCompare(b.reply.title))
    .map(({ reply }) => reply)
}

/** Which language the customer is written to in: theirs, else the brand's. */
export const languageOf = (ticket: Ticket): string => (customers.get(ticket.customer_id)?.language ?? me.value?.brands.find((each) => each.id === ticket.brand_id)?.settings?.language ?? "en").slice(0, 2)

/** A reply's text in this language, else in English, else its first. */
export const textIn = ({ texts }: SavedReply, language: string): ReplyText | undefined => texts.find((each) => each.language === language) ?? texts.find((each) => each.language === "en") ?? texts[0]

/** Opening, middle and close, as they go into an answer: the middle word for word. */
export const wholeText = ({ opening, middle, close }: ReplyText): string => [opening ?? "", middle, close ?? ""].filter((part) => part.trim()).join("\n\n")

export const loadFacts = (ticket: Ticket): Promise<Facts> => call<Facts>("GET", `/api/tickets/${ticket.id}/facts`)

/** What is known, in a language. Where others read the answer nothing of an order is. */
export function known(facts: Facts | null, language: string, personal: boolean): Record<string, string> {
  const all = { ...facts?.values, ...(facts?.told[language] ?? facts?.told["en"]) }
  return personal ? all : Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith("order.")))
}

export const filled = (text: ReplyText, facts: Facts | null, personal: boolean): string => fill(wholeText(text), known(facts, text.language, personal))

export const countUse = (reply: SavedReply): void => void call("POST", `/api/replies/${reply.id}/used`).catch(() => undefined)

/** A run that is asked for again after no answer came says nothing twice: its ids stay. */
export const newRun = (): { message_id: string; note_id: string } => ({ message_id: uuid7(), note_id: uuid7() })

export async function runMacro(ticket: Ticket, macro: SavedReply, language: string, ids: ReturnType<typeof newRun>, by: string | null): Promise<MacroRun> {
  const run = await call<MacroRun>("POST", `/api/tickets/${ticket.id}/macro`, { reply_id: macro.id, version: macro.version, language, by, ...ids })
  tickets.put([ticketOf(run.ticket)])
  return run
}

const span = (hours: number): string => (hours % 168 === 0 ? `${hours / 168} week${hours === 168 ? "" : "s"}` : hours % 24 === 0 ? `${hours / 24} day${hours === 24 ? "" : "s"}` : `${hours} hour${hours === 1 ? "" : "s"}`)

/** What a step does, in words. */
export function stepWords(step: Step): string {
  if (step.do === "reply") return "Send the reply"
  if (step.do === "note") return "Add a note"
  if (step.do === "tag") return [step.add?.length ? `Add ${step.add.map((tag) => `“${tag}”`).join(", ")}` : "", step.remove?.length ? `${step.add?.length ? "take off" : "Take off"} ${step.remove.map((tag) => `“${tag}”`).join(", ")}` : ""].filter(Boolean).join(", ")
  if (step.do === "assign") return step.to_me ? "Assign to you" : step.agent_id || step.team_id ? `Assign to ${[step.agent_id ? nameOf(step.agent_id) : "", step.team_id ? teamName(step.team_id) : ""].filter(Boolean).join(", ")}` : "Assign to nobody"
  if (step.do === "snooze") return `Snooze for ${span(step.hours)}`
  if (step.do === "priority") return `Priority ${step.priority}`
  return "Resolve"
}

export const visibilityWords = (reply: Pick<SavedReply, "visibility" | "team_id">): string => (reply.visibility === "me" ? "Only you" : reply.visibility === "all" ? "Everybody" : teamName(reply.team_id) || "A team")

export async function keepReply(id: string | null, saved: SavedDraft, version: number): Promise<SavedReply> {
  const kept = id === null ? await call<SavedReply>("POST", "/api/replies", { id: uuid7(), saved }) : await call<SavedReply>("PUT", `/api/replies/${id}`, { saved, version })
  replies.value = [...(replies.peek() ?? []).filter((each) => each.id !== kept.id), kept].sort((a, b) => a.title.localeCompare(b.title))
  return kept
}

export async function dropReply(id: string): Promise<void> {
  await call("DELETE", `/api/replies/${id}`)
  replies.value = (replies.peek() ?? []).filter((each) => each.id !== id)
}

/** A language in words, as far as the browser knows it. */
export function tongue(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(code) ?? code
  } catch {
    return code
  }
}
