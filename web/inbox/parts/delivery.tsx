import { Check, CheckCheck, CircleAlert, CircleHelp, Clock, RefreshCw, Send, TriangleAlert } from "lucide-preact"
import { canWrite, capabilityOf, connectionName, connections, conversations, isDown, openTicket, threads } from "../state/desk"
import type { Message } from "../state/model"
import { otherWays } from "../state/reach"
import { again, moveTo, retry } from "../state/unsent"
import { Menu } from "./small"

/** How far a message of ours came. `last`: it is our newest, where the good marks stand too. */
export function DeliveryState({ message, last }: { message: Message; last: boolean }) {
  const { delivery, author } = message
  if (author.kind === "customer" || message.visibility === "note") return null
  switch (delivery?.status) {
    case "failed":
      return <Trouble message={message} words={`Not delivered. ${delivery.error ?? "Send it again, or use another channel."}`} />
    case "uncertain":
      return <Trouble message={message} words={delivery.error ? `May not have arrived. ${delivery.error}` : "May not have arrived. Ask before sending it again."} />
    case "withheld":
      return <span class="state odd"><TriangleAlert size={13} aria-hidden="true" />Withheld: a person took over before it was sent</span>
    case "queued":
    case "sending":
      return <Waiting message={message} />
  }
  if (!last) return null
  if (capabilityOf(message.channel)?.live ?? message.channel === "webchat") {
    const thread = threads.get(message.thread_id)
    const seen = delivery?.status === "read" || (thread?.customer_read_seq ?? 0) >= message.seq
    return seen && thread?.last_seq === message.seq ? <span class="state">Seen</span> : null
  }
  if (delivery?.status === "read") return <span class="state read"><CheckCheck size={14} aria-hidden="true" />Read</span>
  if (delivery?.status === "delivered") return <span class="state"><CheckCheck size={14} aria-hidden="true" />Delivered</span>
  return delivery ? <span class="state"><Check size={14} aria-hidden="true" />Sent</span> : null
}

/** One that is queued says why, where its connection is down or an earlier try was refused. */
function Waiting({ message }: { message: Message }) {
  const ticket = openTicket.value
  const connection = ticket?.channel === message.channel ? connections.value.get(ticket.connection_id) : undefined
  if (message.delivery?.status === "queued" && isDown(connection)) return <span class="state odd"><Clock size={13} aria-hidden="true" />Waits until {connection!.name} is connected again</span>
  return <span class="state" title={message.delivery?.error ?? ""}><Clock size={13} aria-hidden="true" />{message.delivery?.error ? `Trying again. ${message.delivery.error}` : "Sending…"}</span>
}

function Trouble({ message, words }: { message: Message; words: string }) {
  const contacts = conversations.get(message.thread_id)?.contacts.value ?? []
  const failed = message.delivery?.status === "failed"
  return (
    <>
      <span class={`state ${failed ? "failed" : "odd"}`} role={failed ? "alert" : "status"}>{failed ? <CircleAlert size={14} aria-hidden="true" /> : <CircleHelp size={14} aria-hidden="true" />}<span>{words}</span></span>
      {canWrite.value && <SendAgain message={message} ways={otherWays(contacts, message.channel)} />}
    </>
  )
}

/** The two things to do about it. */
export function SendAgain({ message, ways, keys = false }: { message: Parameters<typeof retry>[0]; ways: readonly string[]; keys?: boolean }) {
  const busy = again.value.has(message.id)
  const first = ways[0]
  return (
    <div class="again">
      <button type="button" class="button small" disabled={busy} onClick={() => void retry(message)}><RefreshCw size={13} aria-hidden="true" />{message.delivery?.status === "uncertain" ? "Send it again anyway" : "Try again"}{keys && <kbd aria-hidden="true">r</kbd>}</button>
      {ways.length === 1 && <button type="button" class="button small" disabled={busy} onClick={() => void moveTo(message, first!)}><Send size={13} aria-hidden="true" /><span class="cut">Send by {connectionName(first!)}</span>{keys && <kbd aria-hidden="true">m</kbd>}</button>}
      {ways.length > 1 && <Menu name={`ways ${message.id}`} label="Send by another channel" look="button small" side="left" button={<><Send size={13} aria-hidden="true" />Send another way</>} choices={ways.map((way, at) => ({ name: connectionName(way), far: keys && at === 0 ? "m" : undefined, run: () => void moveTo(message, way) }))} />}
    </div>
  )
}
