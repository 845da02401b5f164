import { batch, computed, effect, signal } from "@preact/signals"
import type { TicketPage } from "../../shared/wire"
import { call } from "./api"
import { me, openId, putReads, tickets } from "./desk"
import { ticketOf, type Ticket } from "./model"
import { view } from "./router"
import { views, type ViewName } from "./views"

interface Shown {
  view: ViewName
  ids: readonly string[]
}

const PAGE = 100

export const filter = signal("")
/** True while the pointer or the keyboard's focus is in the list, or it is scrolled: then no row moves. */
export const held = signal(false)
export const loading = signal(true)
const next = signal<string | null>(null)
/** After a page that did not come, nobody asks again by himself before a fresh list. */
let stuck = false
const shown = signal<Shown>({ view: "open", ids: [] })

const rank: Record<Ticket["priority"], number> = { urgent: 0, high: 1, normal: 2, low: 3 }

const byChange = (a: Ticket, b: Ticket): number => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : b.number - a.number)
const byWait = (a: Ticket, b: Ticket): number =>
  rank[a.priority] - rank[b.priority] || ((a.waiting_since ?? "") < (b.waiting_since ?? "") ? -1 : 1)

const byDue = (a: Ticket, b: Ticket): number => ((a.due?.at ?? "9") < (b.due?.at ?? "9") ? -1 : 1)

export function matches(ticket: Ticket, words: string): boolean {
  if (!words) return true
  const text = `${ticket.customer_name} ${ticket.subject} ${ticket.preview?.text ?? ""} #${ticket.number} ${ticket.tags.join(" ")} ${ticket.channel}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** How the list would stand if it were drawn anew now. */
const wanted = computed<Shown>(() => {
  const { holds, byWait: waits, byDue: due } = views[view.value]
  const mine = me.value?.agent.id ?? ""
  const found = tickets.all().filter((ticket) => holds(ticket, mine) && matches(ticket, filter.value))
  return { view: view.value, ids: found.sort(waits ? byWait : due ? byDue : byChange).map((ticket) => ticket.id) }
})

/** The rows as they stand on the screen: those wanted, unless the list is held. */
export const rows = computed(() => shown.value.ids)

/** Tickets that wait to be let into a held list. */
export const waitingIn = computed(() => {
  const on = new Set(shown.value.ids)
  return wanted.value.ids.filter((id) => !on.has(id)).length
})

export const isGone = (ticket: Ticket): boolean => !views[view.value].holds(ticket, me.value?.agent.id ?? "")

let filteredBy = ""

effect(() => {
  const come = wanted.value
  if (held.value && come.view === shown.peek().view && filter.value === filteredBy && shown.peek().ids.length > 0) return
  filteredBy = filter.value
  shown.value = come
})

export function letIn(): void {
  shown.value = wanted.peek()
}

export const hasMore = computed(() => next.value !== null)

let asked = 0

export async function loadList(): Promise<void> {
  const round = ++asked
  loading.value = true
  const page = await firstPage().finally(() => {
    if (round === asked) loading.value = false
  })
  if (round === asked) take(page)
}

export const firstPage = (): Promise<TicketPage> => call<TicketPage>("GET", `/api/tickets?view=${view.peek()}&limit=${PAGE}`)

/** Takes a first page that came together with the rest of a fresh state. */
export function takeFirst(page: TicketPage): void {
  asked += 1
  loading.value = false
  take(page)
}

export async function loadMore(): Promise<void> {
  if (next.peek() === null || loading.peek() || stuck) return
  const round = asked
  loading.value = true
  const cursor = encodeURIComponent(next.peek()!)
  try {
    const page = await call<TicketPage>("GET", `/api/tickets?view=${view.peek()}&limit=${PAGE}&cursor=${cursor}`)
    if (round === asked) take(page, true)
  } catch (error) {
    stuck = round === asked
    throw error
  } finally {
    if (round === asked) loading.value = false
  }
}

function take(page: TicketPage, appended = false): void {
  batch(() => {
    putReads(page.reads)
    tickets.put(page.tickets.map(ticketOf))
    next.value = page.next ?? null
    stuck = false
  })
  const ids = shown.peek().ids
  if (appended && held.peek()) join(page.tickets.map((ticket) => ticket.id))
  else if (appended || ids.some((id) => !tickets.peek(id))) letIn()
}

/** Puts later rows below a held list, whose own rows stay where they are. */
function join(come: readonly string[]): void {
  const { view, ids } = shown.peek()
  const known = new Set(ids)
  const fit = new Set(wanted.peek().ids)
  shown.value = { view, ids: [...ids, ...come.filter((id) => fit.has(id) && !known.has(id))] }
}

/** The row that is to get the focus, drawn for it wherever it stands. */
export const sought = signal<string | null>(null)

export function focusRow(id: string | null): void {
  const row = id === null ? null : document.querySelector<HTMLElement>(`[data-ticket="${id}"]`)
  if (row) row.focus()
  else sought.value = id
}

let stood = { id: "", at: -1 }

/** The row beside this one; where it has left the list, the one that moved into its place. Without one, the first. */
export function beside(step: 1 | -1, from: string | null): string | null {
  const ids = rows.peek()
  if (from === null) return ids[0] ?? null
  const at = ids.indexOf(from)
  if (at !== -1) return ids[at + step] ?? null
  if (stood.id !== from) return ids[0] ?? null
  return ids[step === 1 ? stood.at : stood.at - 1] ?? ids.at(-1) ?? null
}

effect(() => {
  const id = openId.value
  const at = id === null ? -1 : rows.value.indexOf(id)
  if (id !== null && at !== -1) stood = { id, at }
})
