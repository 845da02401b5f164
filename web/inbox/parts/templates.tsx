import { RefreshCw, Search, X } from "lucide-preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { wordsOf } from "../state/api"
import { say } from "../state/commands"
import { customers, firstName, me } from "../state/desk"
import type { Template, Ticket } from "../state/model"
import { families, fillingOf, isFile, keyOf, labelOf, loadTemplates, matches, missing, said, sendable, titleOf, type Family } from "../state/templates"
import { FileButton, Files, useFiles } from "./files"

const PICTURED: Record<string, string> = { image: "picture", video: "video", document: "document" }

/** Search, choose, fill in and send one of the platform's templates. Escape leaves it. */
export function TemplatePicker({ ticket, connection, by, close }: { ticket: Ticket; connection: string; by: string | null; close: () => void }) {
  const [all, setAll] = useState<readonly Template[] | null>(null)
  const [problem, setProblem] = useState("")
  const [words, setWords] = useState("")
  const [chosen, choose] = useState<Family | null>(null)
  const [reading, setReading] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const language = customers.get(ticket.customer_id)?.language ?? me.value?.brands.find((each) => each.id === ticket.brand_id)?.settings?.language ?? null
  const load = (anew: boolean): void => {
    setProblem("")
    setReading(true)
    loadTemplates(connection, anew).then(setAll, (error: unknown) => setProblem(wordsOf(error))).finally(() => setReading(false))
  }
  useEffect(() => load(false), [connection])
  useEffect(() => {
    if (!chosen) search.current?.focus()
  }, [chosen])
  const found = useMemo(() => families(all ?? [], language).filter((each) => matches(each, words)), [all, words, language])
  const others = (all ?? []).filter((each) => !sendable(each))
  const step = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
    const items = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])]
    const at = items.indexOf(document.activeElement as HTMLElement)
    const to = event.key === "ArrowDown" ? at + 1 : at - 1
    event.preventDefault()
    if (to < 0) search.current?.focus()
    else items[Math.min(to, items.length - 1)]?.focus()
  }
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return
    event.preventDefault()
    event.stopPropagation()
    if (chosen) choose(null)
    else close()
  }
  return (
    <section class="templates" aria-label="Templates" onKeyDown={leave}>
      <header>
        <h2 class="cut">{chosen ? titleOf(chosen.name) : "Choose a template"}</h2>
        {chosen ? <button type="button" class="button small" onClick={() => choose(null)}>All templates</button> : <button type="button" class="icon-button" disabled={reading} aria-label="Read the templates again" title="Read them again" onClick={() => load(true)}><RefreshCw size={14} class={reading ? "turning" : ""} aria-hidden="true" /></button>}
        <button type="button" class="icon-button" aria-label="Close the templates" onClick={close}><X size={15} aria-hidden="true" /></button>
      </header>
      {problem && <p class="template-problem" role="alert">{problem}</p>}
      {chosen ? (
        <Fill key={chosen.name} family={chosen} ticket={ticket} by={by} close={close} />
      ) : (
        <div class="template-choice" onKeyDown={step}>
          <label class="template-search"><Search size={14} aria-hidden="true" /><input ref={search} type="search" aria-label="Search templates" placeholder="Search by name or words" value={words} onInput={(event) => setWords(event.currentTarget.value)} /></label>
          {all === null && !problem && <p class="quiet" role="status">Loading templates…</p>}
          <ul ref={list}>
            {found.map((each) => (
              <li key={each.name}><button type="button" onClick={() => choose(each)}><b>{titleOf(each.name)}</b><span class="cut">{each.languages[0]!.body}</span><small>{each.languages.length > 1 ? `${each.languages.length} languages` : tongue(each.languages[0]!.language)}</small></button></li>
            ))}
          </ul>
          {all !== null && found.length === 0 && <p class="quiet" role="status">{words ? "No template has these words." : "No approved template yet. Make one in the platform's own manager, then read them again."}</p>}
          {others.length > 0 && <details class="template-others"><summary>{others.length} can't be sent now</summary><ul>{others.map((each) => <li key={`${each.name} ${each.language}`}><b>{titleOf(each.name)}</b> {each.status === "APPROVED" ? each.unfit : `${each.status.toLowerCase().replaceAll("_", " ")}${each.reason ? `: ${each.reason.toLowerCase().replaceAll("_", " ")}` : ""}`}</li>)}</ul></details>}
        </div>
      )}
    </section>
  )
}

function Fill({ family, ticket, by, close }: { family: Family; ticket: Ticket; by: string | null; close: () => void }) {
  const [at, setAt] = useState(0)
  const template = family.languages[at]!
  const first = firstName(ticket.customer_name)
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(template.blanks.filter((each) => /name/i.test(each.name)).map((each) => [keyOf(each), first])))
  const files = useFiles(`template:${family.name}:${ticket.id}`)
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>("select, input, .button.main")?.focus(), [])
  const wanted = template.blanks.find(isFile)
  const attached = files.picked.flatMap((file) => file.done ?? [])
  const lacks = missing(template, values) || (wanted && attached.length !== 1 ? `Add the ${PICTURED[wanted.kind!]} that it shows.` : "")
  const send = (): void => {
    if (lacks || files.busy) return
    say(ticket, said(template, values), false, attached, { by, template: fillingOf(template, values) })
    files.clear()
    close()
  }
  return (
    <form class="template-fill" ref={form} onSubmit={(event) => { event.preventDefault(); send() }}>
      <div class="template-blanks">
        {family.languages.length > 1 && <label>Language<select value={at} onChange={(event) => setAt(Number(event.currentTarget.value))}>{family.languages.map((each, place) => <option key={each.language} value={place}>{tongue(each.language)}</option>)}</select></label>}
        {template.blanks.filter((each) => !isFile(each)).map((each) => <label key={keyOf(each)}>{labelOf(each, template)}<input value={values[keyOf(each)] ?? ""} maxLength={each.most} placeholder={each.example ? `For example ${each.example}` : ""} onInput={(event) => setValues({ ...values, [keyOf(each)]: event.currentTarget.value })} /></label>)}
        {wanted && <div class="template-file"><FileButton add={files.add} /><span>{`Add the ${PICTURED[wanted.kind!]} that it shows`}</span><Files picked={files.picked} drop={files.drop} /></div>}
      </div>
      <div class="template-preview" aria-label="Preview" role="region"><div class="bubble" lang={template.language.replace("_", "-")} dir="auto">{said(template, values)}</div></div>
      <div class="composer-foot"><span class="tell" role="status">{lacks || (ticket.control === "assistant" ? "Sending takes over from the assistant." : "")}</span><button type="submit" class="button main" disabled={lacks !== "" || files.busy}>Send template</button></div>
    </form>
  )
}

/** A language in words, as far as the browser knows it. */
function tongue(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(code.replace("_", "-")) ?? code
  } catch {
    return code
  }
}
