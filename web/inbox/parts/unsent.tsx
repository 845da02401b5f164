import { CheckCheck, CircleAlert, CircleHelp, Clock } from "lucide-preact"
import { ago, exact } from "../state/clock"
import { canWrite, connectionName } from "../state/desk"
import { follow } from "../state/router"
import { isUnsent, loadMoreUnsent, moreUnsent, unsent } from "../state/unsent"
import { SendAgain } from "./delivery"
import { Page } from "./page"
import { Channel } from "./small"
import type { Unsent as UnsentData } from "../../shared/wire"

export function Unsent() {
  const held = unsent.value
  return (
    <Page title="Not sent" about="Messages that a platform refused, or that may not have arrived. Resolving their ticket takes them off this list.">
      {held === null ? <p class="quiet" role="status">Loading…</p> : held.length === 0 ? <div class="empty"><CheckCheck size={28} aria-hidden="true" /><h2>Everything went out</h2><p>What a platform refuses shows here, with what to do about it.</p></div>
        : <ul class="unsent" role="list">{held.map((each) => <Row key={each.message.id} one={each} />)}</ul>}
      {moreUnsent.value && <button type="button" class="button" onClick={() => void loadMoreUnsent()}>Show more</button>}
    </Page>
  )
}

function Row({ one }: { one: UnsentData }) {
  const { message, ticket } = one
  const path = `/t/${ticket.number}`
  const status = message.delivery?.status
  return (
    <li class={isUnsent(message) ? "" : "settled"} data-unsent={message.id} tabIndex={0} aria-label={`To ${ticket.customer_name || "a visitor"}: ${message.text.slice(0, 80)}`}>
      <header><a href={path} onClick={(event) => follow(event, path)}><b class="cut" dir="auto">{ticket.customer_name || "Visitor"}</b></a><Channel name={message.channel} /><span class="cut quiet">{connectionName(one.connection_id)}</span><time class="quiet" dateTime={one.at} title={exact(one.at)}>{ago(one.at)}</time></header>
      <p class="words">{message.text || message.attachments?.map((file) => file.name).join(", ")}</p>
      {status === "failed" ? <span class="state failed"><CircleAlert size={14} aria-hidden="true" /><span>{message.delivery?.error || "It was refused."}</span></span>
        : status === "uncertain" ? <span class="state odd"><CircleHelp size={14} aria-hidden="true" /><span>May not have arrived. {message.delivery?.error}</span></span>
        : <span class="state">{status === "queued" || status === "sending" ? <><Clock size={13} aria-hidden="true" />Sending…</> : <><CheckCheck size={14} aria-hidden="true" />Sent</>}</span>}
      {canWrite.value && isUnsent(message) && <SendAgain message={message} ways={one.ways} keys />}
    </li>
  )
}
