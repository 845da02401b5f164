import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { IMAGES } from "../images"
import type { Live } from "../live"
import type { Pictures } from "../pictures"
import type { Words } from "../words/en"
import { Close, Picture, Up } from "./icons"

const TALLEST = 140

/** The box to write in: text, and images by paste, drop or choice. No form, which a sandboxed frame would not send. */
export function Composer({ live, pictures, words }: { live: Live; pictures: Pictures; words: Words }): JSX.Element {
  const text = useSignal("")
  const box = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const chosen = pictures.chosen.value
  const ready = chosen.every((one) => one.done) && (text.value.trim() !== "" || chosen.length > 0)

  useEffect(() => {
    const element = box.current!
    element.style.height = "auto"
    element.style.height = `${Math.min(element.scrollHeight, TALLEST)}px`
  }, [text.value])

  const send = (): void => {
    if (!ready) return
    live.say(text.value.trim(), pictures.take())
    text.value = ""
    box.current?.focus()
  }
  return (
    <div class="composer">
      <p class="fault" role="alert" hidden={!pictures.fault.value}>
        {pictures.fault.value}
      </p>
      {chosen.length > 0 && (
        <ul class="chosen">
          {chosen.map((one) => (
            <li key={one.id}>
              <img src={one.preview} alt={one.name} />
              {one.failed ? (
                <button type="button" class="again" onClick={() => pictures.again(one.id)}>
                  {words.retry}
                </button>
              ) : (
                !one.done && <progress max={1} value={one.part} aria-label={one.name} />
              )}
              <button type="button" class="away" aria-label={`${words.remove}: ${one.name}`} onClick={() => pictures.remove(one.id)}>
                <Close />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <button type="button" class="tool" aria-label={words.attach} onClick={() => picker.current?.click()}>
          <Picture />
        </button>
        <input
          ref={picker}
          type="file"
          accept={IMAGES.join()}
          multiple
          hidden
          onChange={(event) => {
            pictures.add([...(event.currentTarget.files ?? [])])
            event.currentTarget.value = ""
          }}
        />
        <textarea
          ref={box}
          rows={1}
          maxLength={8000}
          dir="auto"
          enterkeyhint="send"
          aria-label={words.message}
          placeholder={words.message}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value
            live.types(text.value !== "")
          }}
          onBlur={() => live.types(false)}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])]
            if (files.length === 0) return
            event.preventDefault()
            pictures.add(files)
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        <button type="button" class="send" aria-label={words.send} aria-disabled={!ready} onClick={send}>
          <Up />
        </button>
      </div>
    </div>
  )
}
