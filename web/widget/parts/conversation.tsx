import { useSignal } from "@preact/signals"
import { Fragment, type JSX } from "preact"
import { useEffect } from "preact/hooks"
import { Rich } from "../../shared/rich"
import { dayName, daysFrom } from "../../shared/time"
import type { Attachment } from "../../shared/wire"
import type { Live } from "../live"
import type { Spoken } from "../panel"
import { fill } from "../words"
import { useHold } from "./hold"
import { Down } from "./icons"
import { Lightbox } from "./lightbox"
import { Proof } from "./proof"
import { Going, Said } from "./said"

const TOGETHER = 5 * 60_000

/** The whole thread, oldest first. */
export function Conversation({ live, words, open }: { live: Live; words: Spoken; open: boolean }): JSX.Element {
  const shown = useSignal<Attachment | null>(null)
  const messages = live.ordered.value
  const outgoing = live.outgoing.value
  const thread = live.thread.value
  const last = (outgoing.at(-1) ?? messages.at(-1))?.id ?? ""
  const own = outgoing.at(-1)?.id === last
  const readIfSeen = (): void => {
    if (open && hold.atEnd() && document.visibilityState === "visible") live.read()
  }
  const hold = useHold(last, own, () => void live.earlier(), readIfSeen)

  useEffect(() => {
    readIfSeen()
    document.addEventListener("visibilitychange", readIfSeen)
    return () => document.removeEventListener("visibilitychange", readIfSeen)
  }, [last, open, live.state.value])

  const lastOwn = messages.findLast((one) => one.author.kind === "customer")
  const ended = thread.resolved && messages.length > 0
  return (
    <div class="middle">
      <div class="log" ref={hold.box} role="log" aria-label={words.conversation} aria-live="off" tabIndex={0} onScroll={hold.onScroll}>
        <div class="lines">
          {live.more.value ? <p class="mark">{words.earlier}</p> : <p class={last ? "greeting begun" : "greeting"}>{live.session.value.greeting}</p>}
          {!live.more.value && <Proof live={live} words={words} />}
          {messages.map((message, index) => {
            const before = messages[index - 1]
            const after = messages[index + 1]
            const at = new Date(message.at)
            const newDay = !before || daysFrom(new Date(before.at), at) !== 0
            const sameBefore = !newDay && before.author.kind === message.author.kind && before.author.name === message.author.name
            const sameAfter =
              after && after.author.kind === message.author.kind && after.author.name === message.author.name && Date.parse(after.at) - at.getTime() < TOGETHER
            const state = message === lastOwn && !after && outgoing.length === 0 && (message.seq <= (thread.seen_seq ?? 0) ? words.seen : words.sent)
            return (
              <Fragment key={message.id}>
                {newDay && <p class="mark">{dayName(at, new Date(), words.locale)}</p>}
                <Said message={message} named={!sameBefore} timed={!sameAfter} state={state || ""} live={live} words={words} show={(one) => (shown.value = one)} />
              </Fragment>
            )
          })}
          {outgoing.map((one) => (
            <Going key={one.id} one={one} live={live} words={words} />
          ))}
          <Coming live={live} words={words} />
          {ended && <p class="mark">{words.ended}</p>}
        </div>
      </div>
      {hold.below.value && (
        <button type="button" class="newer" onClick={hold.toEnd}>
          <Down />
          {words.newer}
        </button>
      )}
      <Heard live={live} words={words} />
      {shown.value && <Lightbox one={shown.value} words={words} close={() => (shown.value = null)} />}
    </div>
  )
}

/** What is being written on the other side: the assistant's draft, or that somebody types. */
function Coming({ live, words }: { live: Live; words: Spoken }): JSX.Element | null {
  const draft = live.draft.value
  const typing = live.typing.value
  if (draft?.text) {
    return (
      <article class="line draft">
        <span class="name">{live.session.value.assistant_name}</span>
        <div class="bubble" dir="auto">
          <Rich text={draft.text} marks base={live.base} />
        </div>
      </article>
    )
  }
  if (typing === null && !draft) return null
  const said = fill(words.typing, { name: typing || live.session.value.assistant_name })
  return (
    <div class="line" role="status">
      <div class="bubble dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <span class={typing ? "foot" : "hidden"}>{said}</span>
    </div>
  )
}

/** Tells a screen reader what came, and only that: no older pages, no own words, no half answers. */
function Heard({ live, words }: { live: Live; words: Spoken }): JSX.Element {
  const heard = live.heard.value
  const name = heard?.author.name || live.session.value.assistant_name
  return (
    <p class="hidden" aria-live="polite">
      {heard && (heard.author.kind === "system" ? heard.text : fill(words.says, { name, text: heard.text || words.image }))}
    </p>
  )
}
