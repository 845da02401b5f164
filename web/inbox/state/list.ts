import { batch, computed, effect, signal } from "@preact/signals"
import type { TicketPage } from "../../shared/wire"
import { call } from "./api"
import { me, putReads, tickets } from "./desk"
import { ticketOf, type Ticket } from "./model"
import { openKey, view } from "./router"
import { views, type ViewName } from "./views"

interface Shown {
  view: ViewName
  ids: readonly string[]
}

const PAGE = 100

export const filter = signal("")
/** True while the pointer or the focus is in the list: then no row moves. */
export const held = signal(false)
export const loading = signal(true)
const next = signal<string | null>(null)
const shown = signal<Shown>({ view: "open", ids: [] })

const rank: Record<Ticket["priority"], number> = { urgent: 0, high: 1, normal: 2, low: 3 }

const byChange = (a: Ticket, b: Ticket): number => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : b.number - a.number)
const byWait = (a: Ticket, b: Ticket): number =>
  rank[a.priority] - rank[b.priority] || ((a.waiting_since ?? "") < (b.waiting_since ?? "") ? -1 : 1)

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
  const { holds, byWait: waits } = views[view.value]
  const mine = me.value?.agent.id ?? ""
  const found = tickets.all().filter((ticket) => holds(ticket, mine) && matches(ticket, filter.value))
  return { view: view.value, ids: found.sort(waits ? byWait : byChange).map((ticket) => ticket.id) }
})

/** The rows as they stand on the screen: those wanted, unless somebody points at them. */
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
  const page = await call<TicketPage>("GET", `/api/tickets?view=${view.peek()}&limit=${PAGE}`).finally(() => {
    if (round === asked) loading.value = false
  })
  if (round === asked) take(page)
}

export async function loadMore(): Promise<void> {
  if (next.peek() === null || loading.peek()) return
  const round = asked
  loading.value = true
  const cursor = encodeURIComponent(next.peek()!)
  const page = await call<TicketPage>("GET", `/api/tickets?view=${view.peek()}&limit=${PAGE}&cursor=${cursor}`).finally(() => {
    loading.value = false
  })
  if (round === asked) take(page, true)
}

function take(page: TicketPage, appended = false): void {
  batch(() => {
    putReads(page.reads)
    tickets.put(page.tickets.map(ticketOf))
    next.value = page.next
  })
  if (appended) letIn()
}

/** The row beside the open one, or the first. */
export function beside(step: 1 | -1, from: string | null): string | null {
  const ids = rows.peek()
  const at = from === null ? -1 : ids.indexOf(from)
  if (at === -1) return ids[0] ?? null
  return ids[at + step] ?? null
}

export const noneOpen = computed(() => openKey.value === null)
