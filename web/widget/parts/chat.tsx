import { useSignal, type ReadonlySignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useMemo, useRef } from "preact/hooks"
import { exact, promised } from "../../shared/time"
import type { Live } from "../live"
import type { Spoken } from "../panel"
import { Pictures } from "../pictures"
import { fill } from "../words"
import { Composer } from "./composer"
import { Conversation } from "./conversation"
import { Elsewhere } from "./elsewhere"
import { Clock, Close, Person } from "./icons"
import { fillsScreen, keepFocus, useKeyboardRoom } from "./screen"

interface Chatting {
  open: ReadonlySignal<boolean>
  live: ReadonlySignal<Live | null>
  broken: ReadonlySignal<boolean>
  words: Spoken
  close: () => void
  again: () => void
}

/** The panel: who answers, the conversation, and the box to write in. */
export function Chat({ open, live, broken, words, close, again }: Chatting): JSX.Element {
  const sheet = useRef<HTMLDivElement>(null)
  const over = useSignal(false)
  const held = live.value
  const pictures = useMemo(() => held && new Pictures(held, words), [held])
  const focusWithin = (): void => {
    const typed = held && !matchMedia("(pointer: coarse)").matches
    const target = typed ? sheet.current?.querySelector("textarea") : sheet.current
    target?.focus({ preventScroll: true })
  }
  useKeyboardRoom(sheet, open.value)
  useEffect(() => {
    if (open.value) focusWithin()
  }, [open.value, held])

  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key === "Escape" && !event.isComposing) close()
    if (event.key === "Tab" && fillsScreen()) keepFocus(event, sheet.current!)
  }
  const onDrag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    over.value = true
  }
  const onDrop = (event: DragEvent): void => {
    event.preventDefault()
    over.value = false
    pictures?.add(event.dataTransfer?.files ?? [])
  }
  return (
    <div
      class="panel"
      ref={sheet}
      role="dialog"
      aria-modal={open.value && fillsScreen()}
      aria-label={held?.session.value.brand_name ?? words.message}
      tabIndex={-1}
      hidden={!open.value}
      onKeyDown={onKey}
      onDragOver={onDrag}
      onDragLeave={(event) => {
        if (!sheet.current!.contains(event.relatedTarget as Node | null)) over.value = false
      }}
      onDrop={onDrop}
    >
      <div class="head">
        {held && <Face live={held} />}
        <div class="who">
          <strong>{held?.session.value.brand_name}</strong>
          {held && <Answering live={held} words={words} />}
        </div>
        <button type="button" class="close" aria-label={words.close} onClick={close}>
          <Close />
        </button>
        {held && <People live={held} words={words} pressed={focusWithin} />}
      </div>
      {held && pictures ? (
        <>
          <Banner live={held} words={words} />
          <Conversation live={held} words={words} open={open.value} />
          <Elsewhere live={held} words={words} />
          <Composer live={held} pictures={pictures} words={words} />
        </>
      ) : (
        <div class="still" role="status">
          <p>{broken.value ? words.unavailable : words.loading}</p>
          {broken.value && (
            <button type="button" class="again" onClick={again}>
              {words.retry}
            </button>
          )}
        </div>
      )}
      {over.value && (
        <p class="drop" aria-hidden="true">
          {words.drop}
        </p>
      )}
    </div>
  )
}

/** The agent who answers, or the brand. */
function Face({ live }: { live: Live }): JSX.Element {
  const { answering, agent_name: agent, resolved } = live.thread.value
  const name = answering === "agents" && !resolved && agent ? agent : live.session.value.brand_name
  return (
    <span class="face" aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  )
}

function Answering({ live, words }: { live: Live; words: Spoken }): JSX.Element | null {
  const { answering, agent_name: agent, waiting, resolved } = live.thread.value
  if (waiting && !resolved) return null
  const name = answering === "agents" && !resolved ? agent : ""
  return <span class="answers">{name ? fill(words.agent, { name }) : fill(words.assistant, { name: live.session.value.assistant_name })}</span>
}

/** The way to a person: the button, then the honest wait, until an agent is here. */
function People({ live, words, pressed }: { live: Live; words: Spoken; pressed: () => void }): JSX.Element | null {
  const { answering, agent_name: agent, waiting, resolved, promised_by: by } = live.thread.value
  if (waiting && !resolved) {
    const at = by ? new Date(by) : null
    const session = live.session.value
    const time = at && at > new Date() ? promised(at, new Date(), words.locale, session.time_zone) : ""
    return (
      <p class="wait" role="status" title={at ? exact(at, words.locale) : undefined}>
        <Clock />
        {time ? fill(words.promised, { time }) : (!session.people_available && session.hours_text) || words.waiting}
      </p>
    )
  }
  if (answering === "agents" && agent && !resolved) return null
  const asking = live.asking.value
  return (
    <button
      type="button"
      class="person"
      aria-disabled={asking}
      onClick={() => {
        live.askPerson()
        pressed()
      }}
    >
      <Person />
      {asking ? words.asking : words.person}
    </button>
  )
}

function Banner({ live, words }: { live: Live; words: Spoken }): JSX.Element {
  const state = live.state.value
  const said = state === "offline" ? words.offline : state === "catching_up" ? words.catching : state === "stopped" ? words.stopped : live.notice.value
  return (
    <div class="banner" role="status" hidden={!said}>
      {said}
    </div>
  )
}
