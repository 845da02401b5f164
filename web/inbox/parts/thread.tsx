import { ArrowDown, Bot, CheckCheck, ChevronLeft, Clock, Ellipsis, Eye, Hand, PanelRight, RotateCcw, Undo2, WifiOff } from "lucide-preact"
import { Fragment } from "preact"
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { exact, dayKey, dayOf } from "../state/clock"
import { command } from "../state/commands"
import { canWrite, firstName, me, nameOf, openProblem, openTicket, tickets } from "../state/desk"
import { connection, conversation, drafts, loadOlder, typing, viewing } from "../state/live"
import type { Message, Ticket } from "../state/model"
import { detailsShown, go, openKey, view } from "../state/router"
import { pending } from "../state/send"
import { Due } from "./clocks"
import { Closing } from "./identities"
import { Composer } from "./composer"
import { Bubble, Handoff, Kept, PendingBubble } from "./message"
import { Control, Dots, Menu } from "./small"
import { Unchosen } from "./unchosen"

export function ThreadPane() {
  const ticket = openTicket.value
  if (!ticket) {
    return (
      <main class="pane thread-pane">
        {openProblem.value ? <div class="empty"><h2>{openProblem.value.title}</h2><p>{openProblem.value.detail ?? "It may be gone, or not yours to see."}</p></div>
          : openKey.value === null ? <Unchosen />
          : <div class="empty" role="status"><p>Opening…</p></div>}
      </main>
    )
  }
  return <main class="pane thread-pane" aria-label={`Ticket ${ticket.number}`}><Header ticket={ticket} /><Log key={ticket.thread_id} ticket={ticket} /><Composer key={ticket.id} ticket={ticket} /></main>
}

/** What has no room in a phone's header. */
function More() {
  const can = ["Release", "Resolve", "Snooze", "Assign", "Priority", "Tags"].map(command).filter((each) => each.when())
  return <Menu name="more" label="More" home="only-phone" look="icon-button" button={<Ellipsis size={18} aria-hidden="true" />} choices={[...can.map(({ name, run }) => ({ name, run })), { name: "Details", run: () => (detailsShown.value = true) }]} />
}

function Action({ name, children, main = false, phone = false }: { name: string; children?: preact.ComponentChildren; main?: boolean; phone?: boolean }) {
  const { when, run, keys } = command(name)
  if (!when()) return null
  return <button type="button" class={`button ${main ? "main" : ""} ${phone ? "" : "not-phone"}`} title={`${name} (${keys})`} onClick={run}>{children}<span>{name}</span></button>
}

function Header({ ticket }: { ticket: Ticket }) {
  const eyes = (viewing.value.get(ticket.id) ?? []).filter((agent) => agent !== me.value?.agent.id)
  const open = ticket.status === "open" || ticket.status === "pending"
  const free = ticket.control === "assistant" || ticket.assignee_id === null
  return (
    <header class="bar thread-bar">
      <button type="button" class="icon-button only-phone" aria-label="Back to the list" onClick={() => go(`/?view=${view.value}`)}><ChevronLeft size={20} aria-hidden="true" /></button>
      <div class="thread-title"><h1><span class="cut" dir="auto">{ticket.customer_name || "Visitor"}</span><span class="num">#{ticket.number}</span></h1><p>{connection.state.value === "offline" && <span class="mark red only-phone"><WifiOff size={12} aria-hidden="true" />Offline</span>}<Control ticket={ticket} /><Closing ticket={ticket} /><Due ticket={ticket} />{eyes.length > 0 && <span class="viewers" title={`${eyes.map(nameOf).join(", ")} looking`}><Eye size={13} aria-hidden="true" /><span class="cut">{eyes.map((agent) => firstName(nameOf(agent))).join(", ")}</span><span class="unseen">looking</span></span>}</p></div>
      <div class="thread-actions">
        {!canWrite.value && <span class="mark">View only</span>}
        {canWrite.value && open && <button type="button" class="icon-button not-phone" aria-label="Snooze" title="Snooze (s)" onClick={command("Snooze").run}><Clock size={16} aria-hidden="true" /></button>}
        <Action name="Release"><Undo2 size={15} aria-hidden="true" /></Action>
        <Action name="Resolve" phone={!command("Take over").when()}><CheckCheck size={15} aria-hidden="true" /></Action>
        <Action name="Reopen" phone><RotateCcw size={15} aria-hidden="true" /></Action>
        <Action name="Take over" main={free} phone>{!free && <Hand size={15} aria-hidden="true" />}</Action>
        <More />
        <button type="button" class="icon-button not-phone" aria-label="Details" title="Details (i)" aria-pressed={detailsShown.value} onClick={() => (detailsShown.value = !detailsShown.value)}><PanelRight size={16} aria-hidden="true" /></button>
      </div>
    </header>
  )
}

const NEAR = 80
const EARLY = 600
const WIDEST = 720
const LETTER = 6.8

function Log({ ticket }: { ticket: Ticket }) {
  const talk = conversation(ticket.thread_id)
  const messages = talk.inOrder.value
  const mine = pending.value.filter((each) => each.ticket === ticket.id && !messages.some((message) => message.id === each.id))
  const [letters, setLetters] = useState(54)
  const newFrom = talk.readBefore.value
  const lastOut = messages.findLast((message) => message.author.kind !== "customer" && message.author.kind !== "system" && message.visibility === "public")?.seq ?? 0
  const draft = drafts.value.get(ticket.id)
  const types = typing.value.get(ticket.id)
  const handoff = ticket.control === "agents" ? ticket.handoff : null
  const answered = ticket.suggestion && messages.findLast((message) => message.author.kind === "agent" && message.visibility === "public")
  const kept = ticket.suggestion && (!answered || answered.at < ticket.suggestion.at) ? ticket.suggestion : null
  const handoffAfter = handoff ? messages.findLastIndex((message) => Date.parse(message.at) <= Date.parse(handoff.at)) : -1
  const entries = useMemo(() => {
    let page = ""
    return messages.map((message, at) => {
      const from = pageOf(message)
      const told = from !== page ? from : ""
      page = from || page
      return (
        <Fragment key={message.id}>
          <Entry message={message} before={messages[at - 1]} newFrom={newFrom} page={told} letters={letters} last={message.seq === lastOut} />
          {at === handoffAfter && <Handoff handoff={handoff!} />}
        </Fragment>
      )
    })
  }, [messages, newFrom, handoff, handoffAfter, letters, lastOut])
  const box = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const before = useRef<{ last: number; put: number; first: HTMLElement | null; top: number }>({ last: 0, put: 0, first: null, top: 0 })
  const [fresh, setFresh] = useState(0)
  const last = messages.at(-1)?.seq ?? 0
  const stick = (): void => {
    const log = box.current!
    if (!stuck.current) return
    log.scrollTop = log.scrollHeight
    before.current.put = log.scrollTop
  }
  /** Where the earliest message stands on the screen, for it to stand there still when earlier ones come. */
  const mark = (): void => {
    const first = box.current!.querySelector<HTMLElement>("article")
    Object.assign(before.current, { first, top: first?.getBoundingClientRect().top ?? 0 })
  }
  useLayoutEffect(() => {
    const { first, top } = before.current
    if (first?.isConnected && first !== box.current!.querySelector("article")) box.current!.scrollTop += first.getBoundingClientRect().top - top
    if (!stuck.current && before.current.last && last > before.current.last) setFresh((held) => held + messages.filter((message) => message.seq > before.current.last).length)
    before.current.last = last
    stick()
    mark()
  })
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      stick()
      setLetters(Math.max(20, Math.floor((Math.min(WIDEST, box.current!.clientWidth - 48) * 0.88 - 66) / LETTER)))
    })
    watch.observe(box.current!)
    watch.observe(box.current!.firstElementChild!)
    return () => watch.disconnect()
  }, [])
  const toEnd = (): void => {
    stuck.current = true
    setFresh(0)
    stick()
  }
  /** Content that grows leaves the end too; only who moves up from where we put them wants to. */
  const onScroll = (): void => {
    const log = box.current!
    if (log.scrollHeight - log.scrollTop - log.clientHeight < NEAR) stuck.current = true
    else if (log.scrollTop < before.current.put - NEAR) stuck.current = false
    if (stuck.current && fresh) setFresh(0)
    mark()
    if (log.scrollTop < EARLY) void loadOlder(ticket.thread_id).catch(() => undefined)
  }
  return (
    <div class="log-wrap">
      <div class="log" role="log" aria-label="Conversation" tabIndex={0} ref={box} onScroll={onScroll}>
        <div class="log-inner">
          {!talk.loaded.value && messages.length === 0 && <div class="log-skeleton" role="status" aria-label="Opening the conversation"><i /><i /><i /><i /></div>}
          {entries}
          {kept && <Kept suggestion={kept} />}
          {draft && <div class="message ours by-assistant"><span class="avatar spark" aria-hidden="true"><Bot size={15} /></span><div class="said"><span class="by"><b>Assistant</b>{draft.text ? "is writing" : "is thinking"}</span><div class="bubble draft">{draft.text || <Dots />}</div></div></div>}
          {mine.map((each) => <PendingBubble key={each.id} pending={each} />)}
          {types && <p class="typing-line"><Dots />{types.kind === "customer" ? ticket.customer_name || "Visitor" : types.name} is typing</p>}
        </div>
      </div>
      {talk.loadingMore.value && <p class="earlier" role="status">Loading earlier messages…</p>}
      {fresh > 0 && <button type="button" class="new-pill bottom" onClick={toEnd}><ArrowDown size={13} aria-hidden="true" />{fresh} new</button>}
    </div>
  )
}

const pageOf = ({ author, page }: Message): string => (author.kind === "customer" && page ? page.product || page.title || "" : "")

function Entry({ message, before, newFrom, page, letters, last }: { message: Message; before: Message | undefined; newFrom: number; page: string; letters: number; last: boolean }) {
  const newDay = !before || dayKey(before.at) !== dayKey(message.at)
  const newTicket = before !== undefined && before.ticket_id !== message.ticket_id
  const ticket = newTicket ? tickets.get(message.ticket_id) : undefined
  const isFirstNew = before !== undefined && before.seq <= newFrom && message.seq > newFrom && message.author.kind === "customer"
  const same = !newDay && !newTicket && !isFirstNew && before?.author.kind === message.author.kind && before.author.id === message.author.id && before.visibility === message.visibility && before.channel === message.channel
  return (
    <>
      {newDay && <div class="day"><time dateTime={message.at}>{dayOf(message.at)}</time></div>}
      {newTicket && <div class="boundary"><b>#{ticket?.number}</b><span class="cut">{ticket?.subject || "A new matter"}</span></div>}
      {isFirstNew && <div class="fresh">New</div>}
      {message.author.kind === "system" ? <p class="system-line" title={exact(message.at)}>{message.text}</p> : <Bubble message={message} same={same && !page && !message.mail} page={page} letters={letters} last={last} channel={message.channel !== "webchat" || (before !== undefined && before.channel !== message.channel)} />}
    </>
  )
}
