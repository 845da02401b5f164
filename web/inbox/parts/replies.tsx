import { ListChecks, MessageSquareQuote, Settings2 } from "lucide-preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Facts, SavedReply } from "../../shared/wire"
import { wordsOf } from "../state/api"
import { ago, exact } from "../state/clock"
import { marks } from "../state/filling"
import type { Ticket } from "../state/model"
import { countUse, filled, found, isMacro, languageOf, loadFacts, loadReplies, replies, stepWords, textIn, tongue, usable } from "../state/replies"
import { follow } from "../state/router"
import { Running } from "./macro"
import type { Keys } from "./slash"

const SETTINGS = "/settings/replies"

/** Saved replies and macros that the words after a slash fit: a listbox whose keys come from the box (WAI-ARIA APG, combobox). */
export function Replies({ ticket, words, by, personal, note, keys, put, cut, leave }: { ticket: Ticket; words: string; by: string | null; personal: boolean; note: boolean; keys: Keys; put: (text: string) => void; cut: () => void; leave: () => void }) {
  const [facts, setFacts] = useState<Facts | null>(null)
  const [problem, setProblem] = useState("")
  const [at, setAt] = useState(0)
  const [language, setLanguage] = useState("")
  const [running, run] = useState<SavedReply | null>(null)
  useEffect(() => {
    Promise.all([loadReplies(), loadFacts(ticket).then(setFacts)]).catch((error: unknown) => setProblem(wordsOf(error)))
  }, [ticket.id])
  const all = useMemo(() => found(usable.value, words), [usable.value, words])
  const here = all[Math.min(at, all.length - 1)]
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => setAt(0), [words])
  useEffect(() => setLanguage(""), [here?.id])
  useEffect(() => {
    if (here) document.getElementById(`saved-${here.id}`)?.scrollIntoView({ block: "nearest" })
  }, [here?.id])
  /** Enter came before what it chooses was read. */
  const [soon, setSoon] = useState(false)
  useEffect(() => setSoon(false), [words])
  const none = all.length === 0 && replies.value !== null
  useEffect(() => {
    if (none && /\s/.test(words)) leave()
  }, [none, words])
  const choose = (reply: SavedReply): void => {
    if (isMacro(reply)) return run(reply)
    const text = textIn(reply, language || languageOf(ticket))
    if (!text) return
    if (facts === null) return setSoon(!problem)
    countUse(reply)
    put(filled(text, facts, personal))
  }
  useEffect(() => {
    if (soon && here && (facts !== null || isMacro(here))) choose(here)
  }, [soon, here?.id, facts])
  keys.current = (event) => {
    if (event.isComposing || running) return false
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === "Escape") leave()
    else if (step && all.length) setAt((Math.min(at, all.length - 1) + step + all.length) % all.length)
    else if ((event.key === "Enter" || event.key === "Tab") && (here || (replies.value === null && !problem)) && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      if (here) choose(here)
      else setSoon(true)
    }
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  useEffect(() => () => void (keys.current = null), [])
  const box = list.current?.closest(".composer")?.querySelector("textarea")
  useEffect(() => {
    if (!box || !here || running) return
    box.setAttribute("aria-controls", "saved")
    box.setAttribute("aria-activedescendant", `saved-${here.id}`)
    return () => ["aria-controls", "aria-activedescendant"].forEach((name) => box.removeAttribute(name))
  }, [box, here?.id, running])
  if (running) return <div class="slash running"><Running ticket={ticket} macro={running} by={by} personal={personal} done={cut} leave={leave} /></div>
  return (
    <div class="slash" ref={list} onMouseDown={(event) => event.preventDefault()}>
      {problem && <p class="slash-problem" role="alert">{problem}</p>}
      <div id="saved" class="slash-list" role="listbox" aria-label="Saved replies and macros" tabIndex={-1}>
        {all.map((each, index) => {
          const text = textIn(each, languageOf(ticket))
          const Icon = isMacro(each) ? ListChecks : MessageSquareQuote
          return (
            <div key={each.id} id={`saved-${each.id}`} role="option" aria-selected={each === here} onPointerMove={() => setAt(index)} onClick={() => choose(each)}>
              <Icon size={15} aria-hidden="true" />
              <span class="cut"><b dir="auto">{each.title}</b>{isMacro(each) && <span class="unseen">, macro</span>}</span>
              {each.shortcut && <kbd>/{each.shortcut}</kbd>}
              <small class="cut" dir="auto">{isMacro(each) ? each.steps.map(stepWords).join(" · ") : text?.middle}</small>
            </div>
          )
        })}
        {replies.value === null && !problem && <p class="quiet" role="status">Loading…</p>}
        {none && <p class="quiet" role="status">{words ? "No saved reply has these words." : "No saved replies yet."}</p>}
      </div>
      {here && <Preview key={here.id} reply={here} facts={facts} personal={personal} note={note} language={language || languageOf(ticket)} choose={setLanguage} />}
      <footer><span><kbd>↑</kbd><kbd>↓</kbd> choose</span><span><kbd>↵</kbd> {here && isMacro(here) ? "see what it does" : "put it in"}</span><span><kbd>Esc</kbd> leave</span><a href={SETTINGS} onClick={(event) => follow(event, SETTINGS)}><Settings2 size={13} aria-hidden="true" />Manage</a></footer>
      <p class="unseen" role="status">{all.length === 1 ? "1 match" : `${all.length} matches`}</p>
    </div>
  )
}

function Preview({ reply, facts, personal, note, language, choose }: { reply: SavedReply; facts: Facts | null; personal: boolean; note: boolean; language: string; choose: (language: string) => void }) {
  const text = textIn(reply, language)
  const said = text ? filled(text, facts, personal) : ""
  return (
    <div class="slash-preview">
      {reply.texts.length > 1 && <div class="tongues" role="group" aria-label="Language">{reply.texts.map((each) => <button key={each.language} type="button" class="chip" aria-pressed={each.language === text?.language} onClick={() => choose(each.language)}>{tongue(each.language)}</button>)}</div>}
      {text && <Marked text={said} language={text.language} />}
      {isMacro(reply) && <ol class="steps-told">{reply.steps.map((step, at) => <li key={at}>{stepWords(step)}</li>)}</ol>}
      <p class="quiet">{facts && !note && marks(said).length > 0 && <span class="lacks">Not known here: {marks(said).join(", ")}. </span>}{usedWords(reply)}</p>
    </div>
  )
}

/** A text whose marks stand out. */
export function Marked({ text, language }: { text: string; language: string }) {
  return <div class="marked" dir="auto" lang={language}>{text.split(/(⟦[^⟦⟧]*⟧)/).map((part, at) => (at % 2 ? <mark key={at}>{part}</mark> : part))}</div>
}

export const usedWords = ({ used, last_used_at }: SavedReply): preact.ComponentChildren => (used === 0 ? "Not used yet" : <>Used {used === 1 ? "once" : `${used.toLocaleString()} times`}{last_used_at && <>, last <time dateTime={last_used_at} title={exact(last_used_at)}>{ago(last_used_at)}</time></>}</>)
