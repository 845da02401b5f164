import { Ban, Bot, CircleAlert, FileText, Hand, LayoutTemplate, Paperclip, ShoppingBag, Sparkles, StickyNote } from "lucide-preact"
import type { JSX } from "preact"
import { exact, hourOf, upcoming } from "../state/clock"
import { sayOnPurpose, sheet, write } from "../state/commands"
import { canWrite, openTicket } from "../state/desk"
import type { Handoff as HandoffData, Message, Suggestion } from "../state/model"
import { restoreFiles } from "../state/files"
import { forgetHeld } from "../state/held"
import { draftOf, keepCopies, wantedText, type Pending } from "../state/send"
import { Rich } from "../../shared/rich"
import { DeliveryState } from "./delivery"
import { Original } from "./mail"
import { Context, Filed, MailHead, Quote, Reactions, Whole } from "./outside"
import { Waits } from "./held"
import { Avatar, Channel } from "./small"

const safe = (url: string | null | undefined): string | undefined => (url && /^(https?:\/\/|\/(?!\/))/.test(url) ? url : undefined)

const LINE = 21

/** About how high a message is, for the browser to keep its room free until it is laid out. */
function height({ text, attachments, citations }: Message, same: boolean, letters: number): number {
  const lines = text.split("\n").reduce((sum, line) => sum + Math.max(0.5, Math.ceil(line.length / letters)), 0)
  return Math.round(lines * LINE + 16 + (same ? 0 : 22) + (attachments.length ? 180 : 0) + (citations.length ? 26 : 0))
}

export function Bubble({ message, same, page, channel, letters, last }: { message: Message; same: boolean; page: string; channel: boolean; letters: number; last: boolean }) {
  const { author, visibility } = message
  const note = visibility === "note"
  const ours = author.kind !== "customer" && !note
  const traced = author.kind === "assistant" && message.turn_id !== null
  const name = author.kind === "assistant" ? "Assistant" : author.name || (author.kind === "customer" && openTicket.value?.customer_name) || "Visitor"
  const words = message.text && <div class="bubble" dir="auto"><Rich text={message.text} marks={author.kind === "assistant"} /></div>
  const whole = message.whole && message.whole !== message.text && <Whole text={message.whole} />
  return (
    <article id={`m-${message.id}`} class={`message by-${author.kind} ${ours ? "ours" : ""} ${note ? "is-note" : ""} ${same ? "same" : ""}`} style={{ "--high": `${height(message, same, letters)}px` } as JSX.CSSProperties}>
      {author.kind === "assistant" ? <span class="avatar spark" aria-hidden="true"><Bot size={15} /></span> : <Avatar name={name} />}
      <div class="said">
        <span class="by">{note && <><StickyNote size={13} aria-hidden="true" />Note by</>}<b dir="auto">{name}</b><time dateTime={message.at} title={exact(message.at)}>{hourOf(message.at)}</time>{channel && !note && <Channel name={message.channel} />}{message.template && <span class="channel" title={`Sent as the template ${message.template.name}`}><LayoutTemplate size={13} aria-hidden="true" />Template</span>}</span>
        {page && <span class="from-page"><ShoppingBag size={12} aria-hidden="true" />On<span class="cut">{page}</span></span>}
        {message.context && <Context words={message.context} />}
        {message.mail && <MailHead mail={message.mail} />}
        {message.reply_to && <Quote message={message} />}
        {message.removed ? <div class="bubble removed"><Ban size={13} aria-hidden="true" />{ours ? "Removed" : "They removed this message"}</div> : message.html ? <Original message={message}>{words}{whole}</Original> : words}
        {message.reactions.length > 0 && <Reactions signs={message.reactions.map((each) => each.sign)} />}
        {message.edited_at && !message.removed && <span class="state" title={exact(message.edited_at)}>Edited</span>}
        {!message.html && !message.removed && whole}
        {message.attachments.length > 0 && <div class="files">{message.attachments.map((file) => <Filed key={file.id} file={file} />)}</div>}
        {(message.citations.length > 0 || traced) && <div class="cites">{message.citations.map((cite) => <a key={cite.title} class="cite" href={safe(cite.url)} target="_blank" rel="noreferrer" title={cite.quote}><FileText size={12} aria-hidden="true" /><span class="cut">{cite.title}</span></a>)}{traced && <button type="button" class="why" title={message.why || "How it came to this answer"} onClick={() => (sheet.value = { turn: message.turn_id! })}>Why?<span class="unseen"> How the assistant came to this answer</span></button>}</div>}
        <DeliveryState message={message} last={last} />
      </div>
    </article>
  )
}

export function PendingBubble({ pending }: { pending: Pending }) {
  const { problem, note, text } = pending
  const edit = (): void => {
    forgetHeld(pending.id)
    restoreFiles(draftOf(pending.ticket, note), pending.attachments)
    wantedText.value = text
    if (pending.how.copies) keepCopies(pending.ticket, pending.how.copies)
    write(note ? "note" : "reply")
  }
  return (
    <article class={`message ours ${note ? "is-note" : ""} ${problem ? "" : "sending"}`}>
      <div class="said">
        {text && <div class="bubble" dir="auto"><Rich text={text} /></div>}
        {pending.attachments.map((file) => <span class="file" key={file.id}><Paperclip size={14} aria-hidden="true" />{file.name}</span>)}
        {problem ? <span class="state refused" role="alert"><CircleAlert size={14} aria-hidden="true" />{problem.type === "taken" ? `${problem.holder || "Someone"} has this ticket` : `${problem.title}${problem.detail ? `. ${problem.detail}` : ""}`}</span> : pending.held ? <Waits pending={pending} /> : <span class="state">Sending…</span>}
        {problem && <div class="files">{problem.type === "taken" && <button type="button" class="button small main" onClick={() => sayOnPurpose(pending)}>Take it on purpose</button>}<button type="button" class="button small" onClick={edit}>Edit</button></div>}
      </div>
    </article>
  )
}

const reasons: Record<HandoffData["reason"], string> = {
  asked: "They asked for a person",
  no_answer: "The assistant found no sure answer",
  policy: "A person decides this",
  tone: "The tone turned",
  failed: "The same thing failed twice",
  approval: "An action needs approval",
  unavailable: "The assistant was not available",
  away: "The agent went away",
  stranger: "Somebody else wrote, not the customer",
}

function use(text: string): void {
  wantedText.value = text
  write("reply")
}

const Suggested = ({ text }: { text: string }) => <div class="suggested"><span>Suggested reply</span>{text}{canWrite.value && <button type="button" class="button small" onClick={() => use(text)}>Use it</button>}</div>

export function Handoff({ handoff }: { handoff: HandoffData }) {
  return (
    <section class="card handoff" aria-label="Handoff">
      <header><Hand size={16} aria-hidden="true" /><h2>{reasons[handoff.reason]}</h2><time dateTime={handoff.at} title={exact(handoff.at)}>{hourOf(handoff.at)}</time></header>
      {handoff.summary && <div class="summary"><Rich text={handoff.summary} marks /></div>}
      <dl>
        {handoff.wants && !handoff.summary?.includes(handoff.wants) && <><dt>They want</dt><dd>{handoff.wants}</dd></>}
        {handoff.tried && handoff.tried.length > 0 && <><dt>Tried</dt><dd>{handoff.tried.length === 1 ? handoff.tried[0] : <ul>{handoff.tried.map((each) => <li key={each}>{each}</li>)}</ul>}</dd></>}
        {handoff.promised_by && <><dt>Promised by</dt><dd><time dateTime={handoff.promised_by} title={exact(handoff.promised_by)}>{upcoming(handoff.promised_by)}</time></dd></>}
      </dl>
      {handoff.suggested_reply && <Suggested text={handoff.suggested_reply} />}
    </section>
  )
}

export function Kept({ suggestion }: { suggestion: Suggestion }) {
  return (
    <section class="card kept" aria-label="Answer kept from the assistant">
      <header><Sparkles size={16} aria-hidden="true" /><h2>The assistant's answer was not sent</h2><time dateTime={suggestion.at}>{hourOf(suggestion.at)}</time></header>
      <Suggested text={suggestion.text} />
    </section>
  )
}
