import { signal } from "@preact/signals"
import type { ChangeDone, ChangeTickets } from "../../shared/wire"
import { call, Refused, wordsOf } from "./api"
import { left, letGo, type Left } from "./chosen"
import { sheet } from "./commands"
import { tickets } from "./desk"
import { ticketOf } from "./model"
import { dismiss, tell } from "./tell"

export type Change = ChangeTickets["change"]

const MOST = 200
const KEPT = 20

interface Undoable {
  ids: readonly string[]
  words: string
  /** The words on the screen that offer it. */
  toast?: string
}

/** What was done here and can be taken back, the newest last. */
export const undoable = signal<readonly Undoable[]>([])

export const numberOf = (id: string): string => `#${tickets.peek(id)?.number ?? "?"}`

export const counted = (ids: readonly string[]): string => (ids.length === 1 ? numberOf(ids[0]!) : `${ids.length} tickets`)

/**
 * Does the same to each ticket, and says so with *Undo*; what was refused, or null when nothing could be asked.
 * `words` say what was done, to how many. With `quietly` only a refusal is told.
 */
export async function change(ids: readonly string[], what: Change, words: (of: string) => string, quietly = false): Promise<readonly Left[] | null> {
  const done: string[] = []
  const refused: Left[] = []
  const undo: string[] = []
  let stopped = ""
  for (let at = 0; at < ids.length && !stopped; at += MOST) {
    try {
      take(await call<ChangeDone>("POST", "/api/changes", { ticket_ids: ids.slice(at, at + MOST), change: what } as ChangeTickets), done, refused, undo)
    } catch (error) {
      stopped = wordsOf(error)
    }
  }
  const said = words(counted(done))
  const entry: Undoable = { ids: undo, words: said }
  if (undo.length > 0) undoable.value = [...undoable.peek().slice(1 - KEPT), entry]
  left.value = ids.length > 1 ? refused : []
  letGo(new Set(done))
  const told = [done.length > 0 ? `${said}.` : "", ids.length > 1 ? shortly(refused) : whyNot(what, refused), stopped].filter(Boolean)
  if (told.length > 0 && !(quietly && told.length === 1 && done.length > 0)) entry.toast = tell(told.join(" "), ...back(entry))
  return stopped && done.length + refused.length === 0 ? null : refused
}

/** Who has the ticket is asked about by whoever wanted to take it over. */
function whyNot(what: Change, [refused]: readonly Left[]): string {
  if (!refused || (what.do === "take_over" && refused.problem.type === "taken")) return ""
  return wordsOf(new Refused(refused.problem))
}

const back = (entry: Undoable): [] | [{ label: string; run: () => void }] => (entry.ids.length > 0 ? [{ label: "Undo", run: () => void undo(entry) }] : [])

function take(come: ChangeDone, done: string[], refused: Left[], undo?: string[]): void {
  tickets.put(come.tickets.flatMap((each) => (each.ticket ? [ticketOf(each.ticket)] : [])))
  for (const { ticket_id: ticket, problem } of come.tickets) {
    if (problem) refused.push({ ticket, problem })
    else done.push(ticket)
  }
  if (come.id && undo) undo.push(come.id)
}

/** Two refusals are told whole; of more how many there are. */
function shortly(refused: readonly Left[]): string {
  if (refused.length === 0) return ""
  if (refused.length > 2) return `${refused.length} were left as they are.`
  return refused.map(({ ticket, problem }) => `${numberOf(ticket)} stays: ${problem.title}.`).join(" ")
}

/** Takes back what was done last, or what is given. */
export async function undo(which = undoable.peek().at(-1)): Promise<void> {
  if (!which || !undoable.peek().includes(which)) return
  undoable.value = undoable.peek().filter((each) => each !== which)
  if (which.toast) dismiss(which.toast)
  const done: string[] = []
  const refused: Left[] = []
  try {
    for (const id of which.ids) take(await call<ChangeDone>("POST", `/api/changes/${id}/undo`), done, refused)
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 0) undoable.value = [...undoable.peek(), which]
    tell(error instanceof Refused && error.problem.status === 404 ? "That can't be undone any more." : wordsOf(error))
    return
  }
  left.value = refused
  tell([done.length > 0 ? `Undone: ${which.words}.` : "", shortly(refused)].filter(Boolean).join(" "), refused.length > 2 ? { label: "Why?", run: () => (sheet.value = { left: true }) } : undefined)
}
