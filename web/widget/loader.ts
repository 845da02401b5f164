import { brandColours } from "./colour"
import { pageContext } from "./context"
import type { Live } from "./live"
import type { Panel } from "./panel"
import { openSession, recall, visitorOf, type Shop } from "./session"
import { fill, speech } from "./words"
import styles from "./launcher.css?inline"

declare const __LIVE__: string
declare const __PANEL__: string

declare global {
  interface Window {
    Shopbell?: { open: () => void; close: () => void; identify: (token: string | null) => void }
  }
}

const BUBBLE = "M20 11.5a7.5 7.5 0 0 1-7.5 7.5c-1.2 0-2.4-.3-3.4-.8L4 20l1.6-4.6A7.5 7.5 0 1 1 20 11.5Z"
const DOWN = "M6 9.5l6 6 6-6"
const SAID_FOR = 8_000

/** The launcher's icon, made without markup so that pages with Trusted Types take it. */
function icon(): { svg: SVGElement; path: SVGElement } {
  const made = (name: string, values: Record<string, string>): SVGElement => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name)
    for (const [key, value] of Object.entries(values)) element.setAttribute(key, value)
    return element
  }
  const svg = made("svg", {
    viewBox: "0 0 24 24", width: "24", height: "24", fill: "none", stroke: "currentColor", "stroke-width": "1.8",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })
  const path = made("path", { d: BUBBLE })
  svg.append(path)
  return { svg, path }
}

function start(tag: HTMLScriptElement): void {
  const key = tag.dataset.shopbell ?? ""
  if (!key || window.Shopbell) return
  const origin = new URL(tag.src).origin
  const { language, locale, few: words } = speech([tag.dataset.language, document.documentElement.lang, ...navigator.languages])
  let visitor = visitorOf(key, tag.dataset.identityToken || null)
  let live: Promise<Live> | null = null
  let panel: Promise<Panel> | null = null
  let watching = (): void => undefined
  let wanted = false
  let failures = 0

  const host = document.createElement("shopbell-widget")
  host.style.cssText =
    "all:initial!important;color-scheme:inherit!important;position:fixed!important;right:0!important;bottom:0!important;width:0!important;height:0!important;display:block!important;z-index:2147483647!important"
  const root = host.attachShadow({ mode: "open" })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  root.adoptedStyleSheets = [sheet]
  const frame = element("div", "frame")
  frame.lang = locale
  frame.dir = "ltr"
  const { svg, path } = icon()
  const button = element("button", "launcher")
  button.type = "button"
  button.setAttribute("aria-label", words.chat)
  button.setAttribute("aria-expanded", "false")
  button.setAttribute("aria-describedby", "unread")
  button.append(svg)
  const badge = element("span", "badge")
  badge.id = "unread"
  badge.hidden = true
  badge.setAttribute("role", "status")
  const note = element("p", "note")
  note.hidden = true
  note.setAttribute("role", "alert")
  frame.append(button, badge, note)
  root.append(frame)
  paint(recall(`shopbell:${key}:colour`) ?? tag.dataset.color)

  function paint(colour: string | undefined): void {
    const { brand, onBrand } = brandColours(colour)
    frame.style.setProperty("--brand", brand)
    frame.style.setProperty("--on-brand", onBrand)
  }

  function count(unread: number): void {
    badge.hidden = unread === 0 || wanted
    badge.textContent = unread === 0 ? "" : unread > 9 ? "9+" : String(unread)
    badge.setAttribute("aria-label", fill(words.unread, { count: String(unread) }))
  }

  /** Browsers may remember that a module could not be fetched: after a failure it is asked for by another name. */
  const part = (path: string): string => origin + path + (failures ? `?${failures}` : "")

  async function connect(): Promise<Live> {
    const who = visitor
    const shop: Shop = {
      origin,
      key,
      visitor: who,
      page: () => pageContext(document, location.href, tag.dataset),
      renew: () => openSession(origin, key, who),
    }
    const [session, code] = await Promise.all([openSession(origin, key, who), import(/* @vite-ignore */ part(__LIVE__)) as Promise<typeof import("./live")>])
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
      failures += 1
      throw error
    }))

  const code = (): Promise<typeof import("./panel")> => import(/* @vite-ignore */ part(__PANEL__)) as Promise<typeof import("./panel")>

  function show(): void {
    turn(true)
    badge.hidden = note.hidden = true
    if (!panel) button.setAttribute("aria-busy", "true")
    panel ??= code().then(({ mount }) => mount(frame, { connected, closed: close, language, locale }))
    panel.then(
      (made) => {
        button.removeAttribute("aria-busy")
        if (wanted) made.show()
      },
      () => {
        panel = null
        failures += 1
        button.removeAttribute("aria-busy")
        close()
        note.textContent = words.unavailable
        note.hidden = false
        setTimeout(() => (note.hidden = true), SAID_FOR)
      },
    )
  }

  function turn(open: boolean): void {
    wanted = open
    button.setAttribute("aria-expanded", String(open))
    path.setAttribute("d", open ? DOWN : BUBBLE)
  }

  function close(): void {
    turn(false)
    if (root.activeElement) button.focus({ preventScroll: true })
    void panel?.then((made) => made.hide(), () => undefined)
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
  button.addEventListener("keydown", (event) => event.key === "Escape" && close())
  window.Shopbell = { open: show, close, identify }

  const place = (): void => {
    // Beside the body, whose transforms and replacements would take it along.
    document.documentElement.append(host)
    addEventListener("online", () => recall(`${visitor.slot}:token`) && void connected().catch(() => undefined))
    const idle = window.requestIdleCallback ?? ((then: () => void) => setTimeout(then, 1500))
    if (recall(`${visitor.slot}:token`)) idle(() => void connected().catch(() => undefined))
  }
  if (document.body) place()
  else addEventListener("DOMContentLoaded", place, { once: true })
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.className = className
  return made
}

const tag = document.currentScript ?? document.querySelector("script[data-shopbell]")
if (tag instanceof HTMLScriptElement) start(tag)
