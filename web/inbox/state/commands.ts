import { signal } from "@preact/signals"
import { change, undo, undoable, type Change } from "./changes"
import { chooseNone, chooseShown, chosen, extend, rowAt, targets, toggle } from "./chosen"
import { canWrite, isAdmin, me, openId, openTicket, people, tickets } from "./desk"
import { beside, chooseSort, focusRow, sorted } from "./list"
import { forgetHeld, lastHeld, takeBack } from "./held"
import { connection } from "./live"
import { isActive, isDone, type Attachment, type Ticket } from "./model"
import type { Kind, Pick } from "./pick"
import { detailsShown, go, page, showView, ticketPath, view } from "./router"
import { addPending, type How, type Pending } from "./send"
import { moveTo, retry, unsent } from "./unsent"
import { sortNames, sorts, viewNames, views } from "./views"

export type Sheet = "keys" | "palette" | "release" | "password" | { macro: string | null } | Pick | { left: true } | { turn: string } | { taken: Ticket; holder: string } | null
export const sheet = signal<Sheet>(null)
/** The key held for what is otherwise typed: ⌘ on Apple's keyboards. */
export const modifier = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl"
/** Which menu of the open ticket stands open. */
export const menu = signal<string | null>(null)
export const writing = signal<"reply" | "note">("reply")

/** True when it was done. */
async function one(ticket: Ticket, what: Change, words: string, quietly = false): Promise<boolean> {
  const refused = await change([ticket.id], what, () => words, quietly)
  const problem = refused?.[0]?.problem
  if (problem?.type === "taken" && what.do === "take_over") sheet.value = { taken: ticket, holder: problem.holder || "Someone" }
  return refused !== null && refused.length === 0
}

/** Then the agent is where the next word is written. */
export async function takeOver(ticket: Ticket, onPurpose = false): Promise<void> {
  if ((await one(ticket, { do: "take_over", on_purpose: onPurpose }, `Took over #${ticket.number}`, true)) && openTicket.peek()?.id === ticket.id) write("reply")
}

/** Buttons that go away with what they did hand the focus to the conversation. */
const fromThread = async (done: Promise<boolean>): Promise<void> => {
  await done
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>(".log")?.focus({ preventScroll: true })
  })
}

export const release = (ticket: Ticket, note: string): Promise<void> => fromThread(one(ticket, { do: "release", note }, `Released #${ticket.number}`))
export const resolve = (ticket: Ticket): Promise<void> => fromThread(one(ticket, { do: "resolve" }, `Resolved #${ticket.number}`))
export const reopen = (ticket: Ticket): Promise<void> => fromThread(one(ticket, { do: "reopen" }, `Reopened #${ticket.number}`))
export const assign = (ticket: Ticket, agent: string | null, team: string | null): Promise<boolean> => one(ticket, { do: "assign", agent_id: agent, team_id: team }, `Assigned #${ticket.number}`, true)
export const setPriority = (ticket: Ticket, priority: Ticket["priority"]): Promise<boolean> => one(ticket, { do: "priority", priority }, `Set #${ticket.number} to ${priority}`, true)
export const setTags = (ticket: Ticket, tags: readonly string[]): Promise<boolean> =>
  one(ticket, { do: "tags", add: tags.filter((tag) => !ticket.tags.includes(tag)), remove: ticket.tags.filter((tag) => !tags.includes(tag)) }, `Tagged #${ticket.number}`, true)

export function say(ticket: Ticket, text: string, note: boolean, attachments: readonly Attachment[] = [], how: How = { by: null, template: null }): void {
  transmit(addPending(ticket.id, text, note, attachments, how), false, note ? 0 : (me.peek()?.undo_s ?? 0))
}

/** Says a refused reply again, this time taking the ticket from whoever has it. */
export function sayOnPurpose(kept: Pending): void {
  forgetHeld(kept.id)
  transmit(addPending(kept.ticket, kept.text, kept.note, kept.attachments, kept.how), true, 0)
}

function transmit(made: Pending, take: boolean, hold_s: number): void {
  const { by, template, copies, resolve } = made.how
  const draft = { id: made.id, text: template ? "" : made.text, visibility: made.note ? ("note" as const) : ("public" as const), attachments: made.attachments.map((file) => file.id), ...(copies ? { cc: [...copies.cc], bcc: [...copies.bcc] } : {}) }
  connection.send(made.id, { type: "send", ticket_id: made.ticket, draft, take, by, template, hold_s, resolve: resolve ?? false })
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
  group: "Move" | "Chosen" | "Ticket" | "Not sent" | "Views"
  keys: string
  /** Other keys that do the same. */
  also?: readonly string[]
  when: () => boolean
  run: () => void
}

const on = (holds: (ticket: Ticket) => boolean) => () => canWrite.value && openTicket.value !== null && holds(openTicket.value)
const withTicket = (run: (ticket: Ticket) => void) => () => {
  const ticket = openTicket.peek()
  if (ticket) run(ticket)
}
const always = (): boolean => true
const inList = (): boolean => canWrite.value && page.value === "inbox"
const hasIt = (ticket: Ticket): boolean => ticket.control === "agents" && ticket.assignee_id === me.value?.agent.id

/** A chosen ticket that a fresh state did not bring along is still one: the server knows it. */
const forChosen = (holds: (ticket: Ticket) => boolean) => () =>
  canWrite.value && targets().some((id) => {
    const ticket = tickets.get(id)
    return ticket === undefined || holds(ticket)
  })
const toChosen = (what: Change, words: (of: string) => string) => () => void change(targets(), what, words)
/** Opens a choice for the chosen, or with `open` for the open ticket. */
const choose = (pick: Kind, open = false) => () => {
  const of = open ? [openId.peek()].filter((id) => id !== null) : targets()
  if (of.length > 0) sheet.value = { pick, of }
}

/** Every command once: buttons, keys and the sheet of keys all read this. Of two with the same keys the first that can be given is. */
export const commands: readonly Command[] = [
  { name: "Next ticket", group: "Move", keys: "j", when: always, run: () => step(1) },
  { name: "Previous ticket", group: "Move", keys: "k", when: always, run: () => step(-1) },
  { name: "Back to the list", group: "Move", keys: "u", when: () => openTicket.value !== null, run: () => showViewAgain() },
  { name: "Filter the list", group: "Move", keys: "/", when: always, run: () => document.querySelector<HTMLElement>(".filter input")?.focus() },
  { name: "Details", group: "Move", keys: "i", when: () => openTicket.value !== null, run: () => (detailsShown.value = !detailsShown.value) },
  { name: "Command palette", group: "Move", keys: `${modifier} K`, when: always, run: () => (sheet.value = "palette") },
  { name: "Keyboard shortcuts", group: "Move", keys: "?", when: always, run: () => (sheet.value = "keys") },
  { name: "Undo", group: "Move", keys: "z", also: [`${modifier} z`], when: () => undoable.value.length > 0, run: () => void undo() },
  { name: "Choose or let go", group: "Chosen", keys: "x", when: () => canWrite.value && page.value === "inbox" && rowAt() !== null, run: () => toggle(rowAt()!) },
  { name: "Choose downwards", group: "Chosen", keys: "Shift J", also: ["Shift ArrowDown"], when: inList, run: () => extend(1) },
  { name: "Choose upwards", group: "Chosen", keys: "Shift K", also: ["Shift ArrowUp"], when: inList, run: () => extend(-1) },
  { name: "Choose all shown", group: "Chosen", keys: `${modifier} A`, also: [`${modifier} a`], when: () => inList() && !document.activeElement?.closest(".thread-pane, .details-pane"), run: chooseShown },
  { name: "Choose none", group: "Chosen", keys: "Esc", also: ["Escape"], when: () => chosen.value.length > 0, run: chooseNone },
  { name: "Resolve the chosen", group: "Chosen", keys: "e", when: forChosen((ticket) => !isDone(ticket)), run: toChosen({ do: "resolve" }, (of) => `Resolved ${of}`) },
  { name: "Reopen the chosen", group: "Chosen", keys: "o", when: forChosen((ticket) => !isActive(ticket)), run: toChosen({ do: "reopen" }, (of) => `Reopened ${of}`) },
  { name: "Assign the chosen", group: "Chosen", keys: "a", when: forChosen(always), run: choose("assign") },
  { name: "Snooze the chosen", group: "Chosen", keys: "s", when: forChosen((ticket) => !isDone(ticket)), run: choose("snooze") },
  { name: "Priority of the chosen", group: "Chosen", keys: "p", when: forChosen(always), run: choose("priority") },
  { name: "Tags of the chosen", group: "Chosen", keys: "#", when: forChosen(always), run: choose("tags") },
  { name: "Take over the chosen", group: "Chosen", keys: "t", when: forChosen((ticket) => !hasIt(ticket)), run: toChosen({ do: "take_over" }, (of) => `Took over ${of}`) },
  { name: "Release the chosen", group: "Chosen", keys: "l", when: forChosen((ticket) => ticket.control === "agents"), run: toChosen({ do: "release" }, (of) => `Released ${of}`) },
  { name: "Take over", group: "Ticket", keys: "t", when: on((ticket) => !isDone(ticket) && !hasIt(ticket)), run: withTicket((ticket) => void takeOver(ticket)) },
  { name: "Release", group: "Ticket", keys: "l", when: on((ticket) => isActive(ticket) && ticket.control === "agents"), run: () => (sheet.value = "release") },
  { name: "Reply", group: "Ticket", keys: "r", when: on(always), run: () => write("reply") },
  { name: "Note", group: "Ticket", keys: "n", when: on(always), run: () => write("note") },
  { name: "Take the reply back", group: "Ticket", keys: "b", when: () => canWrite.value && lastHeld.value !== null, run: () => void takeBack(lastHeld.peek()!) },
  { name: "Macro", group: "Ticket", keys: "m", when: on(always), run: () => (sheet.value = { macro: null }) },
  { name: "Resolve", group: "Ticket", keys: "e", when: on((ticket) => !isDone(ticket)), run: withTicket((ticket) => void resolve(ticket)) },
  { name: "Reopen", group: "Ticket", keys: "o", when: on((ticket) => isDone(ticket) || ticket.status === "snoozed"), run: withTicket((ticket) => void reopen(ticket)) },
  { name: "Snooze", group: "Ticket", keys: "s", when: on((ticket) => isActive(ticket)), run: choose("snooze", true) },
  { name: "Priority", group: "Ticket", keys: "p", when: on(always), run: choose("priority", true) },
  { name: "Tags", group: "Ticket", keys: "#", when: on(always), run: choose("tags", true) },
  { name: "Assign", group: "Ticket", keys: "a", when: on((ticket) => !isDone(ticket)), run: () => { detailsShown.value = true; menu.value = "assign" } },
  { name: "Try again", group: "Not sent", keys: "r", when: () => listed() !== undefined, run: () => void retry(listed()!.message) },
  { name: "Send by another channel", group: "Not sent", keys: "m", when: () => (listed()?.ways?.length ?? 0) > 0, run: () => void moveTo(listed()!.message, listed()!.ways![0]!) },
  { name: "Search", group: "Move", keys: "g s", when: always, run: () => go("/search") },
  { name: "Targets", group: "Views", keys: "g t", when: always, run: () => go("/settings/targets") },
  { name: "Tree of tags", group: "Views", keys: "g h", when: always, run: () => go("/settings/tags") },
  { name: "Saved replies", group: "Views", keys: "g p", when: always, run: () => go("/settings/replies") },
  { name: "Not sent", group: "Views", keys: "g f", when: always, run: () => go("/unsent") },
  { name: "Channels", group: "Views", keys: "g c", when: () => isAdmin.value, run: () => go("/settings/channels/") },
  ...sortNames.map((sort): Command => ({ name: sorts[sort].label, group: "Views", keys: `v ${sorts[sort].key}`, when: () => page.value === "inbox" && sorted.value !== sort && views[view.value].sorts, run: () => chooseSort(sort) })),
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

/** The key as the list of commands names it. */
function named(event: KeyboardEvent): string {
  if (event.metaKey || event.ctrlKey) return `${modifier} ${event.key}`
  return event.shiftKey && /^([A-Z]|Arrow.*)$/.test(event.key) ? `Shift ${event.key}` : event.key
}

const WITH_MODIFIER = ["a", "A", "z"]

/** Single keys, except while somebody writes; the palette's opens it from everywhere and shuts it. */
export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement
  const held = event.metaKey || event.ctrlKey
  if (held && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && me.peek()) {
    event.preventDefault()
    if (sheet.peek() === null || sheet.peek() === "palette") sheet.value = sheet.peek() ? null : "palette"
    return
  }
  if (event.defaultPrevented || sheet.peek() !== null || (held && !WITH_MODIFIER.includes(event.key)) || event.altKey || target.isContentEditable || target.closest("input:not([type=checkbox]), textarea, select, dialog, [role=menu]")) return
  const pressed = prefix ? `${prefix} ${event.key}` : named(event)
  const begins = !prefix && commands.some((each) => each.keys.startsWith(`${pressed} `))
  prefix = ""
  if (begins) {
    prefix = pressed
    setTimeout(() => (prefix = ""), 1_200)
    return
  }
  const command = commands.find((each) => (each.keys === pressed || each.also?.includes(pressed)) && each.when())
  if (!command) return
  event.preventDefault()
  command.run()
}

export const command = (name: string): Command => commands.find((each) => each.name === name)!
export const agentsToChoose = () => people.all().filter((agent) => !agent.disabled && agent.role !== "viewer")
