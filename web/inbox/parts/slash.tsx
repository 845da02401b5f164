import type { RefObject } from "preact"
import { useLayoutEffect, useRef, useState } from "preact/hooks"
import { slashAt } from "../state/filling"

/** What takes the keys of the box while the list stands open; true for one it took. */
export type Keys = { current: ((event: KeyboardEvent) => boolean) | null }

export interface Slash {
  /** Where the slash stands, and what was typed after it; null while no list is wanted. */
  at: { from: number; words: string } | null
  look: () => void
  /** For this slash. */
  leave: () => void
  shut: () => void
  keys: Keys
}

/** The slash before the caret of a box. One that was left by Escape stays as it was typed. */
export function useSlash(box: RefObject<HTMLTextAreaElement>, text: string): Slash {
  const [at, setAt] = useState<Slash["at"]>(null)
  const left = useRef<{ from: number; word: string } | null>(null)
  const keys = useRef<((event: KeyboardEvent) => boolean) | null>(null)
  const look = (): void => {
    const area = box.current
    const found = area && area.selectionStart === area.selectionEnd ? slashAt(area.value, area.selectionStart) : null
    if (left.current && !area?.value.startsWith(left.current.word, left.current.from)) left.current = null
    setAt(found && found.from !== left.current?.from ? found : null)
  }
  useLayoutEffect(() => {
    if (at && text[at.from] !== "/") setAt(null)
  }, [text])
  const leave = (): void => {
    left.current = at && { from: at.from, word: `/${at.words}` }
    setAt(null)
  }
  return { at, look, leave, shut: () => setAt(null), keys }
}
