import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { Outward, Rich } from "../../shared/rich"
import { clock, dayName, exact } from "../../shared/time"
import type { Attachment, Citation, ShopperMessage } from "../../shared/wire"
import type { Live, Outgoing } from "../live"
import { fill, type Words } from "../words"
import { Close, Down } from "./icons"

const NEAR = 64

/** The whole thread, oldest first; it holds to its end unless the shopper has scrolled up. */
export function Conversation({ live, words, open }: { live: Live; words: Words; open: boolean }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const held = useRef({ atEnd: true, height: 0, first: "", last: "" })
  const below = useSignal(false)
  const shown = useSignal<Attachment | null>(null)
  const messages = live.ordered.value
  const outgoing = live.outgoing.value
  const draft = live.draft.value
  const typing = live.typing.value
  const first = messages[0]?.id ?? ""
  const last = (outgoing.at(-1) ?? messages.at(-1))?.id ?? ""

  const readIfSeen = (): void => {
    if (open && held.current.atEnd && document.visibilityState === "visible") live.read()
  }
  const toEnd = (): void => {
    const element = box.current
    if (element) element.scrollTop = element.scrollHeight
    below.value = false
  }
  const onScroll = (): void => {
    const element = box.current!
    held.current.height = element.scrollHeight
    held.current.atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR
    if (held.current.atEnd) {
      below.value = false
      readIfSeen()
    }
    if (element.scrollTop < 120) void live.earlier()
  }

  useLayoutEffect(() => {
    const element = box.current
    const before = held.current
    if (!element) return
    if (before.first && first !== before.first && last === before.last && !before.atEnd) element.scrollTop += element.scrollHeight - before.height
    else if (before.atEnd || (last !== before.last && outgoing.at(-1)?.id === last)) toEnd()
    else if (last !== before.last) below.value = true
    held.current = { atEnd: element.scrollHeight - element.scrollTop - element.clientHeight < NEAR, height: element.scrollHeight, first, last }
  }, [messages, outgoing, draft, typing, open])

  useEffect(() => {
    readIfSeen()
    document.addEventListener("visibilitychange", readIfSeen)
    return () => document.removeEventListener("visibilitychange", readIfSeen)
  }, [last, open, live.state.value])

  const seen = live.thread.value.seen_seq ?? 0
  const lastOwn = messages.findLast((one) => one.author.kind === "customer")
  return (
    <div class="middle">
      <div class="log" ref={box} role="log" aria-label={words.conversation} aria-live="polite" aria-relevant="additions" tabIndex={0} onScroll={onScroll}>
        {live.more.value && <p class="mark">{words.earlier}</p>}
        {messages.length === 0 && outgoing.length === 0 && <p class="greeting">{live.session.value.greeting}</p>}
        {messages.map((message, index) => (
          <Said key={message.id} message={message} before={messages[index - 1]} live={live} words={words} show={(one) => (shown.value = one)}>
            {message === lastOwn && outgoing.length === 0 && index === messages.length - 1 && (
              <span class="state">{message.seq <= seen ? words.seen : words.sent}</span>
            )}
          </Said>
        ))}
        {outgoing.map((one) => (
          <Going key={one.id} one={one} live={live} words={words} />
        ))}
        {draft && draft.text && (
          <article class="line" aria-live="off">
            <div class="bubble">
              <Rich text={draft.text} marks base={live.base} />
            </div>
          </article>
        )}
        {(typing !== null || (draft && !draft.text)) && (
          <div class="line" role="status" aria-label={fill(words.typing, { name: typing || live.session.value.assistant_name })}>
            <div class="bubble dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </div>
          </div>
        )}
        {live.thread.value.resolved && messages.length > 0 && <p class="mark">{words.ended}</p>}
      </div>
      {below.value && (
        <button type="button" class="newer" onClick={toEnd}>
          <Down />
          {words.newer}
        </button>
      )}
      {shown.value && <Lightbox one={shown.value} words={words} close={() => (shown.value = null)} />}
    </div>
  )
}

interface Saying {
  message: ShopperMessage
  before: ShopperMessage | undefined
  live: Live
  words: Words
  show: (one: Attachment) => void
  children?: JSX.Element | false
}

function Said({ message, before, live, words, show, children }: Saying): JSX.Element {
  const { kind, name } = message.author
  const at = new Date(message.at)
  const newDay = !before || new Date(before.at).toDateString() !== at.toDateString()
  const named = kind !== "customer" && kind !== "system" && (newDay || before.author.kind !== kind || before.author.name !== name)
  const own = kind === "customer"
  return (
    <>
      {newDay && <p class="mark">{dayName(at, new Date(), navigator.language)}</p>}
      <article class={own ? "line own" : kind === "system" ? "line system" : "line"}>
        {named && <span class="name">{name || live.session.value.assistant_name}</span>}
        {own && <span class="hidden">{words.you}</span>}
        {message.text && (
          <div class="bubble" title={exact(at, navigator.language)}>
            <Rich text={message.text} marks={kind === "assistant"} base={live.base} />
          </div>
        )}
        {message.attachments?.map((one) => (
          <Attached key={one.id} one={one} live={live} words={words} show={show} />
        ))}
        {message.citations && message.citations.length > 0 && <Sources all={message.citations} base={live.base} words={words} />}
        <span class="foot">
          <time dateTime={message.at}>{clock(at, navigator.language)}</time>
          {children}
        </span>
      </article>
    </>
  )
}

interface Attaching {
  one: Attachment
  live: Live
  words: Words
  show: (one: Attachment) => void
}

function Attached({ one, live, words, show }: Attaching): JSX.Element {
  if (!one.url) return <span>{one.name}</span>
  const url = live.fileAt(one.url)
  if (!one.media_type.startsWith("image/")) return <Outward href={url} label={one.name} />
  return (
    <button type="button" class="image" aria-label={`${words.image}: ${one.name}`} onClick={() => show({ ...one, url })}>
      <img src={url} alt="" loading="lazy" width={one.width ?? undefined} height={one.height ?? undefined} />
    </button>
  )
}

function Sources({ all, base, words }: { all: Citation[]; base: string; words: Words }): JSX.Element {
  return (
    <ul class="sources" aria-label={words.sources}>
      {all.map((one, index) => (
        <li key={index} title={one.quote}>
          <Outward href={one.url ?? ""} label={one.title} base={base} />
        </li>
      ))}
    </ul>
  )
}

function Going({ one, live, words }: { one: Outgoing; live: Live; words: Words }): JSX.Element {
  return (
    <article class={one.problem ? "line own failed" : "line own going"}>
      {one.text && (
        <div class="bubble">
          <Rich text={one.text} />
        </div>
      )}
      {one.attachments.map((image) => (
        <Attached key={image.id} one={image} live={live} words={words} show={() => undefined} />
      ))}
      <span class="foot">
        {one.problem ? (
          <>
            {words.failed} {one.problem.title}{" "}
            <button type="button" class="again" onClick={() => live.retry(one.id)}>
              {words.retry}
            </button>
          </>
        ) : (
          words.sending
        )}
      </span>
    </article>
  )
}

function Lightbox({ one, words, close }: { one: Attachment; words: Words; close: () => void }): JSX.Element {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Tab") event.preventDefault()
    if (event.key !== "Escape") return
    event.stopPropagation()
    close()
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
