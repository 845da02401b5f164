import { render } from "preact"
import { signal } from "@preact/signals"
import type { Live } from "./live"
import { Chat } from "./parts/chat"
import styles from "./panel.css?inline"
import type { Words } from "./words"

/** What the loader may do with the panel. */
export interface Panel {
  show: () => void
  hide: () => void
  remove: () => void
}

export interface Outside {
  connected: () => Promise<Live>
  closed: () => void
}

/** Puts the panel into the launcher's frame, shut; the conversation is fetched when it is first shown. */
export function mount(frame: HTMLElement, words: Words, outside: Outside): Panel {
  const style = document.createElement("style")
  style.textContent = styles
  const place = document.createElement("div")
  frame.append(style, place)
  const open = signal(false)
  const live = signal<Live | null>(null)
  const broken = signal(false)

  const fetchLive = (): void => {
    broken.value = false
    outside.connected().then(
      (made) => (live.value = made),
      () => (broken.value = true),
    )
  }
  render(<Chat open={open} live={live} broken={broken} words={words} close={outside.closed} again={fetchLive} />, place)

  return {
    show: () => {
      open.value = true
      if (!live.value) fetchLive()
    },
    hide: () => (open.value = false),
    remove: () => {
      render(null, place)
      place.remove()
      style.remove()
    },
  }
}
