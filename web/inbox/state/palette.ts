import { commands, sheet } from "./commands"
import { canWrite, openTicket, tickets } from "./desk"
import { matches } from "./list"
import { isActive, type Ticket } from "./model"
import { macros } from "./replies"
import { go, ticketPath } from "./router"

/** One thing that the palette can do; `far` is its key, or a ticket's number. */
export interface Offer {
  id: string
  group: string
  name: string
  far: string
  run: () => void
}

const MOST_TICKETS = 20

/** The commands that can be given now, without the palette's own. Ask before the focus moves into it: some go by what is in focus. */
export const offered = (): readonly Offer[] => commands.filter((each) => each.when() && each.name !== "Command palette").map(({ name, group, keys, run }) => ({ id: `${group}-${name}`.replace(/\W+/g, "-"), group, name, far: keys, run }))

/** What the words fit, each the beginning of one: commands, views and pages, then open tickets, then a search through everything. */
export function found(ready: readonly Offer[], words: string): readonly Offer[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = [...ready, ...macrosOffered()].filter(({ name, group }) => parts.every((part) => ` ${name} ${group}`.toLowerCase().includes(` ${part}`)))
  const open = tickets.all().filter((ticket) => isActive(ticket) && matches(ticket, words.trim())).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
  const all = words.trim() ? [{ id: "search-all", group: "Everywhere", name: `Search for “${words.trim()}”`, far: "", run: () => go(`/search?q=${encodeURIComponent(words.trim())}`) }] : []
  return [...fits, ...open.slice(0, MOST_TICKETS).map(offerOf), ...all]
}

/** The macros, for the open ticket. */
const macrosOffered = (): readonly Offer[] => (canWrite.value && openTicket.value ? macros.value.map(({ id, title }) => ({ id: `macro-${id}`, group: "Macros", name: title, far: "", run: () => void (sheet.value = { macro: id }) })) : [])

const offerOf = (ticket: Ticket): Offer => ({
  id: `ticket-${ticket.id}`,
  group: "Open tickets",
  name: [ticket.customer_name || "Visitor", ticket.subject || ticket.preview?.text].filter(Boolean).join(" · "),
  far: `#${ticket.number}`,
  run: () => {
    go(ticketPath(ticket.number))
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".log")?.focus({ preventScroll: true }))
  },
})

/** Does it once the palette is gone and the focus is back where it was. */
export function choose(offer: Offer): void {
  sheet.value = null
  requestAnimationFrame(offer.run)
}
