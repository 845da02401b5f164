import { Sparkles, X } from "lucide-preact"
import { useEffect, useId, useState } from "preact/hooks"
import type { Marked } from "../../shared/wire"
import { ago } from "../state/clock"
import { setTags } from "../state/commands"
import { canWrite } from "../state/desk"
import type { Ticket } from "../state/model"
import { allTags, loadTags, marksOf, standing, tagCalled } from "../state/tags"

/** A tag by its colour and name. */
export const TagMark = ({ name }: { name: string }) => <><i class="tag-dot" data-colour={tagCalled(name)?.colour ?? "grey"} aria-hidden="true" /><span class="cut">{name}</span></>

/** The tags of the open ticket: who put each there and why, with a field for another. */
export function TicketTags({ ticket }: { ticket: Ticket }) {
  const [marks, setMarks] = useState<readonly Marked[]>([])
  const [open, setOpen] = useState<string | null>(null)
  const list = useId()
  const names = ticket.tags.join("\n")
  useEffect(() => {
    let shown = true
    void marksOf(ticket.id).then((come) => shown && setMarks(come)).catch(() => undefined)
    if (!allTags.peek() || ticket.tags.some((each) => !tagCalled(each))) void loadTags().catch(() => undefined)
    return () => void (shown = false)
  }, [ticket.id, names])
  const told = marks.find((each) => each.name === open && ticket.tags.includes(each.name))
  return (
    <>
      <div class="tags">
        {ticket.tags.map((tag) => {
          const mark = marks.find((each) => each.name === tag)
          const byAssistant = mark?.by.kind === "assistant"
          return (
            <span class={`mark tag ${byAssistant ? "guessed" : ""}`} key={tag}>
              <button type="button" class="tag-name" aria-expanded={open === tag} aria-label={`Why the tag ${tag}?`} title={tagCalled(tag)?.description || tag} onClick={() => setOpen(open === tag ? null : tag)}><TagMark name={tag} />{byAssistant && <Sparkles size={11} aria-hidden="true" />}</button>
              {canWrite.value && <button type="button" aria-label={`Remove tag ${tag}`} onClick={() => void setTags(ticket, ticket.tags.filter((each) => each !== tag))}><X size={11} aria-hidden="true" /></button>}
            </span>
          )
        })}
        {canWrite.value && <input aria-label="Add a tag" placeholder="Add a tag" maxLength={60} list={list} autocomplete="off" onKeyDown={(event) => { const tag = event.currentTarget.value.trim(); if (event.key === "Enter" && tag) { event.currentTarget.value = ""; void setTags(ticket, [...new Set([...ticket.tags, tag])]) } }} />}
        <datalist id={list}>{standing().filter((each) => !ticket.tags.includes(each.name)).map((each) => <option key={each.id} value={each.name}>{each.synonyms.join(", ")}</option>)}</datalist>
      </div>
      {told && <Why mark={told} />}
    </>
  )
}

function Why({ mark }: { mark: Marked }) {
  const sure = mark.confidence === null ? "" : `${Math.round(mark.confidence * 100)} % sure`
  return (
    <div class="tag-why" role="status">
      <p><b>{mark.by.kind === "assistant" ? "The assistant" : mark.by.name || "The desk"}</b>{sure && `, ${sure}`} · <span class="quiet">{ago(mark.at)}</span></p>
      {mark.word && <p>The customer said “{mark.word}”.</p>}
      {mark.examples.length > 0 && <><p class="quiet">It reads like</p><ul>{mark.examples.map((each) => <li key={each.text}><span dir="auto">{each.text}</span><small class="num">{Math.round(each.likeness * 100)} %</small></li>)}</ul></>}
      {mark.by.kind === "assistant" && canWrite.value && <p class="quiet">Not right? Take it off or add another: it learns from that.</p>}
    </div>
  )
}
