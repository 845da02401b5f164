import { brandColours } from "./colour"
import { pageContext } from "./context"
import type { Live } from "./live"
import type { Panel } from "./panel"
import { openSession, recall, visitorOf, type Shop } from "./session"
import { fill, wordsFor } from "./words"
import styles from "./launcher.css?inline"

declare const __LIVE__: string
declare const __PANEL__: string

declare global {
  interface Window {
    Shopbell?: { open: () => void; close: () => void; identify: (token: string | null) => void }
  }
}

const BUBBLE =
  '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M20 11.5a7.5 7.5 0 0 1-7.5 7.5c-1.2 0-2.4-.3-3.4-.8L4 20l1.6-4.6A7.5 7.5 0 1 1 20 11.5Z"/></svg>'

function start(tag: HTMLScriptElement): void {
  const key = tag.dataset.shopbell ?? ""
  if (!key || window.Shopbell) return
  const origin = new URL(tag.src).origin
  const words = wordsFor(navigator.language)
  let visitor = visitorOf(key, tag.dataset.identityToken || null)
  let live: Promise<Live> | null = null
  let panel: Promise<Panel> | null = null
  let watching = (): void => undefined
  let wanted = false

  const host = document.createElement("shopbell-widget")
  host.style.cssText = "all:initial!important;position:fixed!important;right:0!important;bottom:0!important;width:0!important;height:0!important;display:block!important;z-index:2147483000!important"
  const root = host.attachShadow({ mode: "open" })
  const style = document.createElement("style")
  style.textContent = styles
  const frame = document.createElement("div")
  frame.className = "frame"
  frame.lang = navigator.language
  const button = document.createElement("button")
  button.className = "launcher"
  button.type = "button"
  button.setAttribute("aria-label", words.chat)
  button.setAttribute("aria-expanded", "false")
  button.innerHTML = BUBBLE
  const badge = document.createElement("span")
  badge.className = "badge"
  badge.hidden = true
  badge.setAttribute("role", "status")
  frame.append(button, badge)
  root.append(style, frame)
  paint(recall(`shopbell:${key}:colour`) ?? undefined)

  function paint(colour: string | undefined): void {
    const { brand, onBrand } = brandColours(colour)
    frame.style.setProperty("--brand", brand)
    frame.style.setProperty("--on-brand", onBrand)
  }

  function count(unread: number): void {
    badge.hidden = unread === 0 || wanted
    badge.textContent = unread > 9 ? "9+" : String(unread)
    badge.setAttribute("aria-label", fill(words.unread, { count: String(unread) }))
  }

  async function connect(): Promise<Live> {
    const who = visitor
    const shop: Shop = {
      origin,
      key,
      visitor: who,
      page: () => pageContext(document, location.href, tag.dataset),
      renew: () => openSession(origin, key, who),
    }
    const [session, code] = await Promise.all([openSession(origin, key, who), import(/* @vite-ignore */ origin + __LIVE__) as Promise<typeof import("./live")>])
    const made = new code.Live(shop, session)
    if (who !== visitor) return made
    paint(session.color)
    watching = made.thread.subscribe((thread) => count(thread.unread ?? 0))
    made.start()
    return made
  }

  const connected = (): Promise<Live> =>
    (live ??= connect().catch((error: unknown) => {
      live = null
      throw error
    }))

  const code = (): Promise<typeof import("./panel")> => import(/* @vite-ignore */ origin + __PANEL__) as Promise<typeof import("./panel")>

  function show(): void {
    wanted = true
    button.setAttribute("aria-expanded", "true")
    badge.hidden = true
    panel ??= code().then(({ mount }) => mount(frame, words, { connected, closed: close }))
    panel.then(
      (made) => wanted && made.show(),
      () => {
        panel = null
        close()
      },
    )
  }

  function close(): void {
    wanted = false
    button.setAttribute("aria-expanded", "false")
    void panel?.then((made) => made.hide())
    button.focus({ preventScroll: true })
    void live?.then((made) => count(made.unread), () => undefined)
  }

  function identify(token: string | null): void {
    const open = wanted
    visitor = visitorOf(key, token)
    watching()
    watching = () => undefined
    void live?.then((made) => made.stop(), () => undefined)
    void panel?.then((made) => made.remove(), () => undefined)
    live = panel = null
    count(0)
    if (open) show()
    else if (recall(`${visitor.slot}:token`)) void connected().catch(() => undefined)
  }

  const warm = (): void => void code().catch(() => undefined)
  button.addEventListener("pointerenter", warm, { once: true })
  button.addEventListener("focus", warm, { once: true })
  button.addEventListener("click", () => (wanted ? close() : show()))
  window.Shopbell = { open: show, close, identify }

  const place = (): void => {
    document.body.append(host)
    const idle = window.requestIdleCallback ?? ((then: () => void) => setTimeout(then, 1500))
    if (recall(`${visitor.slot}:token`)) idle(() => void connected().catch(() => undefined))
  }
  if (document.body) place()
  else addEventListener("DOMContentLoaded", place, { once: true })
}

const tag = document.currentScript ?? document.querySelector("script[data-shopbell]")
if (tag instanceof HTMLScriptElement) start(tag)
