import { BadgeCheck, ChevronDown, ChevronLeft, CircleDashed, ExternalLink, UserRoundX, Users, X } from "lucide-preact"
import { agentsToChoose, assign, setPriority } from "../state/commands"
import { canWrite, conversations, customers, me, nameOf, teamName, tickets } from "../state/desk"
import { isActive, type Ticket } from "../state/model"
import { detailsShown, follow, ticketPath } from "../state/router"
import { ago } from "../state/clock"
import { Clocks } from "./clocks"
import { Language, SamePerson } from "./identities"
import { Avatar, Channel, Holder, Menu } from "./small"
import { TicketTags } from "./tags"

const priorities = ["low", "normal", "high", "urgent"] as const

const statuses: Record<Ticket["status"], string> = { open: "Open", pending: "Waiting for the customer", snoozed: "Snoozed", resolved: "Resolved", closed: "Closed" }

const title = (word: string): string => word[0]!.toUpperCase() + word.slice(1)

const safe = (url: string): string | undefined => (/^https?:\/\//.test(url) ? url : undefined)

/** What stands chosen in a menu, on the button that opens it. */
const Chosen = ({ word }: { word: string }) => <><span class="cut">{word}</span><ChevronDown class="opens" size={14} aria-hidden="true" /></>

export function Details({ ticket }: { ticket: Ticket }) {
  const customer = customers.get(ticket.customer_id)
  const page = conversations.get(ticket.thread_id)?.inOrder.value.findLast((message) => message.page)?.page
  const others = tickets.all().filter((each) => each.thread_id === ticket.thread_id).sort((a, b) => b.number - a.number)
  const name = customer?.name || ticket.customer_name || "Visitor"
  const owner = ticket.assignee_id ? nameOf(ticket.assignee_id) : teamName(ticket.team_id) || "Nobody"
  return (
    <aside class="pane details-pane" aria-label="Details">
      <header class="bar"><button type="button" class="icon-button only-phone" aria-label="Back to the conversation" onClick={() => (detailsShown.value = false)}><ChevronLeft size={20} aria-hidden="true" /></button><h2>Details</h2><span class="spring" /><button type="button" class="icon-button not-phone" aria-label="Close details" title="Close details (i)" onClick={() => (detailsShown.value = false)}><X size={16} aria-hidden="true" /></button></header>
      <div class="details">
        <section>
          <div class="person"><Avatar name={name} size="large" /><div><b dir="auto">{name}</b>{customer && <Language customer={customer} />}</div></div>
          {customer?.identities.filter((each) => each.kind !== "visitor").map((each) => (
            <div class="identity" key={each.id}><Channel name={each.kind} only /><span class="cut" title={each.value}>{each.value}</span><small class={each.verified ? "yes" : ""}>{each.verified ? <BadgeCheck size={12} aria-hidden="true" /> : <CircleDashed size={12} aria-hidden="true" />}{each.verified ? "Verified" : "Claimed"}</small></div>
          ))}
        </section>
        {customer && <SamePerson customer={customer} />}
        <section>
          <h2>Ticket #{ticket.number}</h2>
          <dl class="pairs">
            <div><dt>Status</dt><dd>{statuses[ticket.status]}</dd></div>
            {isActive(ticket) && <div><dt>Answering</dt><dd><Holder ticket={ticket} /></dd></div>}
            <div><dt>Owner</dt><dd>{canWrite.value ? <Menu name="assign" label={`Assign, now ${owner}`} button={<Chosen word={owner} />} choices={[
              { name: "Me", icon: <Avatar name={me.value?.agent.name ?? ""} size="small" />, checked: ticket.assignee_id === me.value?.agent.id, run: () => void assign(ticket, me.value!.agent.id, ticket.team_id) },
              ...agentsToChoose().filter((agent) => agent.id !== me.value?.agent.id).map((agent) => ({ name: agent.name, icon: <Avatar name={agent.name} size="small" />, checked: agent.id === ticket.assignee_id, run: () => void assign(ticket, agent.id, ticket.team_id) })),
              ...(me.value?.teams ?? []).map((team) => ({ name: team.name, icon: <Users size={16} aria-hidden="true" />, checked: ticket.assignee_id === null && team.id === ticket.team_id, run: () => void assign(ticket, null, team.id) })),
              { name: "Nobody", icon: <UserRoundX size={16} aria-hidden="true" />, checked: ticket.assignee_id === null && ticket.team_id === null, run: () => void assign(ticket, null, null) },
            ]} /> : owner}</dd></div>
            <div><dt>Priority</dt><dd>{canWrite.value ? <Menu name="priority" label={`Priority, now ${ticket.priority}`} button={<Chosen word={title(ticket.priority)} />} choices={priorities.map((each) => ({ name: title(each), checked: each === ticket.priority, run: () => void setPriority(ticket, each) }))} /> : title(ticket.priority)}</dd></div>
          </dl>
          <TicketTags ticket={ticket} />
        </section>
        <Clocks key={ticket.id} ticket={ticket} />
        {page && <section><h2>Page they wrote from</h2><a class="cut" href={safe(page.url ?? "")} target="_blank" rel="noreferrer">{page.product || page.title || page.url} <ExternalLink size={12} aria-hidden="true" style={{ display: "inline" }} /></a>{page.price && <span class="quiet">{page.price}</span>}</section>}
        <section><h2>Tickets of this customer</h2><div class="others">{others.map((each) => <a key={each.id} href={ticketPath(each.number)} onClick={(event) => follow(event, ticketPath(each.number))} {...(each.id === ticket.id ? { "aria-current": "true" as const } : {})}><span class="cut">{each.subject || each.preview?.text || `#${each.number}`}</span><small>{ago(each.updated_at)}</small></a>)}</div></section>
      </div>
    </aside>
  )
}
