import { batch, computed, effect, signal } from "@preact/signals"
import type { TicketPage } from "../../shared/wire"
import { call } from "./api"
import { me, openId, putReads, tickets } from "./desk"
import { ticketOf, type Ticket } from "./model"
import { view } from "./router"
import { sortNames, views, type Sort, type ViewName } from "./views"

interface Shown {
  view: ViewName
  sort: Sort
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
const shown = signal<Shown>({ view: "open", sort: "newest", ids: [] })

const SORTED = "shopbell:sort:"
const chosenSorts = signal<ReadonlyMap<ViewName, Sort>>(new Map())

/** What the list is sorted by: what was chosen for this view, kept from day to day, else the view's own. */
export const sorted = computed<Sort>(() => {
  const { sort = "newest", sorts } = views[view.value]
  const kept = chosenSorts.value.get(view.value) ?? localStorage.getItem(SORTED + view.value)
  return sorts && sortNames.includes(kept as Sort) ? (kept as Sort) : sort
})

export function chooseSort(sort: Sort): void {
  localStorage.setItem(SORTED + view.peek(), sort)
  chosenSorts.value = new Map(chosenSorts.peek()).set(view.peek(), sort)
  void loadList().catch(() => undefined)
}

const rank: Record<Ticket["priority"], number> = { urgent: 0, high: 1, normal: 2, low: 3 }

const byChange = (a: Ticket, b: Ticket): number => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : b.number - a.number)
const rising = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const NEVER = "9"
const byWait = (a: Ticket, b: Ticket): number =>
  Number(a.waiting_since === null) - Number(b.waiting_since === null) || (a.waiting_since && b.waiting_since ? rank[a.priority] - rank[b.priority] || rising(a.waiting_since, b.waiting_since) : 0) || rising(a.id, b.id)
const byDue = (a: Ticket, b: Ticket): number => rising(a.due?.at ?? NEVER, b.due?.at ?? NEVER) || rising(a.id, b.id)

/** As the server sorts, so that pages and events make one list. */
const orders: Record<Sort, (a: Ticket, b: Ticket) => number> = { newest: byChange, wait: byWait, deadline: byDue }

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
  const { holds } = views[view.value]
  const mine = me.value?.agent.id ?? ""
  const found = tickets.all().filter((ticket) => holds(ticket, mine) && matches(ticket, filter.value))
  return { view: view.value, sort: sorted.value, ids: found.sort(orders[sorted.value]).map((ticket) => ticket.id) }
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
  if (held.value && come.view === shown.peek().view && come.sort === shown.peek().sort && filter.value === filteredBy && shown.peek().ids.length > 0) return
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
  if (round !== asked) return
  take(page)
  if (loadedFor !== named()) letIn()
  loadedFor = named()
}

/** The view and order that was read last: the first page of another is let in whole, even into a held list. */
let loadedFor = ""
const named = (): string => `view=${view.peek()}&sort=${sorted.peek()}`

export const firstPage = (): Promise<TicketPage> => call<TicketPage>("GET", `/api/tickets?${named()}&limit=${PAGE}`)

/** Takes a first page that came together with the rest of a fresh state. */
export function takeFirst(page: TicketPage): void {
  asked += 1
  loading.value = false
  loadedFor = named()
  take(page)
}

export async function loadMore(): Promise<void> {
  if (next.peek() === null || loading.peek() || stuck) return
  const round = asked
  loading.value = true
  const cursor = encodeURIComponent(next.peek()!)
  try {
    const page = await call<TicketPage>("GET", `/api/tickets?${named()}&limit=${PAGE}&cursor=${cursor}`)
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
  const { ids } = shown.peek()
  const known = new Set(ids)
  const fit = new Set(wanted.peek().ids)
  shown.value = { ...shown.peek(), ids: [...ids, ...come.filter((id) => fit.has(id) && !known.has(id))] }
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
