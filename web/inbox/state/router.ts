import { computed, signal } from "@preact/signals"
import { viewNames, type ViewName } from "./views"

const address = signal(new URL(location.href))
addEventListener("popstate", () => (address.value = new URL(location.href)))

export type Pane = "list" | "thread" | "details" | "page"

export type Page = "inbox" | "unsent" | "channels" | "targets" | "tags" | "search" | "replies" | "nowhere"

/** Which page the address names. */
export const page = computed<Page>(() => pages.find(([path]) => path.test(address.value.pathname))?.[1] ?? "nowhere")

const pages: readonly (readonly [RegExp, Page])[] = [
  [/^\/($|t\/|invitation$)/, "inbox"],
  [/^\/unsent$/, "unsent"],
  [/^\/search$/, "search"],
  [/^\/settings\/targets$/, "targets"],
  [/^\/settings\/tags$/, "tags"],
  [/^\/settings\/replies(\/|$)/, "replies"],
  [/^\/settings\/channels(\/|$)/, "channels"],
]

/** What the address looks for at `/search`. */
export const searchedFor = computed(() => address.value.searchParams.get("q") ?? "")

/** What follows `/settings/channels/`: a connection's id, `new`, or `new/` and a channel. */
export const settingsKey = computed(() => /^\/settings\/channels\/(.+)$/.exec(address.value.pathname)?.[1] ?? "")

/** What follows `/settings/replies/`: a saved reply's id, `new` or `new-macro`. */
export const replyKey = computed(() => /^\/settings\/replies\/([^/]+)$/.exec(address.value.pathname)?.[1] ?? "")

const REMEMBERED = "shopbell:view"

/** The view named in the address, else the one looked at last. */
export const view = computed<ViewName>(() => {
  const named = address.value.searchParams.get("view") ?? localStorage.getItem(REMEMBERED)
  return viewNames.includes(named as ViewName) ? (named as ViewName) : "open"
})

/** The number or id in `/t/…`, or null. */
export const openKey = computed(() => /^\/t\/([^/]+)/.exec(address.value.pathname)?.[1] ?? null)

export const invitation = computed(() => (address.value.pathname === "/invitation" ? address.value.hash.slice(1) : null))

/** Below this the details lie over the thread, and on a phone they are a page of their own. */
export const narrow = matchMedia("(max-width: 1240px)")

export const detailsShown = signal(!narrow.matches)

export const pane = computed<Pane>(() => (page.value !== "inbox" ? "page" : openKey.value === null ? "list" : detailsShown.value ? "details" : "thread"))

export function go(path: string, how: "push" | "replace" = "push"): void {
  const next = new URL(path, location.href)
  if (next.href === location.href) return
  history[how === "push" ? "pushState" : "replaceState"](null, "", next)
  if (narrow.matches) detailsShown.value = false
  address.value = next
}

export const ticketPath = (number: number): string => `/t/${number}?view=${view.value}`

export function showView(name: ViewName): void {
  localStorage.setItem(REMEMBERED, name)
  go(`/?view=${name}`)
}

/** Lets plain clicks on a link stay inside the page; modified clicks open tabs as ever. */
export function follow(event: MouseEvent, path: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  go(path)
}
