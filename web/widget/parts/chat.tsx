import type { ReadonlySignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { promised } from "../../shared/time"
import type { Live } from "../live"
import { fill, type Words } from "../words"
import { Composer } from "./composer"
import { Conversation } from "./conversation"
import { Close, Person } from "./icons"

interface Chatting {
  open: ReadonlySignal<boolean>
  live: ReadonlySignal<Live | null>
  broken: ReadonlySignal<boolean>
  words: Words
  close: () => void
  again: () => void
}

/** The panel: who answers, the conversation, and the box to write in. */
export function Chat({ open, live, broken, words, close, again }: Chatting): JSX.Element {
  const sheet = useRef<HTMLDivElement>(null)
  const held = live.value
  useKeyboardRoom(sheet, open.value)
  useEffect(() => {
    if (open.value) sheet.current?.querySelector<HTMLElement>("textarea, .close")?.focus({ preventScroll: true })
  }, [open.value, held])
  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key === "Escape" && !event.isComposing) close()
  }
  return (
    <div class="panel" ref={sheet} role="dialog" aria-label={held?.session.value.brand_name ?? words.chat} hidden={!open.value} onKeyDown={onKey}>
      <header>
        <div class="who">
          <strong>{held?.session.value.brand_name ?? words.chat}</strong>
          {held && <Answering live={held} words={words} />}
        </div>
        {held && (
          <button type="button" class="person" onClick={() => held.askPerson()}>
            <Person />
            {words.person}
          </button>
        )}
        <button type="button" class="close" aria-label={words.close} onClick={close}>
          <Close />
        </button>
      </header>
      {held ? (
        <>
          <Banner live={held} words={words} />
          <Conversation live={held} words={words} open={open.value} />
          <Composer live={held} words={words} />
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
    </div>
  )
}

function Answering({ live, words }: { live: Live; words: Words }): JSX.Element {
  const thread = live.thread.value
  const session = live.session.value
  if (thread.waiting) {
    const time = thread.promised_by ? promised(new Date(thread.promised_by), new Date(), navigator.language) : ""
    return <span class="answers is-waiting">{time ? fill(words.promised, { time }) : session.people_available ? words.waiting : session.hours_text || words.waiting}</span>
  }
  if (thread.answering === "agents") return <span class="answers">{thread.agent_name ? fill(words.agent, { name: thread.agent_name }) : words.waiting}</span>
  return <span class="answers">{fill(words.assistant, { name: session.assistant_name })}</span>
}

function Banner({ live, words }: { live: Live; words: Words }): JSX.Element {
  const state = live.state.value
  const said = state === "offline" ? words.offline : state === "catching_up" ? words.catching : state === "stopped" ? words.stopped : live.notice.value
  return (
    <div class="banner" role="status" hidden={!said}>
      {said}
    </div>
  )
}

/** Keeps the full-screen sheet above a phone's keyboard. */
function useKeyboardRoom(sheet: { current: HTMLElement | null }, open: boolean): void {
  useEffect(() => {
    const view = window.visualViewport
    if (!open || !view) return
    const fit = (): void => {
      sheet.current?.style.setProperty("--room", `${view.height}px`)
      sheet.current?.style.setProperty("--above", `${view.offsetTop}px`)
    }
    fit()
    view.addEventListener("resize", fit)
    view.addEventListener("scroll", fit)
    return () => {
      view.removeEventListener("resize", fit)
      view.removeEventListener("scroll", fit)
    }
  }, [open])
}
