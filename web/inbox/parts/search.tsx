import { Search as Glass, SearchX, X } from "lucide-preact"
import { useEffect, useRef } from "preact/hooks"
import type { Hit } from "../../shared/wire"
import { ago, exact } from "../state/clock"
import { tickets } from "../state/desk"
import { ticketOf } from "../state/model"
import { follow, searchedFor, ticketPath } from "../state/router"
import { hasMoreHits, hits, look, lookOn, meant, searching, words, wrong } from "../state/search"
import { Page } from "./page"
import { Channel, Control } from "./small"

const examples: readonly [string, string][] = [
  ["from:garnier refund", "what one customer wrote"],
  ["tag:where-is-my-order is:open", "open tickets with a tag"],
  ["assignee:me -is:resolved", "what is mine"],
  ['"runs small" after:2026-01-01', "exact words since a day"],
  ["channel:email in:note warehouse", "notes on e-mail tickets"],
  ["#1024", "a ticket by its number"],
]

export function Search() {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [])
  useEffect(() => {
    const asked = searchedFor.value || words.peek()
    if (asked && (asked !== words.peek() || !searchedFor.value)) look(asked)
  }, [searchedFor.value])
  const found = hits.value
  return (
    <Page title="Search">
      <div class="search-box">
        <Glass size={16} aria-hidden="true" />
        <input ref={box} type="search" aria-label="Search" placeholder="Words, a name, an order number…" maxLength={300} value={words.value} onInput={(event) => look(event.currentTarget.value)} onKeyDown={(event) => event.key === "ArrowDown" && (event.preventDefault(), document.querySelector<HTMLElement>(".hits a")?.focus())} />
        {words.value && <button type="button" class="icon-button" aria-label="Clear the search" onClick={() => { look(""); box.current?.focus() }}><X size={15} aria-hidden="true" /></button>}
      </div>
      {wrong.value && <p class="outcome red" role="alert">{wrong.value}</p>}
      {found === null && !wrong.value && (
        <ul class="examples" role="list">
          {examples.map(([query, about]) => <li key={query}><button type="button" onClick={() => { look(query); box.current?.focus() }}><code>{query}</code><span>{about}</span></button></li>)}
        </ul>
      )}
      <p class="unseen" role="status">{found && !searching.value ? (found.length === 0 ? "Nothing found" : `${found.length}${hasMoreHits() ? " or more" : ""} found`) : ""}</p>
      {meant.value && <p class="quiet">Nothing has these very words. Showing the nearest: <b>{meant.value}</b></p>}
      {found?.length === 0 && !searching.value && <div class="empty"><SearchX size={28} aria-hidden="true" /><h2>Nothing found</h2><p>Try fewer words, or the beginning of one.</p></div>}
      {found && found.length > 0 && <ul class={`hits ${searching.value ? "old" : ""}`} role="list" onKeyDown={walk}>{found.map((hit) => <Row key={hit.ticket.id} hit={hit} />)}</ul>}
      {found && hasMoreHits() && <button type="button" class="button" onClick={() => void lookOn()}>Show more</button>}
    </Page>
  )
}

function Row({ hit }: { hit: Hit }) {
  const ticket = tickets.get(hit.ticket.id) ?? ticketOf(hit.ticket)
  const path = ticketPath(ticket.number)
  return (
    <li>
      <a href={path} onClick={(event) => follow(event, path)}>
        <span class="line"><b class="cut" dir="auto">{ticket.customer_name || "Visitor"}</b><span class="num quiet">#{ticket.number}</span>{ticket.subject && <span class="cut quiet">{ticket.subject}</span>}<span class="spring" /><time title={exact(hit.at)} dateTime={hit.at}>{ago(hit.at)}</time></span>
        <span class="snippet">{(hit.snippet ?? []).length > 0 ? hit.snippet!.map((part, at) => (part.hit ? <mark key={at}>{part.text}</mark> : part.text)) : ticket.preview?.text}</span>
        <span class="marks"><Control ticket={ticket} /><Channel name={ticket.channel} />{ticket.tags.slice(0, 3).map((tag) => <span class="mark" key={tag}>{tag}</span>)}</span>
      </a>
    </li>
  )
}

/** Up and down move through the hits, and back up into the box. */
function walk(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  event.preventDefault()
  const all = [...document.querySelectorAll<HTMLElement>(".hits a")]
  const at = all.indexOf(document.activeElement as HTMLElement) + (event.key === "ArrowDown" ? 1 : -1)
  if (at < 0) document.querySelector<HTMLElement>(".search-box input")?.focus()
  else all[at]?.focus()
}
