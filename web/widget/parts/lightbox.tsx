import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { Attachment } from "../../shared/wire"
import type { Words } from "../words/en"
import { Close } from "./icons"

/** One image over everything; Escape or a press closes it and gives the focus back. */
export function Lightbox({ one, words, close }: { one: Attachment; words: Words; close: () => void }): JSX.Element {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    const before = (button.current!.getRootNode() as ShadowRoot).activeElement
    button.current!.focus()
    return () => before instanceof HTMLElement && before.focus({ preventScroll: true })
  }, [])
  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key === "Tab") event.preventDefault()
    if (event.key === "Escape") close()
  }
  return (
    <div class="lightbox" role="dialog" aria-modal="true" aria-label={one.name} onClick={close} onKeyDown={onKey}>
      <img src={one.url} alt={one.name} />
      <button type="button" ref={button} aria-label={words.close} onClick={close}>
        <Close />
      </button>
    </div>
  )
}
