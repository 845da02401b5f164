import { computed, effect, signal } from "@preact/signals"
import { canWrite, openId } from "./desk"
import { beside, focusRow, rows } from "./list"
import type { Problem } from "./model"
import { page, view } from "./router"

/** The tickets chosen in the list, in the order of choosing. They stay so whatever happens to them. */
export const chosen = signal<readonly string[]>([])
/** A ticket that a command left as it is, and why. */
export interface Left {
  ticket: string
  problem: Problem
}

/** What the last command for several could not do. */
export const left = signal<readonly Left[]>([])
/** True while a tap chooses rather than opens, on a phone. */
export const choosing = signal(false)

const set = computed(() => new Set(chosen.value))
export const isChosen = (id: string): boolean => set.value.has(id)

/** How many of the chosen are not in this view any more. */
export const gone = computed(() => {
  const on = new Set(rows.value)
  return chosen.value.filter((id) => !on.has(id)).length
})

/** Where a range begins, where it ends now, and what was chosen before it. */
let range: { from: string; to: string; before: readonly string[] } | null = null

export function toggle(id: string): void {
  if (!canWrite.peek()) return
  chosen.value = isChosen(id) ? chosen.peek().filter((each) => each !== id) : [...chosen.peek(), id]
  range = { from: id, to: id, before: chosen.peek() }
}

/** Chooses all rows from where the choice began to this one, and lets go those beyond it. */
export function chooseTo(id: string, from = range?.from ?? openId.peek() ?? id): void {
  if (!canWrite.peek()) return
  const ids = rows.peek()
  const [start, end] = [ids.indexOf(from), ids.indexOf(id)].sort((a, b) => a - b) as [number, number]
  if (!range || range.from !== from) range = { from, to: id, before: chosen.peek() }
  range.to = id
  const between = start < 0 ? [id] : ids.slice(start, end + 1)
  chosen.value = [...new Set([...range.before, ...between])]
}

export function chooseShown(): void {
  if (!canWrite.peek()) return
  range = null
  chosen.value = [...new Set([...chosen.peek(), ...rows.peek()])]
}

export function chooseNone(): void {
  range = null
  choosing.value = false
  chosen.value = []
  left.value = []
}

/** Lets go of those that were dealt with. */
export function letGo(done: ReadonlySet<string>): void {
  if (!chosen.peek().some((id) => done.has(id))) return
  range = null
  chosen.value = chosen.peek().filter((id) => !done.has(id))
  if (chosen.peek().length === 0) choosing.value = false
}

/** The row that the keyboard is on: the one in focus, else that of the open ticket. */
export const rowAt = (): string | null => document.activeElement?.closest<HTMLElement>("[data-ticket]")?.dataset["ticket"] ?? openId.value

export function extend(by: 1 | -1): void {
  const from = rowAt() ?? range?.to ?? null
  const to = from === null ? (rows.peek()[0] ?? null) : (beside(by, from) ?? from)
  if (to === null) return
  chooseTo(to, range && from === range.to ? range.from : (from ?? to))
  focusRow(to)
}

/** What a command in the list is given to: the chosen, else the row in focus while no ticket is open. */
export function targets(): readonly string[] {
  if (chosen.value.length > 0) return chosen.value
  const focused = page.value === "inbox" && openId.value === null ? rowAt() : null
  return focused === null ? [] : [focused]
}

let seen = view.peek()
effect(() => {
  if (view.value !== seen || page.value !== "inbox" || !canWrite.value) chooseNone()
  seen = view.value
})
