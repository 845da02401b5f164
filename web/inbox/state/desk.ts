import { computed, signal, type Signal } from "@preact/signals"
import type { AgentRead } from "../../shared/wire"
import type { Agent, Capability, Connection, Contact, Counts, Customer, Me, Message, Problem, Thread, Ticket } from "./model"
import { openKey } from "./router"
import { Table } from "./table"

/** All that the inbox knows of the desk. Filled by HTTP and by events alike; nothing else changes it. */
export const me = signal<Me | null>(null)
export const tickets = new Table<Ticket>()
export const threads = new Table<Thread>()
export const customers = new Table<Customer>()
export const people = new Table<Agent>()
/** The accounts of channels, by id; each event brings a whole one. */
export const connections = signal<ReadonlyMap<string, Connection>>(new Map())
export const counts = signal<Counts | null>(null)

/** The loaded part of one thread: always its newest end, scrolled back page by page. */
export class Conversation {
  readonly messages = new Table<Message>()
  readonly more = signal(false)
  readonly loadingMore = signal(false)
  readonly loaded = signal(false)
  /** Where the customer can be answered, the place they last wrote from first. */
  readonly contacts = signal<readonly Contact[]>([])
  /** How far was read when the thread was opened: where the "new" mark stands. */
  readonly readBefore = signal(0)
  /** Without what went to another thread, when customers were joined or parted. */
  readonly inOrder = computed(() => this.messages.all().filter((each) => each.thread_id === this.thread).sort((a, b) => a.seq - b.seq))

  constructor(private readonly thread: string) {}
}

export const conversations = new Map<string, Conversation>()

const reads = new Map<string, Signal<number>>()

export function readSeq(thread: string): Signal<number> {
  let held = reads.get(thread)
  if (!held) reads.set(thread, (held = signal(0)))
  return held
}

export function putReads(come: Iterable<AgentRead>): void {
  for (const read of come) {
    if (read.agent_id !== me.peek()?.agent.id) continue
    const held = readSeq(read.thread_id)
    if (read.seq > held.peek()) held.value = read.seq
  }
}

export const isUnread = (ticket: Ticket): boolean => ticket.last_customer_seq > readSeq(ticket.thread_id).value

/** What could not be opened, and why. */
export const openProblem = signal<Problem | null>(null)

export const openTicket = computed<Ticket | null>(() => {
  const key = openKey.value
  if (key === null) return null
  return tickets.get(key) ?? tickets.all().find((ticket) => String(ticket.number) === key) ?? null
})

/** The id alone, so that whoever needs no more is not redrawn by each change of the ticket. */
export const openId = computed(() => openTicket.value?.id ?? null)

export const canWrite = computed(() => me.value !== null && me.value.agent.role !== "viewer")

export function nameOf(agent: string | null): string {
  if (!agent) return ""
  return people.get(agent)?.name ?? "Someone"
}

export const takeConnections = (come: Iterable<Connection>): void => {
  connections.value = new Map([...come].map((each) => [each.id, each]))
}

export const capabilityOf = (channel: string): Capability | undefined => me.value?.capabilities[channel]
/** True once nothing goes out by it until somebody sees to it. */
export const isDown = (connection: Connection | undefined): boolean => connection?.health === "reconnect" || connection?.health === "off"
export const connectionName = (id: string): string => connections.value.get(id)?.name ?? "another channel"
export const isAdmin = computed(() => me.value?.agent.role === "admin")

export const firstName = (name: string): string => name.split(/\s+/)[0] ?? name
export const teamName = (team: string | null): string => me.value?.teams.find((each) => each.id === team)?.name ?? ""

export function forget(): void {
  for (const table of [tickets, threads, customers]) table.clear()
  conversations.clear()
  reads.clear()
}
