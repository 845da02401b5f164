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
}

/** By which connection a reply goes, when not by the ticket's, and as which template. */
export interface How {
  by: string | null
  template: Filling | null
}

export const pending = signal<readonly Pending[]>([])

const KEPT = "shopbell:draft:"

/** Where unsent words are kept: a note's apart from a reply's, so that none goes out as the other. */
export const draftOf = (ticket: string, note: boolean): string => (note ? `note:${ticket}` : ticket)

export const keptText = (draft: string): string => localStorage.getItem(KEPT + draft) ?? ""

export function keepText(draft: string, text: string): void {
  if (text) localStorage.setItem(KEPT + draft, text)
  else localStorage.removeItem(KEPT + draft)
}

export function addPending(ticket: string, text: string, note: boolean, attachments: readonly Attachment[], how: How): Pending {
  const made = { id: uuid7(), ticket, text, note, attachments, how, problem: null }
  pending.value = [...pending.value, made]
  return made
}

export function acked(id: string): void {
  pending.value = pending.value.filter((each) => each.id !== id)
}

export function refused(id: string, problem: Problem): void {
  pending.value = pending.value.map((each) => (each.id === id ? { ...each, problem } : each))
}

/** A page that goes takes refused words along, as drafts. */
export function keepRefused(): void {
  for (const { ticket, text, note, problem } of pending.peek()) {
    const draft = draftOf(ticket, note)
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
