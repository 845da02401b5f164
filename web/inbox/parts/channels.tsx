import { Check, ChevronRight, CircleAlert, CircleCheck, CircleDashed, CirclePause, Copy, LoaderCircle, PlugZap, Plus, RefreshCw, TriangleAlert } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { ChannelKind, ConnectionShown, Field as FormField } from "../../shared/wire"
import { wordsOf } from "../state/api"
import { change, checkNow, connect, kindOf, kinds, loadChannels, made, shown, newSigning } from "../state/channels"
import { ago, exact } from "../state/clock"
import { capabilityOf, connections, isAdmin } from "../state/desk"
import { guideOf } from "../state/guides"
import { follow, go, settingsKey } from "../state/router"
import { tell } from "../state/tell"
import { Page } from "./page"
import { Channel, iconOf } from "./small"

const HOME = "/settings/channels/"
const back = { path: HOME, name: "channels" }
const LOOK_EVERY = 3_000

export function Channels() {
  useEffect(() => {
    if (isAdmin.value) void loadChannels().catch((error: unknown) => tell(wordsOf(error)))
  }, [isAdmin.value])
  const key = settingsKey.value
  if (!isAdmin.value) return <Page title="Channels"><div class="empty"><PlugZap size={28} aria-hidden="true" /><h2>For admins</h2><p>An admin connects channels. Ask one when something needs reconnecting.</p></div></Page>
  if (shown.value === null) return <Page title="Channels"><p class="quiet" role="status">Loading…</p></Page>
  if (key === "new") return <Choose />
  if (key.startsWith("new/")) return <Enter key={key} kind={kindOf(key.slice(4))} />
  const one = shown.value.find((each) => each.connection.id === key)
  return one ? <One key={key} one={one} /> : <All />
}

/** A connection as events tell of it, over what was loaded. */
const fresh = (one: ConnectionShown): ConnectionShown["connection"] => ({ ...one.connection, ...connections.value.get(one.connection.id) })

const isOpen = (one: ConnectionShown): boolean => one.kept.length > 0 || capabilityOf(one.connection.channel)?.live === true

export function Health({ one }: { one: ConnectionShown }) {
  const { health } = fresh(one)
  if (!isOpen(one)) return <span class="mark"><CircleDashed size={12} aria-hidden="true" />Not connected</span>
  if (health === "ok") return <span class="mark mine"><CircleCheck size={12} aria-hidden="true" />Working</span>
  if (health === "degraded") return <span class="mark waiting"><TriangleAlert size={12} aria-hidden="true" />Unsteady</span>
  if (health === "off") return <span class="mark"><CirclePause size={12} aria-hidden="true" />Paused</span>
  return <span class="mark red"><PlugZap size={12} aria-hidden="true" />Needs reconnecting</span>
}

const answering = { first: "Assistant answers first", suggest: "Assistant suggests", off: "People answer" }

function All() {
  const rank = { reconnect: 0, degraded: 1, off: 2, ok: 3 }
  const all = [...shown.value!].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || rank[fresh(a).health] - rank[fresh(b).health])
  return (
    <Page title="Channels" about="Where customers write to you. What they write arrives in one inbox; what you answer goes back the same way." action={<a class="button main" href={`${HOME}new`} onClick={(event) => follow(event, `${HOME}new`)}><Plus size={15} aria-hidden="true" />Connect</a>}>
      <ul class="channels" role="list">
        {all.map((each) => {
          const connection = fresh(each)
          const Icon = iconOf(connection.channel)
          return (
            <li key={connection.id}>
              <a href={HOME + connection.id} onClick={(event) => follow(event, HOME + connection.id)}>
                <span class="channel-icon"><Icon size={18} aria-hidden="true" /></span>
                <span class="what"><b class="cut">{connection.name}</b><small class="cut">{isOpen(each) ? <Times one={each} /> : "Its history is here; enter its account to hear and answer by it."}</small></span>
                <span class="marks"><Health one={each} /></span>
                <ChevronRight size={16} aria-hidden="true" />
                {connection.health_words && isOpen(each) && <span class={`words ${connection.health}`}>{connection.health_words}</span>}
              </a>
            </li>
          )
        })}
      </ul>
    </Page>
  )
}

const when = (instant: string | null): string => (instant ? (ago(instant) === "now" ? "just now" : `${ago(instant)} ago`) : "nothing yet")

function Times({ one }: { one: ConnectionShown }) {
  const live = capabilityOf(one.connection.channel)?.live
  return <>{answering[fresh(one).answer_mode]}{!live && <> · in {when(one.heard_at)} · out {when(one.sent_at)}</>}</>
}

function Choose() {
  return (
    <Page title="Connect a channel" back={back} about="Choose where customers write to you.">
      <ul class="kinds" role="list">
        {kinds.value.map(({ capability }) => {
          const Icon = iconOf(capability.channel)
          const path = `${HOME}new/${capability.channel}`
          return <li key={capability.channel}><a href={path} onClick={(event) => follow(event, path)}><span class="channel-icon"><Icon size={18} aria-hidden="true" /></span><span class="what"><b>{capability.label}</b><small>{carries(capability)}</small></span></a></li>
        })}
      </ul>
    </Page>
  )
}

/** What it is good for, in a line. */
function carries({ media_types, reply_window, community, regions }: ChannelKind["capability"]): string {
  const parts = [media_types.length ? "Words and files" : "Words", reply_window ? `answers within ${reply_window} h` : "", community ? "others read along" : "", regions]
  return parts.filter(Boolean).join(" · ")
}

const Steps = ({ steps }: { steps: readonly string[] }) => <ol class="guide">{steps.map((each) => <li key={each}>{each}</li>)}</ol>

/** The fields of a channel's form. With `kept`, what is there already may stay empty. */
function Fields({ form, kept = [], values = {} }: { form: readonly FormField[]; kept?: readonly string[]; values?: Record<string, string | undefined> }) {
  return (
    <>
      {form.map((field) => {
        const there = kept.includes(field.name)
        return (
          <label class="field" key={field.name}>
            <span>{field.label}{!field.required && <small class="quiet"> optional</small>}</span>
            <input name={field.name} type={field.secret ? "password" : "text"} autocomplete="off" spellcheck={false} required={field.required && !there && !field.default} defaultValue={field.secret ? "" : (values[field.name] ?? field.default)} placeholder={field.secret && there ? "Kept. Leave empty to keep it." : ""} aria-describedby={field.help ? `help-${field.name}` : undefined} />
            {field.help && <small class="quiet" id={`help-${field.name}`}>{field.help}</small>}
          </label>
        )
      })}
    </>
  )
}

const typed = (form: HTMLFormElement): Record<string, string> => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]))

/** A check as it is done: grey while it runs, then green, or red with what to do. */
function Outcome({ busy, wrong, right }: { busy: boolean; wrong: string; right: string }) {
  if (busy) return <p class="outcome" role="status"><LoaderCircle class="turning" size={16} aria-hidden="true" />Asking the platform…</p>
  if (wrong) return <p class="outcome red" role="alert"><CircleAlert size={16} aria-hidden="true" />{wrong}</p>
  return right ? <p class="outcome green" role="status"><CircleCheck size={16} aria-hidden="true" />{right}</p> : null
}

function useAsking() {
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState("")
  const [right, setRight] = useState("")
  const run = async (what: () => Promise<string>): Promise<void> => {
    setBusy(true)
    setWrong("")
    setRight("")
    try {
      setRight(await what())
    } catch (error) {
      setWrong(wordsOf(error))
    }
    setBusy(false)
  }
  return { busy, wrong, right, run }
}

function Enter({ kind }: { kind: ChannelKind | undefined }) {
  const { busy, wrong, right, run } = useAsking()
  if (!kind) return <Page title="Connect a channel" back={back}><p>There is no such channel here.</p></Page>
  const { label, channel } = kind.capability
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const { "": _, name = "", ...entered } = typed(event.currentTarget as HTMLFormElement)
    void run(async () => {
      const one = await connect(channel, name, entered)
      go(HOME + one.connection.id, "replace")
      return `${label} is connected.`
    })
  }
  return (
    <Page title={`Connect ${label}`} back={{ path: `${HOME}new`, name: "the choice" }}>
      <section class="step"><h2><span class="num">1</span>Get your account ready</h2><Steps steps={guideOf(channel).get} /></section>
      <section class="step">
        <h2><span class="num">2</span>Enter it here</h2>
        <form onSubmit={submit}>
          <label class="field"><span>Name <small class="quiet">optional</small></span><input name="name" maxLength={200} placeholder={`How your team calls it, such as ${label} support`} /></label>
          <Fields form={kind.form} />
          <Outcome busy={busy} wrong={wrong} right={right} />
          <div class="row"><button class="button main" disabled={busy}>{kind.checked ? "Check and connect" : "Connect"}</button><small class="quiet">{kind.checked ? `Kept only when ${guideOf(channel).who ?? label} says yes. ` : ""}Secrets are sealed and never shown again.</small></div>
        </form>
      </section>
      {kind.hooked && <section class="step later"><h2><span class="num">3</span>Tell {guideOf(channel).who ?? label} where to reach you</h2><p class="quiet">You get the address to enter there once the account is connected.</p></section>}
    </Page>
  )
}

function CopyLine({ label, text }: { label: string; text: string }) {
  const [done, setDone] = useState(false)
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => (setDone(true), setTimeout(() => setDone(false), 2_000)), () => tell("Copy it by hand: the browser does not allow it here."))
  return <div class="copy"><span class="quiet">{label}</span><div><code>{text}</code><button type="button" class="button small" aria-label={`Copy ${label.toLowerCase()}`} onClick={copy}>{done ? <Check size={13} aria-hidden="true" /> : <Copy size={13} aria-hidden="true" />}{done ? "Copied" : "Copy"}</button></div></div>
}

/** How a web chat comes onto the shop's pages, and how the shop says who is signed in there. */
function Embed({ one, made }: { one: ConnectionShown; made: string | undefined }) {
  const { busy, wrong, run } = useAsking()
  const signs = one.kept.includes("signing")
  return (
    <>
      <section class="step">
        <h2>Put it on your pages</h2>
        <p class="quiet">One line before the end of each page. It reads from the page which product it shows.</p>
        <CopyLine label="Line of HTML" text={one.embed} />
      </section>
      <section class="step">
        <h2>Say who is signed in</h2>
        <p class="quiet">A customer signed in to your shop needs no proof here: your shop's server signs who it is with a secret.</p>
        {made && <CopyLine label="Secret, shown only now" text={made} />}
        {wrong && <p class="outcome red" role="alert">{wrong}</p>}
        <div class="row"><button type="button" class="button" disabled={busy} onClick={() => void run(async () => { await newSigning(one.connection.id); return "" })}>{signs ? "Make a new secret" : "Make a secret"}</button>{signs && <small class="quiet">The one your server signs with now stops working at once.</small>}</div>
      </section>
    </>
  )
}

function One({ one }: { one: ConnectionShown }) {
  const connection = fresh(one)
  const kind = kindOf(connection.channel)
  const live = capabilityOf(connection.channel)?.live === true
  const label = kind?.capability.label ?? connection.name
  const who = guideOf(connection.channel).who ?? label
  const { busy, wrong, right, run } = useAsking()
  const renewing = useAsking()
  const secrets = made.value.get(connection.id) ?? {}
  const waits = isOpen(one) && !live && one.hook !== "" && one.heard_at === null
  useEffect(() => {
    if (!waits) return
    const look = setInterval(() => void loadChannels().catch(() => undefined), LOOK_EVERY)
    return () => clearInterval(look)
  }, [waits])
  const renew = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const entered = Object.fromEntries(Object.entries(typed(form)).filter(([, value]) => value))
    void renewing.run(async () => {
      await change(connection.id, { entered })
      form.reset()
      return "Checked and kept."
    })
  }
  const rename = (name: string): void => {
    if (name.trim() && name.trim() !== connection.name) void change(connection.id, { name: name.trim() }).catch((error: unknown) => tell(wordsOf(error)))
  }
  const values: Record<string, string | undefined> = { ...connection.settings.options, endpoint: connection.settings.endpoint, base_url: connection.settings.base_url }
  return (
    <Page title={connection.name} back={back}>
      <section class="step">
        <div class="row"><Channel name={connection.channel} /><Health one={one} />{one.checked_at && <span class="quiet" title={exact(one.checked_at)}>Checked {when(one.checked_at)}</span>}<span class="spring" />{kind?.checked && isOpen(one) && <button type="button" class="button" disabled={busy || connection.health === "off"} onClick={() => void run(async () => { const now = await checkNow(connection.id); if (now.connection.health !== "ok") throw new Error; return `${label} says it works.` })}><RefreshCw size={14} aria-hidden="true" />Check now</button>}</div>
        {connection.health_words && isOpen(one) && <p class={`words ${connection.health}`}>{connection.health_words}</p>}
        <Outcome busy={busy} wrong={wrong && !connection.health_words ? wrong : ""} right={right} />
        {isOpen(one) && !live && <dl class="facts"><div><dt>Last in</dt><dd title={one.heard_at ? exact(one.heard_at) : ""}>{when(one.heard_at)}</dd></div><div><dt>Last out</dt><dd title={one.sent_at ? exact(one.sent_at) : ""}>{when(one.sent_at)}</dd></div>{connection.account && <div><dt>Account</dt><dd>{connection.account}</dd></div>}</dl>}
      </section>
      {one.embed && <Embed one={one} made={secrets["signing"]} />}
      {isOpen(one) && one.hook && (
        <section class="step">
          <h2>Tell {who} where to reach you</h2>
          {guideOf(connection.channel).tell && <Steps steps={guideOf(connection.channel).tell!} />}
          <CopyLine label="Address" text={one.hook} />
          {Object.entries(secrets).map(([name, text]) => <CopyLine key={name} label={`${kind?.form.find((field) => field.name === name)?.label ?? name}, shown only now`} text={text} />)}
          <p class={`outcome ${one.heard_at ? "green" : ""}`} role="status">{one.heard_at ? <><CircleCheck size={16} aria-hidden="true" />{who[0]!.toUpperCase() + who.slice(1)} reaches you. Last heard {when(one.heard_at)}.</> : <><LoaderCircle class="turning" size={16} aria-hidden="true" />Waiting for the first message. Write one yourself to try it.</>}</p>
        </section>
      )}
      <section class="step">
        <h2>How it is answered</h2>
        <div class="choices" role="group" aria-label="Who answers">
          {(["first", "suggest", "off"] as const).map((mode) => <button key={mode} type="button" aria-pressed={connection.answer_mode === mode} onClick={() => void change(connection.id, { answer_mode: mode }).catch((error: unknown) => tell(wordsOf(error)))}><b>{answering[mode]}</b><small>{{ first: "It answers what it is sure of, and hands the rest to people.", suggest: "It drafts; a person sends.", off: "It stays out of it." }[mode]}</small></button>)}
        </div>
        <label class="field"><span>Name</span><input defaultValue={connection.name} maxLength={200} onBlur={(event) => rename(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()} /></label>
      </section>
      {kind && (
        <section class="step">
          <h2>{isOpen(one) ? "Change its account" : `Connect ${label}`}</h2>
          {!isOpen(one) && <Steps steps={guideOf(connection.channel).get} />}
          <form onSubmit={renew}>
            <Fields form={kind.form} kept={one.kept} values={values} />
            <Outcome busy={renewing.busy} wrong={renewing.wrong} right={renewing.right} />
            <div class="row"><button class="button main" disabled={renewing.busy}>{kind.checked ? "Check and keep" : "Keep"}</button></div>
          </form>
        </section>
      )}
      {isOpen(one) && !live && (
        <section class="step">
          <h2>{connection.health === "off" ? "It is paused" : "Pause it"}</h2>
          <div class="row"><p class="quiet spring">{connection.health === "off" ? "What you send waits, and goes out when it is on again." : "What customers write still arrives. What you send waits until it is on again."}</p><button type="button" class="button" onClick={() => void change(connection.id, { paused: connection.health !== "off" }).catch((error: unknown) => tell(wordsOf(error)))}>{connection.health === "off" ? "Turn on" : "Pause"}</button></div>
        </section>
      )}
    </Page>
  )
}
