import { signal } from "@preact/signals"
import { uuid7 } from "../../shared/uuid7"
import type { Filling } from "../../shared/wire"
import type { Attachment, Problem, Ticket } from "./model"

/** What an agent said that the server has not yet confirmed: shown at once, then replaced by the real message. */
export interface Pending {
  id: string
  ticket: string
  text: string
  note: boolean
  attachments: readonly Attachment[]
  how: How
  problem: Problem | null
  /** Until when it waits at the server, in ms of this page's clock, where it can be taken back; null for what is under way. */
  held: number | null
}

/** By which connection a reply goes, when not by the ticket's, as which template, and to whom besides. */
export interface How {
  by: string | null
  template: Filling | null
  copies?: Copies
  /** Settle the ticket with it. */
  resolve?: boolean
}

/** Who else gets a mail, in sight of the customer or not. */
export interface Copies {
  cc: readonly string[]
  bcc: readonly string[]
}

export const NOBODY: Copies = { cc: [], bcc: [] }

export const pending = signal<readonly Pending[]>([])

/** Those that the server keeps, also when they could not go: nothing of them is lost with the page. */
export const keptAtServer = new Set<string>()

const KEPT = "shopbell:draft:"

/** Where unsent words are kept: a note's apart from a reply's, so that none goes out as the other. */
export const draftOf = (ticket: string, note: boolean): string => (note ? `note:${ticket}` : ticket)

export const keptText = (draft: string): string => localStorage.getItem(KEPT + draft) ?? ""

export function keepText(draft: string, text: string): void {
  if (text) localStorage.setItem(KEPT + draft, text)
  else localStorage.removeItem(KEPT + draft)
}

const COPIES = "shopbell:copies:"
const copies = signal<ReadonlyMap<string, Copies>>(new Map())

/** Who else gets the next mail about a ticket, kept as long as its unsent words. */
export function copiesOf(ticket: string): Copies {
  const known = copies.value.get(ticket)
  if (known) return known
  const kept = localStorage.getItem(COPIES + ticket)
  return kept ? (JSON.parse(kept) as Copies) : NOBODY
}

export function keepCopies(ticket: string, kept: Copies): void {
  if (kept.cc.length + kept.bcc.length) localStorage.setItem(COPIES + ticket, JSON.stringify(kept))
  else localStorage.removeItem(COPIES + ticket)
  copies.value = new Map(copies.peek()).set(ticket, kept)
}

export function addPending(ticket: string, text: string, note: boolean, attachments: readonly Attachment[], how: How): Pending {
  const made = { id: uuid7(), ticket, text, note, attachments, how, problem: null, held: null }
  pending.value = [...pending.value, made]
  return made
}

export function acked(id: string): void {
  pending.value = pending.value.filter((each) => each.id !== id)
}

export function refused(id: string, problem: Problem): void {
  pending.value = pending.value.map((each) => (each.id === id ? { ...each, problem, held: null } : each))
}

/** The server has it: it goes by itself then. */
export function heldUntil(id: string, until: number): void {
  pending.value = pending.value.map((each) => (each.id === id ? { ...each, held: until } : each))
}

/** A page that goes takes refused words along, as drafts. */
export function keepRefused(): void {
  for (const { id, ticket, text, note, how, problem } of pending.peek()) {
    if (keptAtServer.has(id)) continue
    const draft = draftOf(ticket, note)
    if (problem && how.copies) keepCopies(ticket, how.copies)
    if (problem) keepText(draft, [keptText(draft), text].filter(Boolean).join("\n\n"))
  }
}

/** Text that somebody asked to put in the composer: a suggestion, or a refused reply. */
export const wantedText = signal<string | null>(null)

const chosen = signal<ReadonlyMap<string, { connection: string; heard: number }>>(new Map())

/** The connection by which the next reply goes: the ticket's, or the one chosen since the customer last wrote. */
export function wayOf(ticket: Ticket): string {
  const held = chosen.value.get(ticket.id)
  return held && held.heard === ticket.last_customer_seq ? held.connection : ticket.connection_id
}

export function chooseWay(ticket: Ticket, connection: string): void {
  chosen.value = new Map(chosen.peek()).set(ticket.id, { connection, heard: ticket.last_customer_seq })
}
