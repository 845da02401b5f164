import { ArrowDown, ArrowUp, Plus, Timer, Trash2 } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { Policy, Target } from "../../shared/wire"
import { wordsOf } from "../state/api"
import { isAdmin, me, teamName } from "../state/desk"
import { addPolicy, allow, changePolicy, conditionOf, edited, isChanged, loadTargets, movePolicy, promised, removePolicy, saveTargets, setTarget, targetOf, undoTargets, unitOf, unitSeconds, type Kind, type Unit } from "../state/targets"
import { tell } from "../state/tell"
import { Page } from "./page"

const kinds: readonly [Kind, string, string][] = [
  ["first_response", "First answer", "from the first question"],
  ["next_response", "Next answer", "from each later question"],
  ["pickup", "A person after a handoff", "from the handoff"],
  ["resolution", "Resolution", "from opening or reopening"],
]

const priorities = ["urgent", "high", "normal", "low"] as const

const pausing: readonly [NonNullable<Target["pauses"]>[number], string][] = [
  ["customer", "the customer is to answer"],
  ["snoozed", "it is snoozed"],
  ["assistant", "the assistant has it"],
]

export function Targets() {
  useEffect(() => void loadTargets().catch((error: unknown) => tell(wordsOf(error))), [])
  const [wrong, setWrong] = useState("")
  const [busy, setBusy] = useState(false)
  if (promised.value === null) return <Page title="Targets"><p class="quiet" role="status">Loading…</p></Page>
  const save = async (): Promise<void> => {
    setBusy(true)
    setWrong("")
    try {
      await saveTargets()
      tell("Saved. Open tickets are being counted anew.")
    } catch (error) {
      setWrong(wordsOf(error))
    }
    setBusy(false)
  }
  const may = isAdmin.value
  return (
    <Page title="Targets" about="What you promise. The first policy that fits a ticket counts; its clocks run in the hours of the ticket's team or brand, and customers are told the times that follow from it." action={may && <button type="button" class="button" onClick={() => { const id = addPolicy(); requestAnimationFrame(() => document.querySelector<HTMLInputElement>(`[data-policy="${id}"] input`)?.focus()) }}><Plus size={15} aria-hidden="true" />Add a policy</button>}>
      {edited.value.length === 0 && <div class="empty"><Timer size={28} aria-hidden="true" /><h2>Nothing is promised</h2><p>Without a policy no clock runs, and nothing is ever late.</p></div>}
      <fieldset class="targets" disabled={!may}>
        {edited.value.map((policy, at) => <One key={policy.id} policy={policy} at={at} of={edited.value.length} />)}
      </fieldset>
      {may && isChanged() && (
        <div class="save-bar">
          {wrong ? <p class="outcome red" role="alert">{wrong}</p> : <p class="quiet">Not saved yet.</p>}
          <span class="spring" />
          <button type="button" class="button" onClick={() => { setWrong(""); undoTargets() }}>Undo</button>
          <button type="button" class="button main" disabled={busy} onClick={() => void save()}>Save targets</button>
        </div>
      )}
    </Page>
  )
}

function One({ policy, at, of }: { policy: Policy; at: number; of: number }) {
  const named = policy.name || "New policy"
  const kept = (policy.conditions ?? []).filter((each) => each.unless || !["channel", "priority", "tag", "team"].includes(each.field))
  const teams = me.value?.teams ?? []
  return (
    <section class={`step policy ${policy.enabled === false ? "later" : ""}`} data-policy={policy.id} aria-label={named}>
      <header>
        <span class="num" aria-hidden="true">{at + 1}</span>
        <input class="name" aria-label="Name of the policy" placeholder="Name, such as Chat" maxLength={80} value={policy.name} onInput={(event) => changePolicy(policy.id, { name: event.currentTarget.value })} />
        <button type="button" class="icon-button" aria-label={`Move ${named} up`} disabled={at === 0} onClick={() => movePolicy(policy.id, -1)}><ArrowUp size={15} aria-hidden="true" /></button>
        <button type="button" class="icon-button" aria-label={`Move ${named} down`} disabled={at === of - 1} onClick={() => movePolicy(policy.id, 1)}><ArrowDown size={15} aria-hidden="true" /></button>
        <button type="button" class="icon-button" aria-label={`Remove ${named}`} onClick={() => removePolicy(policy.id)}><Trash2 size={15} aria-hidden="true" /></button>
      </header>
      <div class="for">
        <Chips label="Channels" every="Every channel" all={Object.entries(me.value?.channels ?? {})} on={conditionOf(policy, "channel")?.any_of ?? []} set={(values) => allow(policy, "channel", values)} />
        <Chips label="Priorities" every="Every priority" all={priorities.map((each) => [each, each[0]!.toUpperCase() + each.slice(1)])} on={conditionOf(policy, "priority")?.any_of ?? []} set={(values) => allow(policy, "priority", values)} />
        {teams.length > 0 && <Chips label="Teams" every="Every team" all={teams.map((each) => [each.id, teamName(each.id)])} on={conditionOf(policy, "team")?.any_of ?? []} set={(values) => allow(policy, "team", values)} />}
        <label class="tags-of"><span>Tags</span><input placeholder="Any" value={(conditionOf(policy, "tag")?.any_of ?? []).join(", ")} onChange={(event) => allow(policy, "tag", event.currentTarget.value.toLowerCase().split(",").map((each) => each.trim()).filter(Boolean))} /></label>
        {kept.map((each) => <span class="mark" key={each.field + each.any_of.join()}>{each.field}{each.unless ? " is not " : " is "}{each.any_of.join(", ")}</span>)}
      </div>
      <div class="figures">
        {kinds.map(([kind, label, from]) => <Figure key={kind} policy={policy} kind={kind} label={label} from={from} />)}
      </div>
    </section>
  )
}

function Chips({ label, every, all, on, set }: { label: string; every: string; all: readonly (readonly [string, string])[]; on: readonly string[]; set: (values: readonly string[]) => void }) {
  const [open, setOpen] = useState(false)
  const shown = open ? all : all.filter(([value]) => on.includes(value))
  return (
    <div class="chips" role="group" aria-label={label}>
      <span>{label}</span>
      {shown.length === 0 && <span class="mark">{every}</span>}
      {shown.map(([value, name]) => <button key={value} type="button" class="chip" aria-pressed={on.includes(value)} onClick={() => set(on.includes(value) ? on.filter((each) => each !== value) : [...on, value])}>{name}</button>)}
      <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Done" : "Choose"}</button>
    </div>
  )
}

function Figure({ policy, kind, label, from }: { policy: Policy; kind: Kind; label: string; from: string }) {
  const target = targetOf(policy, kind)
  const always = target?.hours === "always"
  return (
    <div class="figure">
      <label class="what"><span><input type="checkbox" checked={target !== undefined} onChange={(event) => setTarget(policy, kind, event.currentTarget.checked ? {} : null)} /> {label}</span><small class="quiet">{from}</small></label>
      {target && (
        <div class="how">
          <Length label={`${label}: within`} seconds={target.seconds} set={(seconds) => setTarget(policy, kind, { seconds })} />
          <select aria-label={`${label}: counted in`} value={always ? "always" : "open"} onChange={(event) => setTarget(policy, kind, event.currentTarget.value === "always" ? { hours: "always", overnight_seconds: null } : { hours: "open" })}><option value="open">of open hours</option><option value="always">around the clock</option></select>
          <details class="finer">
            <summary>{finer(target)}</summary>
            <div class="how">
              {!always && <label class="night"><input type="checkbox" checked={target.overnight_seconds != null} onChange={(event) => setTarget(policy, kind, { overnight_seconds: event.currentTarget.checked ? target.seconds * 2 : null })} /> What comes while you are shut has, around the clock,</label>}
              {!always && target.overnight_seconds != null && <Length label={`${label}: while shut, within`} seconds={target.overnight_seconds} set={(overnight_seconds) => setTarget(policy, kind, { overnight_seconds })} />}
              <fieldset class="pauses"><legend>Paused while</legend>{pausing.map(([pause, words]) => <label key={pause}><input type="checkbox" checked={target.pauses?.includes(pause) ?? false} onChange={(event) => setTarget(policy, kind, { pauses: event.currentTarget.checked ? [...(target.pauses ?? []), pause] : (target.pauses ?? []).filter((each) => each !== pause) })} /> {words}</label>)}</fieldset>
            </div>
          </details>
        </div>
      )}
    </div>
  )
}

/** What else holds for a figure, in a line. */
function finer(target: Target): string {
  const stands = pausing.filter(([pause]) => target.pauses?.includes(pause)).map(([, words]) => words)
  const night = target.hours !== "always" && target.overnight_seconds != null ? `${amountOf(target.overnight_seconds)} for what comes while you are shut` : ""
  return [night, stands.length ? `paused while ${stands.join(" or ")}` : "never paused"].filter(Boolean).join("; ")
}

function amountOf(seconds: number): string {
  const unit = unitOf(seconds)
  return `${seconds / unitSeconds[unit]} ${unit}`
}

function Length({ label, seconds, set }: { label: string; seconds: number; set: (seconds: number) => void }) {
  const [unit, setUnit] = useState<Unit>(unitOf(seconds))
  const put = (amount: number, of: Unit): void => {
    if (Number.isFinite(amount) && amount > 0) set(Math.round(amount * unitSeconds[of]))
  }
  const amount = Math.round((seconds / unitSeconds[unit]) * 100) / 100
  return (
    <span class="length">
      <input type="number" min="1" step="any" required aria-label={label} value={amount} onInput={(event) => put(Number(event.currentTarget.value), unit)} />
      <select aria-label={`${label}, unit`} value={unit} onChange={(event) => { const of = event.currentTarget.value as Unit; setUnit(of); put(amount, of) }}><option value="s">seconds</option><option value="min">minutes</option><option value="h">hours</option></select>
    </span>
  )
}
