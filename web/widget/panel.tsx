import { render } from "preact"
import { signal } from "@preact/signals"
import type { Live } from "./live"
import { Chat } from "./parts/chat"
import styles from "./panel.css?inline"
import { words as english, type Words } from "./words/en"

const AGAIN = 3_000

/** What the loader may do with the panel. */
export interface Panel {
  show: () => void
  hide: () => void
  remove: () => void
}

export interface Outside {
  connected: () => Promise<Live>
  closed: () => void
  /** One of the languages of `words/`, and the locale that dates are written in. */
  language: string
  locale: string
}

/** The words of a language, and how it writes dates. */
export type Spoken = Words & { locale: string }

const others: Record<string, () => Promise<{ words: Words }>> = {
  da: () => import("./words/da"),
  de: () => import("./words/de"),
  es: () => import("./words/es"),
  fr: () => import("./words/fr"),
  it: () => import("./words/it"),
  ja: () => import("./words/ja"),
  nl: () => import("./words/nl"),
  pl: () => import("./words/pl"),
  pt: () => import("./words/pt"),
  sv: () => import("./words/sv"),
}

/** Puts the panel into the launcher's frame, shut; the conversation is fetched when it is first shown. */
export async function mount(frame: HTMLElement, outside: Outside): Promise<Panel> {
  const table = (await others[outside.language]?.())?.words ?? english
  const words: Spoken = { ...table, locale: outside.locale }
  const root = frame.getRootNode() as ShadowRoot
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
  const place = document.createElement("div")
  frame.append(place)
  const open = signal(false)
  const live = signal<Live | null>(null)
  const broken = signal(false)

  const fetchLive = (): void => {
    outside.connected().then(
      (made) => (live.value = made),
      () => {
        broken.value = true
        setTimeout(() => open.value && !live.value && fetchLive(), AGAIN)
      },
    )
  }
  const again = (): void => {
    broken.value = false
    fetchLive()
  }
  render(<Chat open={open} live={live} broken={broken} words={words} close={outside.closed} again={again} />, place)

  return {
    show: () => {
      open.value = true
      if (!live.value) fetchLive()
    },
    hide: () => (open.value = false),
    remove: () => {
      render(null, place)
      place.remove()
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet)
    },
  }
}
