import { ArrowDown, Bot, CheckCheck, ChevronLeft, Clock, Eye, Info, MessagesSquare, RotateCcw, Undo2 } from "lucide-preact"
import { Fragment } from "preact"
import { useLayoutEffect, useRef, useState } from "preact/hooks"
import { exact, dayKey, dayOf } from "../state/clock"
import { command, snooze, snoozeTimes } from "../state/commands"
import { canWrite, firstName, me, nameOf, openProblem, openTicket, tickets } from "../state/desk"
import { conversation, drafts, loadOlder, typing, viewing } from "../state/live"
import type { Message, Ticket } from "../state/model"
import { detailsOnPhone, go, openKey, view } from "../state/router"
import { pending } from "../state/send"
import { Composer } from "./composer"
import { Bubble, Handoff, Kept, PendingBubble } from "./message"
import { Control, Dots, Menu } from "./small"

export function ThreadPane() {
  const ticket = openTicket.value
  if (!ticket) {
    return (
      <main class="pane thread-pane">
        {openProblem.value ? <div class="empty"><h2>{openProblem.value.title}</h2><p>{openProblem.value.detail ?? "It may be gone, or not yours to see."}</p></div>
          : openKey.value === null ? <div class="empty"><MessagesSquare size={30} aria-hidden="true" /><h2>Choose a ticket</h2><p><kbd>j</kbd> and <kbd>k</kbd> move through the list, <kbd>?</kbd> shows every key.</p></div>
          : <div class="empty" role="status"><p>Opening…</p></div>}
      </main>
    )
  }
  return <main class="pane thread-pane" aria-label={`Ticket ${ticket.number}`}><Header ticket={ticket} /><Log key={ticket.thread_id} ticket={ticket} /><Composer key={ticket.id} ticket={ticket} /></main>
}

function Action({ name, children, main = false }: { name: string; children?: preact.ComponentChildren; main?: boolean }) {
  const { when, run, keys } = command(name)
  if (!when()) return null
  return <button type="button" class={`button ${main ? "main" : ""}`} aria-label={name} title={`${name} (${keys})`} onClick={run}>{children}<span class={children ? "words" : ""}>{name}</span></button>
}

function Header({ ticket }: { ticket: Ticket }) {
  const eyes = (viewing.value.get(ticket.id) ?? []).filter((agent) => agent !== me.value?.agent.id)
  const open = ticket.status === "open" || ticket.status === "pending"
  return (
    <header class="bar thread-bar">
      <button type="button" class="icon-button only-phone" aria-label="Back to the list" onClick={() => go(`/?view=${view.value}`)}><ChevronLeft size={20} aria-hidden="true" /></button>
      <div class="thread-title"><h1><span class="cut">{ticket.customer_name || "Visitor"}</span><span class="num">#{ticket.number}</span></h1><p><Control ticket={ticket} />{eyes.length > 0 && <span class="viewers" title={`${eyes.map(nameOf).join(", ")} looking`}><Eye size={13} aria-hidden="true" /><span class="cut">{eyes.map((agent) => firstName(nameOf(agent))).join(", ")}</span><span class="unseen">looking</span></span>}</p></div>
      <div class="thread-actions">
        {!canWrite.value && <span class="mark">View only</span>}
        {canWrite.value && open && <Menu name="snooze" label="Snooze" button={<><Clock size={15} aria-hidden="true" /><span class="unseen">Snooze</span></>} choices={snoozeTimes().map(({ name, until }) => ({ name, run: () => void snooze(ticket, until) }))} />}
        <Action name="Release"><Undo2 size={15} aria-hidden="true" /></Action>
        <Action name="Resolve"><CheckCheck size={15} aria-hidden="true" /></Action>
        <Action name="Reopen"><RotateCcw size={15} aria-hidden="true" /></Action>
        <Action name="Take over" main />
        <button type="button" class="icon-button only-phone" aria-label="Details" onClick={() => (detailsOnPhone.value = true)}><Info size={19} aria-hidden="true" /></button>
      </div>
    </header>
  )
}

const NEAR = 80

function Log({ ticket }: { ticket: Ticket }) {
  const talk = conversation(ticket.thread_id)
  const messages = talk.inOrder.value
  const mine = pending.value.filter((each) => each.ticket === ticket.id && !messages.some((message) => message.id === each.id))
  const draft = drafts.value.get(ticket.id)
  const types = typing.value.get(ticket.id)
  const handoff = ticket.control === "agents" ? ticket.handoff : null
  const handoffAfter = handoff ? messages.findLastIndex((message) => Date.parse(message.at) <= Date.parse(handoff.at)) : -1
  const box = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const before = useRef({ first: 0, height: 0, count: 0 })
  const [fresh, setFresh] = useState(0)
  useLayoutEffect(() => {
    const log = box.current!
    const first = messages[0]?.seq ?? 0
    if (first < before.current.first) log.scrollTop += log.scrollHeight - before.current.height
    else if (stuck.current) log.scrollTop = log.scrollHeight
    else if (messages.length > before.current.count) setFresh((held) => held + messages.length - before.current.count)
    before.current = { first, height: log.scrollHeight, count: messages.length }
  })
  const onScroll = (): void => {
    const log = box.current!
    stuck.current = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR
    if (stuck.current && fresh) setFresh(0)
    if (log.scrollTop < 240) void loadOlder(ticket.thread_id).catch(() => undefined)
  }
  return (
    <div class="log-wrap">
      <div class="log" role="log" aria-label="Conversation" tabIndex={0} ref={box} onScroll={onScroll}>
        <div class="log-inner">
          {messages.map((message, at) => (
            <Fragment key={message.id}>
              <Entry message={message} before={messages[at - 1]} newFrom={talk.readBefore.value} />
              {at === handoffAfter && <Handoff handoff={handoff!} />}
            </Fragment>
          ))}
          {ticket.suggestion && <Kept suggestion={ticket.suggestion} />}
          {draft && <div class="message ours by-assistant"><span class="avatar spark" aria-hidden="true"><Bot size={15} /></span><div class="said"><span class="by"><b>Assistant</b>{draft.text ? "is writing" : "is thinking"}</span><div class="bubble draft">{draft.text || <Dots />}</div></div></div>}
          {mine.map((each) => <PendingBubble key={each.id} pending={each} />)}
          {types && <p class="typing-line"><Dots />{types.kind === "customer" ? ticket.customer_name || "Visitor" : types.name} is typing</p>}
        </div>
      </div>
      {fresh > 0 && <button type="button" class="new-pill bottom" onClick={() => (box.current!.scrollTop = box.current!.scrollHeight)}><ArrowDown size={13} aria-hidden="true" />{fresh} new</button>}
    </div>
  )
}

function Entry({ message, before, newFrom }: { message: Message; before: Message | undefined; newFrom: number }) {
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
      {message.author.kind === "system" ? <p class="system-line" title={exact(message.at)}>{message.text}</p> : <Bubble message={message} same={same} />}
    </>
  )
}
