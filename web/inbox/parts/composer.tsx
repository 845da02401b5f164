import { CheckCheck, Clock, LayoutTemplate, Lock, PlugZap, ShieldQuestion, StickyNote } from "lucide-preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { modifier, say, writing } from "../state/commands"
import { exact, lasting, now } from "../state/clock"
import { canWrite, firstName, me, nameOf } from "../state/desk"
import { connection, conversation } from "../state/live"
import { isDone, type Ticket } from "../state/model"
import { filesOf } from "../state/files"
import { firstMark, marks } from "../state/filling"
import { lastHeldOf, takeBack } from "../state/held"
import { hintOf, misfit, reachOf, waysOf, type Reach } from "../state/reach"
import { chooseWay, draftOf, keepText, keptText, wantedText, wayOf } from "../state/send"
import { CopiesButton, CopiesFields, useCopies } from "./copies"
import { FileButton, Files, useFiles } from "./files"
import { HeldBar } from "./held"
import { Overheard } from "./outside"
import { Replies } from "./replies"
import { useSlash } from "./slash"
import { Channel, iconOf, Menu, SendKeys } from "./small"

const SOON = 24 * 3_600_000
const VERY_SOON = 2 * 3_600_000
const TYPING_EVERY = 3_000

export function Composer({ ticket }: { ticket: Ticket }) {
  const box = useRef<HTMLTextAreaElement>(null)
  const told = useRef(0)
  const copies = useCopies(ticket.id)
  const [over, setOver] = useState(false)
  const startedAt = useRef<number | null>(null)
  const note = writing.value === "note"
  const draft = draftOf(ticket.id, note)
  const files = useFiles(draft)
  const [text, setText] = useState(keptText(draft))
  useLayoutEffect(() => {
    writing.value = isBegun(draftOf(ticket.id, true)) && !isBegun(ticket.id) ? "note" : "reply"
  }, [])
  useLayoutEffect(() => setText(keptText(draft)), [draft])
  const [choosing, setChoosing] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const slash = useSlash(box, text)
  const mineHeld = lastHeldOf(ticket.id)
  const change = (value: string): void => {
    setText(value)
    keepText(draft, value)
    startedAt.current = value ? (startedAt.current ?? conversation(ticket.thread_id).inOrder.peek().at(-1)?.seq ?? 0) : null
    if (value && Date.now() - told.current > TYPING_EVERY) {
      told.current = Date.now()
      connection.tell({ type: "typing", ticket_id: ticket.id, on: true, note })
    }
  }
  useEffect(() => {
    if (wantedText.value === null) return
    change([keptText(draft), wantedText.value].filter(Boolean).join("\n\n"))
    wantedText.value = null
  }, [wantedText.value])
  if (!canWrite.value) return <div class="composer"><p class="read-only"><Lock size={14} aria-hidden="true" />You can read here. Ask an admin for the agent role to reply.</p></div>

  const talk = conversation(ticket.thread_id)
  const way = wayOf(ticket)
  const by = way === ticket.connection_id ? null : way
  const reach = reachOf(ticket, talk, way)
  const ways = waysOf(ticket, talk)
  const most = note ? 20_000 : reach.most
  const tooLong = text.length > most
  const blocked = note ? "" : reach.blocked
  const attached = files.picked.flatMap((file) => file.done ?? [])
  const picking = choosing && reach.templates && !note
  const unfit = note ? "" : misfit(reach, attached)
  const copied = !note && (reach.capability?.copies ?? false)
  const toBox = (): void => box.current?.focus()
  const lacking = note ? [] : marks(text)
  /** Puts words where the slash and what was typed after it stand. */
  const fillIn = (words: string): void => {
    const { from, words: typed } = slash.at!
    change(text.slice(0, from) + words + text.slice(from + 1 + typed.length))
    requestAnimationFrame(() => {
      const area = box.current!
      const end = from + words.length
      area.focus()
      area.setSelectionRange(...(firstMark(area.value) ?? [end, end] as const))
      slash.look()
    })
  }
  const sendable = !(copied && copies.wrong) && (text.trim() !== "" || files.picked.length > 0) && !files.busy && !tooLong && !blocked && !unfit && lacking.length === 0
  const send = (resolve = false): void => {
    const mark = note ? null : firstMark(text)
    if (mark) box.current?.setSelectionRange(...mark)
    if (!sendable) return
    say(ticket, text.trim(), note, attached, { by: note ? null : by, template: null, resolve: resolve && !note, ...(copied && copies.shown ? { copies: copies.whole() } : {}) })
    if (copied) copies.clear()
    files.clear()
    connection.tell({ type: "typing", ticket_id: ticket.id, on: false, note })
    told.current = 0
    change("")
    box.current?.focus()
  }
  const other = startedAt.current === null ? undefined : conversation(ticket.thread_id).inOrder.value.findLast((message) => message.seq > startedAt.current! && message.author.kind !== "customer" && message.author.kind !== "system" && message.author.id !== me.value?.agent.id)
  const owner = ticket.control === "agents" && ticket.assignee_id !== null && ticket.assignee_id !== me.value?.agent.id ? firstName(nameOf(ticket.assignee_id)) : ""
  const fit = note ? (text.length > most * 0.8 ? `${(most - text.length).toLocaleString()} characters left` : "") : hintOf(reach, text)
  const hint = tooLong ? `${(text.length - most).toLocaleString()} characters too long${note || !reach.label ? "" : ` for ${reach.label}`}. Split it in two.` : lacking.length ? `Write the ${lacking[0]} where it is marked, then send.` : unfit ? unfit : fit ? fit : connection.state.value === "offline" ? "Offline. It will be sent when you are back." : note ? "Only your team sees notes." : isDone(ticket) ? "" : ticket.control === "assistant" ? "Sending takes over from the assistant." : owner ? `${owner} has this ticket.` : ""
  const next = blocked ? ways.find((each) => each.connection !== way && fits(reachOf(ticket, talk, each.connection))) : undefined
  return (
    <div class="composer">
      {mineHeld && <HeldBar held={mineHeld} />}
      {other && <div class="notice" role="status"><span class="spring">{other.author.kind === "assistant" ? "The assistant" : firstName(other.author.name)} replied while you were typing.</span><button type="button" class="button small" onClick={() => (startedAt.current = other.seq, change(text))}>I saw it</button></div>}
      {blocked && !picking && <div class="notice blocked" role="status"><PlugZap size={15} aria-hidden="true" /><span class="spring">{blocked}</span>{reach.templates && <button type="button" class="button small main" ref={opener} onClick={() => setChoosing(true)}><LayoutTemplate size={13} aria-hidden="true" />Send a template</button>}{next && <button type="button" class="button small" onClick={() => { chooseWay(ticket, next.connection); box.current?.focus() }}>Reply by {next.name}</button>}</div>}
      {picking && <Templates ticket={ticket} connection={way} by={by} close={() => { setChoosing(false); requestAnimationFrame(() => (opener.current ?? box.current)?.focus()) }} />}
      <div hidden={picking} class={`composer-box ${note ? "note" : ""} ${blocked ? "shut" : ""} ${over ? "drop" : ""}`} onDragOver={(event) => { event.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)} onDrop={(event) => { event.preventDefault(); setOver(false); files.add(event.dataTransfer?.files ?? []) }}>
        <div class="tabs" role="group" aria-label="What to write">
          {(["reply", "note"] as const).map((each) => <button key={each} type="button" class="tab" aria-pressed={writing.value === each} onClick={() => { writing.value = each; box.current?.focus() }}>{each === "reply" ? "Public reply" : <><StickyNote size={13} aria-hidden="true" />Team note</>}</button>)}
          {!note && <span class="where">{reach.overheard && <Overheard />}{reach.claimed && <span class="mark waiting" title="They left this address on the page, and nobody has proven that it is theirs. Write nothing of orders there"><ShieldQuestion size={12} aria-hidden="true" />Not proven</span>}{!blocked && reach.until !== null && <Window until={reach.until} peopleOnly={reach.peopleOnly} />}{ways.length > 1 || by ? <Menu name="way" label={`Reply by ${reach.label || "another channel"}. Choose the channel`} tip={ways.find((each) => each.connection === way)?.why ?? ""} look="way" side="up" button={<Channel name={reach.capability?.channel ?? ticket.channel} />} choices={ways.map((each) => { const Icon = iconOf(each.channel); return { name: each.name, far: each.why, icon: <Icon size={14} aria-hidden="true" />, checked: each.connection === way, run: () => { chooseWay(ticket, each.connection); setChoosing(false); box.current?.focus() } } })} /> : <Channel name={ticket.channel} />}</span>}
        </div>
        {copied && <CopiesFields copies={copies} shut={toBox} />}
        <Files picked={files.picked} drop={files.drop} />
        {slash.at && !blocked && <Replies ticket={ticket} words={slash.at.words} by={by} personal={!reach.overheard && !reach.claimed} note={note} keys={slash.keys} put={fillIn} cut={() => fillIn("")} leave={() => { slash.leave(); box.current?.focus() }} />}
        <textarea ref={box} onPaste={(event) => { const pasted = event.clipboardData?.files; if (pasted?.length) { event.preventDefault(); files.add(pasted) } }} aria-label={note ? "Note" : "Reply"} placeholder={note ? "Tell your team something" : `Reply to ${firstName(ticket.customer_name) || "the visitor"}, or / for a saved one`} value={text} aria-autocomplete="list" onInput={(event) => { change(event.currentTarget.value); slash.look() }} onClick={slash.look} onKeyUp={(event) => { if (/^(Arrow(Left|Right)|Home|End)$/.test(event.key)) slash.look() }} onBlur={(event) => { if (!(event.relatedTarget as HTMLElement | null)?.closest(".slash")) slash.shut() }}
          onKeyDown={(event) => { if (slash.at && slash.keys.current?.(event)) return; if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) { event.preventDefault(); send(event.shiftKey) } else if (event.key.toLowerCase() === "z" && (event.metaKey || event.ctrlKey) && !event.shiftKey && text === "" && mineHeld) { event.preventDefault(); void takeBack(mineHeld) } else if (event.key === "Escape") document.querySelector<HTMLElement>(".log")?.focus({ preventScroll: true }) }} />
        <div class="composer-foot"><FileButton add={files.add} />{copied && <CopiesButton copies={copies} shut={toBox} />}<span class={`tell ${tooLong || unfit || lacking.length ? "count" : ""}`} role="status">{hint}</span>{!note && !isDone(ticket) && <button type="button" class="icon-button" aria-label="Send and resolve" title={`Send and resolve (${modifier} Shift ↵)`} disabled={!sendable} onClick={() => send(true)}><CheckCheck size={17} aria-hidden="true" /></button>}<button type="button" class="button main" disabled={!sendable} onClick={() => send()}>{note ? "Add note" : "Send"}<SendKeys /></button></div>
      </div>
    </div>
  )
}

const isBegun = (draft: string): boolean => keptText(draft) !== "" || filesOf(draft).peek().length > 0

/** A way to be offered: open, and theirs for sure. */
const fits = ({ blocked, claimed, overheard }: Reach): boolean => !blocked && !claimed && !overheard

/** The templates of a connection, in a file of their own that is fetched when they are first wanted. */
function Templates(props: Parameters<typeof import("./templates").TemplatePicker>[0]) {
  const [held, hold] = useState<{ Picker: typeof import("./templates").TemplatePicker } | null>(null)
  useEffect(() => void import("./templates").then(({ TemplatePicker }) => hold({ Picker: TemplatePicker })), [])
  return held ? <held.Picker {...props} /> : <div class="templates loading" role="status">Loading…</div>
}

/** How long the channel still takes free answers, or what people write. */
function Window({ until, peopleOnly }: { until: number; peopleOnly: boolean }) {
  const left = until - now.value
  const end = exact(new Date(until).toISOString())
  if (peopleOnly) return <span class="mark" title={`The time for free answers is over. What a person writes goes out until ${end}`}><Clock size={12} aria-hidden="true" />People only, {lasting(left)} left</span>
  if (left > SOON) return null
  return <span class={`mark ${left < VERY_SOON ? "waiting" : ""}`} title={`Free answers go out until ${end}`}><Clock size={12} aria-hidden="true" />{lasting(left)} left</span>
}
