import { signal } from "@preact/signals"
import { call, Refused, wordsOf } from "./api"
import { canWrite, isAdmin, me, openTicket, people, tickets } from "./desk"
import { beside, focusRow } from "./list"
import { connection } from "./live"
import { isActive, isDone, ticketOf, type Attachment, type Ticket } from "./model"
import { detailsShown, go, page, showView, ticketPath } from "./router"
import { addPending, acked, type How, type Pending } from "./send"
import { tell } from "./tell"
import { moveTo, retry, unsent } from "./unsent"
import { viewNames, views } from "./views"
import type { Ticket as WireTicket } from "../../shared/wire"

export type Sheet = "keys" | "palette" | "release" | "password" | { macro: string | null } | { turn: string } | { taken: Ticket; holder: string } | null
export const sheet = signal<Sheet>(null)
/** The key held for what is otherwise typed: ⌘ on Apple's keyboards. */
export const modifier = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl"
/** Which menu of the open ticket stands open. */
export const menu = signal<string | null>(null)
export const writing = signal<"reply" | "note">("reply")

/** True when it was done. */
async function change(ticket: Ticket, what: string, body?: object): Promise<boolean> {
  try {
    tickets.put([ticketOf(await call<WireTicket>("POST", `/api/tickets/${ticket.id}/${what}`, body))])
    return true
  } catch (error) {
    const problem = error instanceof Refused ? error.problem : null
    if (problem?.type === "taken") sheet.value = { taken: ticket, holder: problem.holder || "Someone" }
    else tell(wordsOf(error))
    return false
  }
}

/** Then the agent is where the next word is written. */
export async function takeOver(ticket: Ticket, onPurpose = false): Promise<void> {
  if ((await change(ticket, "take-over", { on_purpose: onPurpose })) && openTicket.peek()?.id === ticket.id) write("reply")
}

/** Buttons that go away with what they did hand the focus to the conversation. */
const fromThread = async (done: Promise<boolean>): Promise<void> => {
  await done
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>(".log")?.focus({ preventScroll: true })
  })
}

export const release = (ticket: Ticket, note: string): Promise<void> => fromThread(change(ticket, "release", { note }))
export const resolve = (ticket: Ticket): Promise<void> => fromThread(change(ticket, "resolve"))
export const reopen = (ticket: Ticket): Promise<void> => fromThread(change(ticket, "reopen"))
export const snooze = (ticket: Ticket, until: Date): Promise<void> => fromThread(change(ticket, "snooze", { until: until.toISOString() }))
export const assign = (ticket: Ticket, agent: string | null, team: string | null): Promise<boolean> => change(ticket, "assign", { agent_id: agent, team_id: team })
export const setPriority = (ticket: Ticket, priority: Ticket["priority"]): Promise<boolean> => change(ticket, "priority", { priority })
export const setTags = (ticket: Ticket, tags: readonly string[]): Promise<boolean> => change(ticket, "tags", { tags })

export function say(ticket: Ticket, text: string, note: boolean, attachments: readonly Attachment[] = [], how: How = { by: null, template: null }): void {
  transmit(addPending(ticket.id, text, note, attachments, how), false)
}

/** Says a refused reply again, this time taking the ticket from whoever has it. */
export function sayOnPurpose(kept: Pending): void {
  acked(kept.id)
  transmit(addPending(kept.ticket, kept.text, kept.note, kept.attachments, kept.how), true)
}

function transmit(made: Pending, take: boolean): void {
  const { by, template, copies } = made.how
  const draft = { id: made.id, text: template ? "" : made.text, visibility: made.note ? ("note" as const) : ("public" as const), attachments: made.attachments.map((file) => file.id), ...(copies ? { cc: [...copies.cc], bcc: [...copies.bcc] } : {}) }
  connection.send(made.id, { type: "send", ticket_id: made.ticket, draft, take, by, template })
}

export function snoozeTimes(): { name: string; until: Date }[] {
  const at = (days: number, hour: number): Date => {
    const day = new Date()
    day.setDate(day.getDate() + days)
    day.setHours(hour, 0, 0, 0)
    return day
  }
  const toMonday = (8 - new Date().getDay()) % 7 || 7
  return [
    { name: "In 3 hours", until: new Date(Date.now() + 3 * 3_600_000) },
    { name: "Tomorrow morning", until: at(1, 9) },
    { name: "Next week", until: at(toMonday, 9) },
  ]
}

/** At once, so that not the first letter of fast fingers is lost. */
export function write(how: "reply" | "note"): void {
  writing.value = how
  document.querySelector<HTMLTextAreaElement>(".composer textarea")?.focus()
}

function step(by: 1 | -1): void {
  if (page.peek() === "unsent") {
    const listed = [...document.querySelectorAll<HTMLElement>("[data-unsent]")]
    const at = listed.findIndex((each) => each.contains(document.activeElement))
    listed[at < 0 ? 0 : Math.min(listed.length - 1, Math.max(0, at + by))]?.focus()
    return
  }
  const focused = document.activeElement?.closest<HTMLElement>("[data-ticket]")?.dataset["ticket"] ?? null
  const to = beside(by, openTicket.peek()?.id ?? focused)
  if (!to) return
  const ticket = tickets.peek(to)
  if (openTicket.peek() && ticket) go(ticketPath(ticket.number))
  focusRow(to)
}

export interface Command {
  name: string
  group: "Move" | "Ticket" | "Not sent" | "Views"
  keys: string
  when: () => boolean
  run: () => void
}

const on = (holds: (ticket: Ticket) => boolean) => () => canWrite.value && openTicket.value !== null && holds(openTicket.value)
const withTicket = (run: (ticket: Ticket) => void) => () => {
  const ticket = openTicket.peek()
  if (ticket) run(ticket)
}
const always = (): boolean => true
const hasIt = (ticket: Ticket): boolean => ticket.control === "agents" && ticket.assignee_id === me.value?.agent.id

/** Every command once: buttons, keys and the sheet of keys all read this. */
export const commands: readonly Command[] = [
  { name: "Next ticket", group: "Move", keys: "j", when: always, run: () => step(1) },
  { name: "Previous ticket", group: "Move", keys: "k", when: always, run: () => step(-1) },
  { name: "Back to the list", group: "Move", keys: "u", when: () => openTicket.value !== null, run: () => showViewAgain() },
  { name: "Filter the list", group: "Move", keys: "/", when: always, run: () => document.querySelector<HTMLElement>(".filter input")?.focus() },
  { name: "Details", group: "Move", keys: "i", when: () => openTicket.value !== null, run: () => (detailsShown.value = !detailsShown.value) },
  { name: "Command palette", group: "Move", keys: `${modifier} K`, when: always, run: () => (sheet.value = "palette") },
  { name: "Keyboard shortcuts", group: "Move", keys: "?", when: always, run: () => (sheet.value = "keys") },
  { name: "Take over", group: "Ticket", keys: "t", when: on((ticket) => !isDone(ticket) && !hasIt(ticket)), run: withTicket((ticket) => void takeOver(ticket)) },
  { name: "Release", group: "Ticket", keys: "l", when: on((ticket) => isActive(ticket) && ticket.control === "agents"), run: () => (sheet.value = "release") },
  { name: "Reply", group: "Ticket", keys: "r", when: on(always), run: () => write("reply") },
  { name: "Note", group: "Ticket", keys: "n", when: on(always), run: () => write("note") },
  { name: "Macro", group: "Ticket", keys: "m", when: on(always), run: () => (sheet.value = { macro: null }) },
  { name: "Resolve", group: "Ticket", keys: "e", when: on((ticket) => !isDone(ticket)), run: withTicket((ticket) => void resolve(ticket)) },
  { name: "Reopen", group: "Ticket", keys: "o", when: on((ticket) => isDone(ticket) || ticket.status === "snoozed"), run: withTicket((ticket) => void reopen(ticket)) },
  { name: "Snooze", group: "Ticket", keys: "s", when: on((ticket) => isActive(ticket)), run: () => (menu.value = "snooze") },
  { name: "Assign", group: "Ticket", keys: "a", when: on((ticket) => !isDone(ticket)), run: () => { detailsShown.value = true; menu.value = "assign" } },
  { name: "Try again", group: "Not sent", keys: "r", when: () => listed() !== undefined, run: () => void retry(listed()!.message) },
  { name: "Send by another channel", group: "Not sent", keys: "m", when: () => (listed()?.ways?.length ?? 0) > 0, run: () => void moveTo(listed()!.message, listed()!.ways![0]!) },
  { name: "Search", group: "Move", keys: "g s", when: always, run: () => go("/search") },
  { name: "Targets", group: "Views", keys: "g t", when: always, run: () => go("/settings/targets") },
  { name: "Saved replies", group: "Views", keys: "g p", when: always, run: () => go("/settings/replies") },
  { name: "Not sent", group: "Views", keys: "g f", when: always, run: () => go("/unsent") },
  { name: "Channels", group: "Views", keys: "g c", when: () => isAdmin.value, run: () => go("/settings/channels/") },
  ...viewNames.map((name): Command => ({ name: views[name].label, group: "Views", keys: `g ${views[name].key}`, when: always, run: () => showView(name) })),
]

/** The message in focus among those not sent. */
function listed() {
  if (page.value !== "unsent" || !canWrite.value) return undefined
  const id = document.activeElement?.closest<HTMLElement>("[data-unsent]")?.dataset["unsent"]
  return unsent.peek()?.find((each) => each.message.id === id)
}

function showViewAgain(): void {
  const id = openTicket.peek()?.id ?? null
  go(`/${location.search}`)
  requestAnimationFrame(() => focusRow(id))
}

let prefix = ""

/** Single keys, except while somebody writes; the palette's opens it from everywhere and shuts it. */
export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement
  if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && me.peek()) {
    event.preventDefault()
    if (sheet.peek() === null || sheet.peek() === "palette") sheet.value = sheet.peek() ? null : "palette"
    return
  }
  if (event.defaultPrevented || sheet.peek() !== null || event.metaKey || event.ctrlKey || event.altKey || target.closest("input, textarea, select, dialog, [role=menu]")) return
  const pressed = prefix ? `${prefix} ${event.key}` : event.key
  prefix = ""
  if (pressed === "g") {
    prefix = "g"
    setTimeout(() => (prefix = ""), 1_200)
    return
  }
  const command = commands.find((each) => each.keys === pressed && each.when())
  if (!command) return
  event.preventDefault()
  command.run()
}

export const command = (name: string): Command => commands.find((each) => each.name === name)!
export const agentsToChoose = () => people.all().filter((agent) => !agent.disabled && agent.role !== "viewer")
