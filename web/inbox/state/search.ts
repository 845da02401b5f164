import { signal } from "@preact/signals"
import type { Hit, Hits } from "../../shared/wire"
import { call, wordsOf } from "./api"
import { tickets } from "./desk"
import { ticketOf } from "./model"
import { go, page } from "./router"

const PAUSE = 180

export const words = signal("")
/** What was found for `words`; null while nothing was looked for. */
export const hits = signal<readonly Hit[] | null>(null)
/** The words that were looked for instead, where some were misspelt. */
export const meant = signal<string | null>(null)
export const searching = signal(false)
export const wrong = signal("")
const next = signal<string | null>(null)

let round = 0
let pause: ReturnType<typeof setTimeout> | undefined

export function look(text: string): void {
  words.value = text
  if (page.peek() === "search") go(text ? `/search?q=${encodeURIComponent(text)}` : "/search", "replace")
  round += 1
  clearTimeout(pause)
  wrong.value = ""
  if (!text.trim()) {
    hits.value = meant.value = next.value = null
    searching.value = false
    return
  }
  searching.value = true
  pause = setTimeout(() => void ask(round), PAUSE)
}

export const hasMoreHits = (): boolean => next.value !== null

export const lookOn = (): Promise<void> => ask(round, next.peek())

async function ask(mine: number, after: string | null = null): Promise<void> {
  const asked = meant.peek() !== null && after ? meant.peek()! : words.peek()
  try {
    const found = await call<Hits>("GET", `/api/search?q=${encodeURIComponent(asked)}${after ? `&after=${after}` : ""}`)
    if (mine !== round) return
    tickets.put(found.hits.map((hit) => ticketOf(hit.ticket)))
    hits.value = after ? [...(hits.peek() ?? []), ...found.hits] : found.hits
    if (!after) meant.value = found.meant ?? null
    next.value = found.next ?? null
  } catch (error) {
    if (mine === round) wrong.value = wordsOf(error)
  }
  if (mine === round) searching.value = false
}
