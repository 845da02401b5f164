import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { uuid7 } from "../../shared/uuid7"
import type { Attachment } from "../../shared/wire"
import { Refused } from "../session"
import { IMAGES, imageFault } from "../images"
import type { Live } from "../live"
import type { Words } from "../words"
import { Close, Picture, Up } from "./icons"

interface Chosen {
  id: string
  name: string
  preview: string
  part: number
  done: Attachment | null
  abort: AbortController
}

/** The box to write in: text, and images by paste, drop or choice. */
export function Composer({ live, words }: { live: Live; words: Words }): JSX.Element {
  const text = useSignal("")
  const chosen = useSignal<Chosen[]>([])
  const fault = useSignal("")
  const over = useSignal(false)
  const box = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const waiting = chosen.value.some((one) => !one.done)
  const ready = !waiting && (text.value.trim() !== "" || chosen.value.length > 0)

  useEffect(() => {
    const element = box.current!
    element.style.height = "auto"
    element.style.height = `${Math.min(element.scrollHeight, 140)}px`
  }, [text.value])

  const change = (id: string, part: Partial<Chosen>): void => {
    chosen.value = chosen.value.map((one) => (one.id === id ? { ...one, ...part } : one))
  }
  const drop = (id: string): void => {
    const found = chosen.value.find((one) => one.id === id)
    found?.abort.abort()
    if (found) URL.revokeObjectURL(found.preview)
    chosen.value = chosen.value.filter((one) => one.id !== id)
  }
  const add = (files: Iterable<File>): void => {
    fault.value = ""
    for (const file of files) {
      const wrong = imageFault(file)
      if (wrong) {
        fault.value = words[wrong]
        continue
      }
      const one: Chosen = { id: uuid7(), name: file.name, preview: URL.createObjectURL(file), part: 0, done: null, abort: new AbortController() }
      chosen.value = [...chosen.value, one]
      live.upload(file, (part) => change(one.id, { part }), one.abort.signal).then(
        (done) => change(one.id, { done, part: 1 }),
        (error: unknown) => {
          fault.value = error instanceof Refused ? error.problem.title : words.unavailable
          drop(one.id)
        },
      )
    }
  }
  const send = (): void => {
    if (!ready) return
    live.say(text.value.trim(), chosen.value.flatMap((one) => (one.done ? [one.done] : [])))
    for (const one of chosen.value) URL.revokeObjectURL(one.preview)
    text.value = ""
    chosen.value = []
    fault.value = ""
    box.current?.focus()
  }
  return (
    <form
      class={over.value ? "composer over" : "composer"}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      onDragOver={(event) => {
        event.preventDefault()
        over.value = true
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault()
        over.value = false
        add(event.dataTransfer?.files ?? [])
      }}
    >
      <p class="fault" role="alert" hidden={!fault.value}>
        {fault.value}
      </p>
      {chosen.value.length > 0 && (
        <ul class="chosen">
          {chosen.value.map((one) => (
            <li key={one.id}>
              <img src={one.preview} alt={one.name} />
              {!one.done && <progress max={1} value={one.part} aria-label={one.name} />}
              <button type="button" aria-label={`${words.remove}: ${one.name}`} onClick={() => drop(one.id)}>
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
            add([...(event.currentTarget.files ?? [])])
            event.currentTarget.value = ""
          }}
        />
        <textarea
          ref={box}
          rows={1}
          maxLength={8000}
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
            add(files)
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        <button type="submit" class="send" aria-label={words.send} aria-disabled={!ready}>
          <Up />
        </button>
      </div>
    </form>
  )
}
