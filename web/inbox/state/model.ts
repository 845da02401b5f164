import type * as wire from "../../shared/wire"

/** The wire leaves out what stands at its default; inside the inbox every field is there. */
type Filled<T> = { [K in keyof T]-?: Exclude<T[K], undefined> }

export type Ticket = Filled<wire.Ticket>
export type Message = Filled<wire.Message>
export type Thread = Filled<wire.Thread>
export type { Agent, Attachment, Capability, Connection, Contact, Author, Citation, Counts, Customer, Handoff, Suggestion, Me, Template, Problem, Team } from "../../shared/wire"

export type Priority = Ticket["priority"]

export function ticketOf(come: wire.Ticket): Ticket {
  return {
    customer_name: "",
    subject: "",
    status: "open",
    priority: "normal",
    team_id: null,
    assignee_id: null,
    tags: [],
    control: "assistant",
    epoch: 1,
    engaged_from_seq: 1,
    last_seq: 0,
    last_customer_seq: 0,
    preview: null,
    waiting_since: null,
    handoff: null,
    suggestion: null,
    snoozed_until: null,
    due: null,
    answer_before: null,
    resolved_at: null,
    version: 1,
    ...come,
  }
}

export function messageOf(come: wire.Message): Message {
  return {
    visibility: "public",
    html: null,
    citations: [],
    attachments: [],
    page: null,
    why: "",
    delivery: null,
    turn_id: null,
    edited_at: null,
    removed: false,
    reactions: [],
    reply_to: null,
    whole: "",
    context: "",
    mail: null,
    template: null,
    sender: "",
    version: 1,
    ...come,
  }
}

export function threadOf(come: wire.Thread): Thread {
  return {
    last_seq: 0,
    out_count: 0,
    customer_read_seq: 0,
    customer_read_out: 0,
    agents_read_seq: 0,
    current_ticket_id: null,
    version: 1,
    ...come,
  }
}

export const isActive = (ticket: Ticket): boolean => ticket.status === "open" || ticket.status === "pending"
export const isDone = (ticket: Ticket): boolean => ticket.status === "resolved" || ticket.status === "closed"
