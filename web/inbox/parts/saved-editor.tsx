import { ArrowDown, ArrowUp, Plus, Trash2, X } from "lucide-preact"
import { useRef, useState } from "preact/hooks"
import type { ReplyText, SavedDraft, SavedReply } from "../../shared/wire"
import { wordsOf } from "../state/api"
import { agentsToChoose } from "../state/commands"
import { canWrite, me, nameOf } from "../state/desk"
import { fill, names } from "../state/filling"
import { dropReply, keepReply, mayChange, stepWords, tongue, visibilityWords, wholeText, type Step } from "../state/replies"
import { go } from "../state/router"
import { tell } from "../state/tell"
import { Page } from "./page"
import { Marked, usedWords } from "./replies"

const LIST = "/settings/replies"
const LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt", "da", "sv", "pl", "ja", "ar"]
const MIDDLE = 4_000
const WRAPPER = 500

/** What placeholders say in the preview, as for a customer of whom all is known. */
const EXAMPLE: Record<string, string> = { "customer.first_name": "Mia", "ticket.number": "#1042", "order.number": "WF-10234", "order.state": "in transit", "product.title": "Fell jumper", "promise.time": "16:00" }

const NEW_STEPS: readonly [string, Step][] = [
  ["Send the reply", { do: "reply" }],
  ["Add a note", { do: "note", text: "" }],
  ["Tags", { do: "tag", add: [], remove: [] }],
  ["Assign", { do: "assign", to_me: true }],
  ["Priority", { do: "priority", priority: "high" }],
  ["Snooze", { do: "snooze", hours: 24 }],
  ["Resolve", { do: "resolve" }],
]

const begun = (macro: boolean): SavedDraft => ({ title: "", shortcut: "", texts: macro ? [] : [{ language: "en", opening: "Hello {{customer.first_name|there}},", middle: "", close: "{{agent.first_name}}" }], steps: macro ? [{ do: "tag", add: [], remove: [] }, { do: "resolve" }] : [], visibility: "me", team_id: null })

const draftOf = ({ title, shortcut, texts, steps, visibility, team_id }: SavedReply): SavedDraft => ({ title, shortcut, texts, steps, visibility, team_id })

/** One saved reply or macro, written, with how it will read beside it. */
export function Editor({ known, macro }: { known: SavedReply | null; macro: boolean }) {
  const [draft, setDraft] = useState<SavedDraft>(() => (known ? draftOf(known) : begun(macro)))
  const [at, setAt] = useState(0)
  const [wrong, setWrong] = useState("")
  const [busy, setBusy] = useState(false)
  const [leaving, leave] = useState(false)
  const may = known ? mayChange(known) : canWrite.value
  const change = (changes: Partial<SavedDraft>): void => setDraft({ ...draft, ...changes })
  const texts = draft.texts ?? []
  const steps = draft.steps ?? []
  const text = texts[Math.min(at, texts.length - 1)]
  const setText = (changes: Partial<ReplyText>): void => change({ texts: texts.map((each) => (each === text ? { ...each, ...changes } : each)) })
  const teams = (me.value?.teams ?? []).filter((each) => me.value?.agent.role === "admin" || me.value?.agent.teams.includes(each.id) || each.id === draft.team_id)
  const what = macro ? "macro" : "saved reply"
  const save = async (): Promise<void> => {
    setBusy(true)
    setWrong("")
    try {
      await keepReply(known?.id ?? null, draft, known?.version ?? 0)
      tell("Saved.")
      go(LIST)
    } catch (error) {
      setWrong(wordsOf(error))
    }
    setBusy(false)
  }
  const remove = async (): Promise<void> => {
    try {
      await dropReply(known!.id)
      tell(`${known!.title} is removed.`)
      go(LIST)
    } catch (error) {
      setWrong(wordsOf(error))
    }
  }
  const copy = async (): Promise<void> => {
    try {
      go(`${LIST}/${(await keepReply(null, { ...draft, title: `${draft.title.slice(0, 70)} (copy)`, shortcut: "", visibility: "me", team_id: null }, 0)).id}`)
    } catch (error) {
      setWrong(wordsOf(error))
    }
  }
  const example = { ...EXAMPLE, "agent.first_name": me.value?.agent.name.split(" ")[0] ?? "", "shop.name": me.value?.brands[0]?.name ?? "" }
  return (
    <Page title={known ? known.title : `New ${what}`} back={{ path: LIST, name: "the saved replies" }}>
      {known && <p class="about">{usedWords(known)}. Written by {known.owner_id === me.value?.agent.id ? "you" : nameOf(known.owner_id)}.{!may && " You can use it, and save a copy."}</p>}
      <form class="saved-form" onSubmit={(event) => { event.preventDefault(); void save() }}>
        <fieldset disabled={!may}>
          <div class="saved-head">
            <label class="field"><span>Title</span><input required maxLength={80} value={draft.title} placeholder={macro ? "Parcel is late, and wait" : "Parcel is late"} autofocus={known === null} onInput={(event) => change({ title: event.currentTarget.value })} /></label>
            <label class="field short"><span>Shortcut</span><input maxLength={33} value={draft.shortcut} placeholder="late" pattern="/?[\w\-]{1,32}" title="One word of letters, digits and -" onInput={(event) => change({ shortcut: event.currentTarget.value })} /></label>
            <label class="field"><span>Who sees it</span><select value={draft.visibility === "team" ? (draft.team_id ?? "") : draft.visibility} onChange={(event) => { const value = event.currentTarget.value; change(value === "me" || value === "all" ? { visibility: value, team_id: null } : { visibility: "team", team_id: value }) }}><option value="me">Only you</option>{teams.map((each) => <option key={each.id} value={each.id}>{visibilityWords({ visibility: "team", team_id: each.id })}</option>)}<option value="all">Everybody</option></select></label>
          </div>
          {macro && <Steps steps={steps} set={(next) => change({ steps: [...next], texts: next.some((each) => each.do === "reply") ? (texts.length ? texts : (begun(false).texts ?? [])) : [] })} />}
          {texts.length > 0 && (
            <section class="step saved-text" aria-label="Text">
              <div class="tongues" role="group" aria-label="Language">
                {texts.map((each, place) => <button key={each.language} type="button" class="chip" aria-pressed={each === text} onClick={() => setAt(place)}>{tongue(each.language)}</button>)}
                <select class="add-tongue" aria-label="Add a language" value="" onChange={(event) => { change({ texts: [...texts, { language: event.currentTarget.value, opening: "", middle: "", close: text?.close ?? "" }] }); setAt(texts.length) }}><option value="">Add a language</option>{LANGUAGES.filter((code) => !texts.some((each) => each.language === code)).map((code) => <option key={code} value={code}>{tongue(code)}</option>)}</select>
                {texts.length > 1 && <button type="button" class="icon-button" aria-label={`Take out ${tongue(text!.language)}`} onClick={() => { change({ texts: texts.filter((each) => each !== text) }); setAt(0) }}><Trash2 size={15} aria-hidden="true" /></button>}
              </div>
              <div class="saved-sides">
                <div class="saved-parts">
                  <Part label="Opening" hint="A greeting, and something that is only about them" most={WRAPPER} rows={2} value={text!.opening ?? ""} set={(opening) => setText({ opening })} />
                  <Part label="Middle" hint="What is always said. It stays word for word" most={MIDDLE} rows={7} value={text!.middle} set={(middle) => setText({ middle })} required />
                  <Part label="Close" hint="A personal end" most={WRAPPER} rows={2} value={text!.close ?? ""} set={(close) => setText({ close })} />
                </div>
                <div class="saved-preview" role="region" aria-label="Preview"><h2>How it reads</h2><div class="bubble">{text!.middle.trim() ? <Marked text={fill(wholeText(text!), example)} language={text!.language} /> : <span class="quiet">Write the middle to see it here.</span>}</div></div>
              </div>
            </section>
          )}
        </fieldset>
        {wrong && <p class="outcome red" role="alert">{wrong}</p>}
        <div class="saved-actions">
          {known && may && (leaving ? <><span class="quiet">Remove it for good?</span><button type="button" class="button" onClick={() => leave(false)}>Keep it</button><button type="button" class="button red" onClick={() => void remove()}>Remove</button></> : <button type="button" class="button bare" onClick={() => leave(true)}><Trash2 size={15} aria-hidden="true" />Remove</button>)}
          <span class="spring" />
          {known && canWrite.value && <button type="button" class="button" onClick={() => void copy()}>Save a copy</button>}
          {may && <button class="button main" disabled={busy}>Save {what}</button>}
        </div>
      </form>
    </Page>
  )
}

/** One part of a text, with the placeholders that can be put where the caret stands. */
function Part({ label, hint, most, rows, value, set, required = false }: { label: string; hint: string; most: number; rows: number; value: string; set: (value: string) => void; required?: boolean }) {
  const area = useRef<HTMLTextAreaElement>(null)
  const put = (name: string): void => {
    const { selectionStart, selectionEnd } = area.current!
    const written = `{{${name}}}`
    set(value.slice(0, selectionStart) + written + value.slice(selectionEnd))
    requestAnimationFrame(() => {
      area.current?.focus()
      area.current?.setSelectionRange(selectionStart + written.length, selectionStart + written.length)
    })
  }
  return (
    <div class="field part">
      <span><label>{label} <small class="quiet">{hint}</small><textarea ref={area} rows={rows} maxLength={most} required={required} dir="auto" value={value} onInput={(event) => set(event.currentTarget.value)} /></label></span>
      <div class="part-foot"><select aria-label={`${label}: put in a placeholder`} value="" onChange={(event) => { put(event.currentTarget.value); event.currentTarget.value = "" }}><option value="">Placeholder</option>{Object.entries(names).map(([name, words]) => <option key={name} value={name}>{words[0]!.toUpperCase() + words.slice(1)}</option>)}</select>{value.length > most * 0.8 && <small class="quiet">{(most - value.length).toLocaleString()} left</small>}</div>
    </div>
  )
}

function Steps({ steps, set }: { steps: readonly Step[]; set: (steps: readonly Step[]) => void }) {
  const put = (at: number, step: Step): void => set(steps.map((each, place) => (place === at ? step : each)))
  const move = (at: number, by: -1 | 1): void => {
    const next = [...steps]
    next.splice(at + by, 0, ...next.splice(at, 1))
    set(next)
  }
  const once = new Set(["reply", "note", "resolve"].filter((kind) => steps.some((each) => each.do === kind)))
  return (
    <section class="step saved-steps" aria-label="Steps">
      <h2>Steps, in this order</h2>
      <ol>
        {steps.map((step, at) => (
          <li key={at} aria-label={`Step ${at + 1}: ${stepWords(step) || "tags"}`}>
            <span class="num" aria-hidden="true">{at + 1}</span>
            <div class="step-what"><StepFields step={step} set={(next) => put(at, next)} /></div>
            <button type="button" class="icon-button" aria-label={`Move step ${at + 1} up`} disabled={at === 0} onClick={() => move(at, -1)}><ArrowUp size={15} aria-hidden="true" /></button>
            <button type="button" class="icon-button" aria-label={`Move step ${at + 1} down`} disabled={at === steps.length - 1} onClick={() => move(at, 1)}><ArrowDown size={15} aria-hidden="true" /></button>
            <button type="button" class="icon-button" aria-label={`Take out step ${at + 1}`} onClick={() => set(steps.filter((_, place) => place !== at))}><X size={15} aria-hidden="true" /></button>
          </li>
        ))}
      </ol>
      {steps.length < 10 && <label class="add-step"><Plus size={15} aria-hidden="true" /><select aria-label="Add a step" value="" onChange={(event) => { const found = NEW_STEPS[Number(event.currentTarget.value)]; if (found) set([...steps, found[1]]); event.currentTarget.value = "" }}><option value="">Add a step</option>{NEW_STEPS.map(([name, step], place) => !once.has(step.do) && <option key={name} value={place}>{name}</option>)}</select></label>}
    </section>
  )
}

const tagsOf = (text: string): string[] => text.toLowerCase().split(",").map((each) => each.trim()).filter(Boolean)

function StepFields({ step, set }: { step: Step; set: (step: Step) => void }) {
  if (step.do === "note") return <label class="wide">Note<textarea rows={2} required maxLength={MIDDLE} value={step.text} placeholder="For the team" onInput={(event) => set({ ...step, text: event.currentTarget.value })} /></label>
  if (step.do === "tag") return <><label>Add tags<input value={(step.add ?? []).join(", ")} placeholder="late, nordpost" onChange={(event) => set({ ...step, add: tagsOf(event.currentTarget.value) })} /></label><label>Take off<input value={(step.remove ?? []).join(", ")} placeholder="new" onChange={(event) => set({ ...step, remove: tagsOf(event.currentTarget.value) })} /></label></>
  if (step.do === "assign") {
    const value = step.to_me ? "me" : step.agent_id ? `agent ${step.agent_id}` : step.team_id ? `team ${step.team_id}` : "nobody"
    return <label>Assign to<select value={value} onChange={(event) => { const [kind, id] = event.currentTarget.value.split(" "); set({ do: "assign", to_me: kind === "me", agent_id: kind === "agent" ? id! : null, team_id: kind === "team" ? id! : null }) }}><option value="me">Whoever runs it</option><option value="nobody">Nobody</option>{(me.value?.teams ?? []).map((each) => <option key={each.id} value={`team ${each.id}`}>{each.name}</option>)}{agentsToChoose().map((each) => <option key={each.id} value={`agent ${each.id}`}>{each.name}</option>)}</select></label>
  }
  if (step.do === "priority") return <label>Priority<select value={step.priority} onChange={(event) => set({ do: "priority", priority: event.currentTarget.value as typeof step.priority })}>{["urgent", "high", "normal", "low"].map((each) => <option key={each} value={each}>{each[0]!.toUpperCase() + each.slice(1)}</option>)}</select></label>
  if (step.do === "snooze") return <label>Snooze for<span class="hours"><input type="number" min="1" max="2160" required value={step.hours} onInput={(event) => { const hours = Math.round(Number(event.currentTarget.value)); if (hours > 0) set({ do: "snooze", hours }) }} /> hours</span></label>
  return <b>{step.do === "reply" ? "Send the reply below" : stepWords(step)}</b>
}
