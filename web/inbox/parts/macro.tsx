import { Check, Minus, Search, X } from "lucide-preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Facts, MacroRun, SavedReply } from "../../shared/wire"
import { Refused, wordsOf } from "../state/api"
import { sheet } from "../state/commands"
import { conversations, openTicket } from "../state/desk"
import { fill, marks } from "../state/filling"
import type { Ticket } from "../state/model"
import { reachOf } from "../state/reach"
import { filled, found, known, languageOf, loadFacts, loadReplies, macros, newRun, replies, runMacro, stepWords, textIn, tongue, type Step } from "../state/replies"
import { wayOf } from "../state/send"
import { tell } from "../state/tell"
import { Marked, usedWords } from "./replies"
import { Dialog } from "./sheets"

/** What a macro will do, step by step, then doing it: all in one request, up to the first step that is refused. */
export function Running({ ticket, macro, by, personal, done, leave }: { ticket: Ticket; macro: SavedReply; by: string | null; personal: boolean; done: () => void; leave: () => void }) {
  const [facts, setFacts] = useState<Facts | null>(null)
  const [problem, setProblem] = useState("")
  const [run, setRun] = useState<MacroRun | null>(null)
  const [busy, setBusy] = useState(false)
  const [language, setLanguage] = useState(languageOf(ticket))
  const ids = useMemo(newRun, [])
  const go = useRef<HTMLButtonElement>(null)
  useEffect(() => void loadFacts(ticket).then(setFacts, (error: unknown) => setProblem(wordsOf(error))), [ticket.id])
  useEffect(() => go.current?.focus(), [facts !== null])
  const text = textIn(macro, language)
  const said = text && facts ? filled(text, facts, personal) : ""
  const lacks = macro.steps.some((step) => step.do === "reply") ? marks(said) : []
  const act = async (): Promise<void> => {
    setBusy(true)
    setProblem("")
    try {
      const came = await runMacro(ticket, macro, text?.language ?? language, ids, by)
      if (came.stopped) setRun(came)
      else {
        tell(`${macro.title}: done.`)
        done()
      }
    } catch (error) {
      setProblem(error instanceof Refused && error.problem.type === "changed" ? "Somebody changed this macro just now. Leave it, and look at it again." : wordsOf(error))
    }
    setBusy(false)
  }
  return (
    <section class="macro" aria-label={`Macro ${macro.title}`} onKeyDown={(event) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); leave() } }}>
      <header><h2 class="cut" dir="auto">{macro.title}</h2><span class="quiet">#{ticket.number}</span></header>
      {macro.texts.length > 1 && run === null && <div class="tongues" role="group" aria-label="Language">{macro.texts.map((each) => <button key={each.language} type="button" class="chip" aria-pressed={each.language === text?.language} onClick={() => setLanguage(each.language)}>{tongue(each.language)}</button>)}</div>}
      <ol class="macro-steps" tabIndex={0} aria-label="What it does, in this order">
        {macro.steps.map((step, at) => <Told key={at} step={step} at={at} run={run} said={said} language={text?.language ?? "en"} facts={facts} personal={personal} />)}
      </ol>
      {lacks.length > 0 && run === null && <p class="slash-problem" role="alert">Not known here: {lacks.join(", ")}. Put the text into an answer and write it yourself.</p>}
      {problem && <p class="slash-problem" role="alert">{problem}</p>}
      <footer>
        <span class="quiet">{run ? `Stopped at step ${run.stopped!.step + 1}. Nothing after it was done.` : facts === null && !problem ? "Looking up what is known…" : macro.steps.some((step) => step.do === "reply") && ticket.control === "assistant" ? "Replying takes over from the assistant." : ""}</span>
        <button type="button" class="button" onClick={leave}>{run ? "Close" : "Leave it"}</button>
        {run === null && <button ref={go} type="button" class="button main" disabled={busy || facts === null || lacks.length > 0} onClick={() => void act()}>{macro.steps.length === 1 ? "Do it" : `Do these ${macro.steps.length} steps`}</button>}
      </footer>
    </section>
  )
}

function Told({ step, at, run, said, language, facts, personal }: { step: Step; at: number; run: MacroRun | null; said: string; language: string; facts: Facts | null; personal: boolean }) {
  const state = run === null ? "" : at < run.done ? "done" : at === run.stopped?.step ? "refused" : "not"
  const words = step.do === "reply" ? said : step.do === "note" ? fill(step.text, known(facts, "en", personal)) : ""
  return (
    <li class={state}>
      <span class="num" aria-hidden="true">{state === "done" ? <Check size={13} /> : state === "refused" ? <X size={13} /> : state === "not" ? <Minus size={13} /> : at + 1}</span>
      <div><b>{stepWords(step)}</b>{state && <span class="outcome-word">{{ done: "done", refused: "refused", not: "not done" }[state]}</span>}
        {state === "refused" && <p class="lacks" role="alert">{run!.stopped!.title.replace(/[.!]$/, "")}{run!.stopped!.detail ? `. ${run!.stopped!.detail}` : ""}</p>}
        {words && <Marked text={words} language={step.do === "reply" ? language : "en"} />}
      </div>
    </li>
  )
}

/** The macros by a few letters, and then what the chosen one does. */
export function MacroSheet({ chosen }: { chosen: string | null }) {
  const [words, setWords] = useState("")
  const [at, setAt] = useState(0)
  const [id, setId] = useState(chosen)
  const ticket = openTicket.value
  useEffect(() => void loadReplies().catch((error: unknown) => tell(wordsOf(error))), [])
  const all = found(macros.value, words)
  const here = all[Math.min(at, all.length - 1)]
  const shut = (): void => void (sheet.value = null)
  const macro = macros.value.find((each) => each.id === id)
  if (!ticket) return null
  const talk = conversations.get(ticket.thread_id)
  const way = wayOf(ticket)
  const reach = talk && reachOf(ticket, talk, way)
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && all.length) setAt((Math.min(at, all.length - 1) + step + all.length) % all.length)
    else if (event.key === "Enter" && here && !event.isComposing) setId(here.id)
    else return
    event.preventDefault()
  }
  return (
    <Dialog title={macro ? "Run a macro" : "Macros"}>
      {macro ? <Running ticket={ticket} macro={macro} by={way === ticket.connection_id ? null : way} personal={!reach?.overheard && !reach?.claimed} done={shut} leave={shut} /> : (
        <div class="palette">
          <label class="macro-search"><Search size={14} aria-hidden="true" /><input autofocus type="text" role="combobox" aria-label="Find a macro" aria-expanded="true" aria-controls="macros" aria-autocomplete="list" {...(here ? { "aria-activedescendant": `macro-${here.id}` } : {})} autocomplete="off" placeholder="Find a macro" value={words} onInput={(event) => { setWords(event.currentTarget.value); setAt(0) }} onKeyDown={onKeyDown} /></label>
          <div id="macros" role="listbox" aria-label="Macros">
            {all.map((each, index) => <div key={each.id} id={`macro-${each.id}`} role="option" aria-selected={each === here} onPointerMove={() => setAt(index)} onClick={() => setId(each.id)}><span class="cut"><b>{each.title}</b> <span class="quiet">{each.steps.map(stepWords).join(" · ")}</span></span><span class="keys quiet">{usedWords(each)}</span></div>)}
          </div>
          {all.length === 0 && <p class="quiet" role="status">{replies.value === null ? "Loading…" : words ? "No macro has these words." : "No macros yet. Make one in Settings, Saved replies."}</p>}
        </div>
      )}
    </Dialog>
  )
}
