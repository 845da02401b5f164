import type { JSX } from "preact"
import { Outward, Rich } from "../../shared/rich"
import { clock, exact } from "../../shared/time"
import type { Attachment, Citation, ShopperMessage } from "../../shared/wire"
import type { Live, Outgoing } from "../live"
import type { Spoken } from "../panel"
import { Source } from "./icons"

const WIDEST = 230
const TALLEST = 260
const JUST_EMOJI = /^(?=.{1,16}$)(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u

interface Saying {
  message: ShopperMessage
  named: boolean
  timed: boolean
  /** How far an own message got, or nothing. */
  state: string
  live: Live
  words: Spoken
  show: (one: Attachment) => void
}

/** One message as it stands. */
export function Said({ message, named, timed, state, live, words, show }: Saying): JSX.Element {
  const { kind, name } = message.author
  const at = new Date(message.at)
  const edited = message.edited_at && !message.removed ? new Date(message.edited_at) : null
  const shown = kind === "assistant" ? live.session.value.assistant_name : name
  return (
    <article class={kind === "customer" ? "line own" : kind === "system" ? "line system" : "line"} data-id={message.id}>
      {kind === "customer" ? <span class="hidden">{words.you}</span> : named && kind !== "system" && <span class="name">{shown}</span>}
      {message.removed ? (
        <div class="bubble gone">{words.gone}</div>
      ) : (
        message.text && <Bubble text={message.text} marks={kind === "assistant"} base={live.base} title={exact(at, words.locale)} />
      )}
      {message.attachments?.map((one) => (
        <Attached key={one.id} one={one} live={live} words={words} show={show} />
      ))}
      {message.citations && message.citations.length > 0 && <Sources all={message.citations} base={live.base} words={words} />}
      {(timed || state || edited) && (
        <span class="foot">
          {edited && <span title={exact(edited, words.locale)}>{words.edited}</span>}
          <time dateTime={message.at}>{clock(at, words.locale)}</time>
          {state && <span>{state}</span>}
        </span>
      )}
    </article>
  )
}

/** One message on its way, or refused. */
export function Going({ one, live, words }: { one: Outgoing; live: Live; words: Spoken }): JSX.Element {
  return (
    <article class={one.problem ? "line own failed" : "line own going"} data-id={one.id}>
      <span class="hidden">{words.you}</span>
      {one.text && <Bubble text={one.text} />}
      {one.attachments.map((image) => (
        <Attached key={image.id} one={image} live={live} words={words} />
      ))}
      {one.problem ? (
        <span class="foot" role="alert">
          {words.failed} {one.problem.title}
          <button type="button" class="again" onClick={() => live.retry(one.id)}>
            {words.retry}
          </button>
        </span>
      ) : (
        <span class="foot">{words.sending}</span>
      )}
    </article>
  )
}

function Bubble({ text, marks = false, base, title }: { text: string; marks?: boolean; base?: string; title?: string }): JSX.Element {
  return (
    <div class={JUST_EMOJI.test(text) ? "bubble big" : "bubble"} dir="auto" title={title}>
      <Rich text={text} marks={marks} {...(base === undefined ? {} : { base })} />
    </div>
  )
}

interface Attaching {
  one: Attachment
  live: Live
  words: Spoken
  show?: (one: Attachment) => void
}

function Attached({ one, live, words, show }: Attaching): JSX.Element {
  if (!one.url) return <span class="foot">{one.name}</span>
  const url = live.fileAt(one.url)
  if (!one.media_type.startsWith("image/")) return <Outward href={url} label={one.name} />
  const { width, height } = fitted(one)
  return (
    <button type="button" class="image" aria-label={`${words.image}: ${one.name}`} onClick={() => show?.({ ...one, url })}>
      <img src={url} alt="" width={width} height={height} />
    </button>
  )
}

/** The size an image is shown at, known before it is loaded so that nothing moves when it is. */
function fitted({ width, height }: Attachment): { width?: number; height?: number } {
  if (!width || !height) return {}
  const part = Math.min(1, WIDEST / width, TALLEST / height)
  return { width: Math.max(1, Math.round(width * part)), height: Math.max(1, Math.round(height * part)) }
}

function Sources({ all, base, words }: { all: Citation[]; base: string; words: Spoken }): JSX.Element {
  return (
    <ul class="sources" aria-label={words.sources}>
      {all.map((one, index) => (
        <li key={index} title={one.quote}>
          <Source />
          <Outward href={one.url ?? ""} label={one.title} base={base} />
        </li>
      ))}
    </ul>
  )
}
