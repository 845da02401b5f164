import { batch, effect, signal } from "@preact/signals"
import { Connection } from "../../shared/connection"
import { Outbox } from "../../shared/outbox"
import type { AgentFrame, AgentOut, Event, Me, MessagePage, TicketOpen } from "../../shared/wire"
import { call, onSignedOut, Refused } from "./api"
import { now } from "./clock"
import { capabilityOf, connections, conversations, Conversation, counts, customers, forget, me, openId, openProblem, openTicket, people, putReads, takeConnections, readSeq, threads, tickets } from "./desk"
import { loadHeld, waits, went } from "./held"
import { firstPage, loadList, takeFirst } from "./list"
import { messageOf, threadOf, ticketOf, type Counts, type Message } from "./model"
import { openKey, view } from "./router"
import { acked, keepRefused, pending, refused } from "./send"
import { followUnsent, seenUnsent } from "./unsent"

/** Who types on which ticket, and until when it is believed. */
export const typing = signal<ReadonlyMap<string, { name: string; kind: string; until: number }>>(new Map())
export const viewing = signal<ReadonlyMap<string, readonly string[]>>(new Map())
export const drafts = signal<ReadonlyMap<string, { turn: string; epoch: number; text: string }>>(new Map())
export const signedIn = signal<boolean | null>(null)
/** Why the sign-in page shows, when nobody asked for it. */
export const sentOut = signal(false)
/** True while the first answer of all is still out, and the server can't be reached. */
export const noAnswer = signal(false)

const TYPING_LASTS = 6_000
const VIEWING_LASTS = 25_000
const VIEW_EVERY = 10_000
const COUNTS_AFTER = 400
const IMPORT_AFTER = 1_000

const patched = <V>(map: ReadonlyMap<string, V>, key: string, value: V | null): ReadonlyMap<string, V> => {
  const copy = new Map(map)
  if (value === null) copy.delete(key)
  else copy.set(key, value)
  return copy
}

/** What this agent said and the server has not answered; nobody else who signs in here sends it. */
let sends = new Outbox<AgentFrame>("shopbell:nobody")

function openOutbox(agent: string): void {
  sends = new Outbox<AgentFrame>(`shopbell:sends:${agent}`, localStorage)
  pending.value = sends.waiting().flatMap(([id, frame]) =>
    frame.type === "send" ? [{ id, ticket: frame.ticket_id, text: frame.draft.text, note: frame.draft.visibility === "note", attachments: [], held: null, how: { by: frame.by ?? null, template: frame.template ?? null, resolve: frame.resolve ?? false, ...(frame.draft.cc?.length || frame.draft.bcc?.length ? { copies: { cc: frame.draft.cc ?? [], bcc: frame.draft.bcc ?? [] } } : {}) }, problem: null }] : [],
  )
}

export const connection = new Connection<AgentFrame, AgentOut>({
  url: () => `${location.origin.replace(/^http/, "ws")}/ws/agent`,
  hello: (resume) => ({ type: "hello", resume }),
  receive,
  fresh: takeFresh,
  revoked: async () => {
    knownAs(await call<Me>("GET", "/api/me"))
    return true
  },
  get outbox() {
    return sends
  },
  polling: {
    next: async (resume, abort) => {
      const query = resume ? `?epoch=${resume.epoch}&position=${resume.position}` : ""
      const answer = await fetch(`/api/poll${query}`, { signal: abort })
      if (answer.status === 401) leave(true)
      if (!answer.ok) throw new Error(`poll answered ${answer.status}`)
      return (await answer.json()) as AgentOut
    },
    send: async (frame) => {
      if (frame.type === "read") await call("POST", `/api/threads/${frame.thread_id}/read`, { seq: frame.seq })
      if (frame.type !== "send") return null
      try {
        return { ...(await call<AgentOut>("POST", `/api/tickets/${frame.ticket_id}/messages`, { draft: frame.draft, take: frame.take ?? false, by: frame.by ?? null, template: frame.template ?? null, hold_s: frame.hold_s ?? 0, resolve: frame.resolve ?? false })) } as AgentOut
      } catch (error) {
        if (error instanceof Refused && error.problem.status > 0 && error.problem.status < 500) return { type: "refused", id: frame.draft.id, problem: error.problem }
        throw error
      }
    },
  },
})

function knownAs(who: Me): void {
  batch(() => {
    me.value = who
    people.put(who.people)
    takeConnections(who.connections)
  })
}

/** Everything anew, and shown in one step: nothing empties on the way. */
async function takeFresh(): Promise<void> {
  const key = openKey.peek()
  const [who, page, numbers, open] = await Promise.all([call<Me>("GET", "/api/me"), firstPage(), call<Counts>("GET", "/api/counts"), key === null ? null : opened(key)])
  batch(() => {
    forget()
    knownAs(who)
    counts.value = numbers
    takeFirst(page)
    if (open) takeOpen(open, key!)
  })
  void loadHeld().catch(() => undefined)
}

let countsLater: ReturnType<typeof setTimeout> | undefined

async function loadCounts(): Promise<void> {
  counts.value = await call<Counts>("GET", "/api/counts")
}

let importSeen: ReturnType<typeof setTimeout> | undefined

/** After an import there are tickets of which nothing was told one by one: the list is read anew. */
function readAnewSoon(): void {
  clearTimeout(importSeen)
  importSeen = setTimeout(() => void Promise.all([loadList(), loadCounts(), loadOpen()]).catch(() => undefined), IMPORT_AFTER)
}

function countSoon(): void {
  clearTimeout(countsLater)
  countsLater = setTimeout(() => void loadCounts().catch(() => undefined), COUNTS_AFTER)
}

export function conversation(thread: string): Conversation {
  let held = conversations.get(thread)
  if (!held) conversations.set(thread, (held = new Conversation(thread)))
  return held
}

/** What the address names, or null after saying why it can't be shown. */
async function opened(key: string): Promise<TicketOpen | null> {
  try {
    return await call<TicketOpen>("GET", `/api/tickets/${openTicket.peek()?.id ?? key}`)
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.status === 0 || error.problem.status >= 500) throw error
    if (openKey.peek() === key) openProblem.value = error.problem
    return null
  }
}

/** Fills the thread of the ticket in the address. */
async function loadOpen(): Promise<void> {
  const key = openKey.peek()
  openProblem.value = null
  if (key === null) return
  try {
    const come = await opened(key)
    if (come) batch(() => takeOpen(come, key))
  } catch (error) {
    if (error instanceof Refused && openKey.peek() === key && !openTicket.peek()) openProblem.value = error.problem
  }
}

function takeOpen(come: TicketOpen, key: string): void {
  tickets.put([come.ticket, ...come.tickets].map(ticketOf))
  threads.put([threadOf(come.thread)])
  customers.put([come.customer])
  const talk = conversation(come.thread.id)
  talk.messages.put(come.messages.map(messageOf))
  if (!talk.loaded.peek()) talk.more.value = come.more
  talk.contacts.value = come.contacts
  talk.readBefore.value = come.read_seq
  talk.loaded.value = true
  if (openKey.peek() === key) readTo(come.thread.id)
}

/** What somebody writes from outside may open a window, and a note of the system's may close one. */
async function loadContacts(thread: string): Promise<void> {
  const ticket = openTicket.peek()
  if (ticket?.thread_id !== thread) return
  conversation(thread).contacts.value = (await call<TicketOpen>("GET", `/api/tickets/${ticket.id}`)).contacts
}

export async function loadOlder(thread: string): Promise<void> {
  const talk = conversation(thread)
  const first = talk.inOrder.peek()[0]
  if (!first || !talk.more.peek() || talk.loadingMore.peek()) return
  talk.loadingMore.value = true
  try {
    const page = await call<MessagePage>("GET", `/api/threads/${thread}/messages?before=${first.seq}&limit=50`)
    batch(() => {
      talk.messages.put(page.messages.map(messageOf))
      talk.more.value = page.more
    })
  } finally {
    talk.loadingMore.value = false
  }
}

export function readTo(thread: string): void {
  const last = conversations.get(thread)?.inOrder.peek().at(-1)?.seq ?? 0
  if (document.visibilityState !== "visible" || last <= readSeq(thread).peek()) return
  readSeq(thread).value = last
  connection.tell({ type: "read", thread_id: thread, seq: last })
}

/** What was read while nothing could be told. */
function tellRead(): void {
  const thread = openTicket.peek()?.thread_id
  const seq = thread ? readSeq(thread).peek() : 0
  if (thread && seq > 0) connection.tell({ type: "read", thread_id: thread, seq })
}

function receive(frame: AgentOut): void {
  if (frame.type === "events") batch(() => frame.events.forEach(apply))
  else if (frame.type === "ack") {
    acked(frame.id)
    putMessage(messageOf(frame.message))
  } else if (frame.type === "held") waits(frame.id, frame.left_s)
  else if (frame.type === "refused" && frame.id) refused(frame.id, frame.problem)
  else if (frame.type === "typing" && frame.ticket_id) {
    if (frame.author.kind === "agent" && frame.author.id === me.peek()?.agent.id) return
    const ticket = frame.ticket_id
    const until = Date.now() + TYPING_LASTS
    typing.value = patched(typing.value, ticket, frame.on ? { name: frame.author.name, kind: frame.author.kind, until } : null)
    setTimeout(() => (typing.peek().get(ticket)?.until ?? Infinity) <= Date.now() && (typing.value = patched(typing.value, ticket, null)), TYPING_LASTS + 50)
  } else if (frame.type === "viewing") views(frame.ticket_id, frame.agents)
  else if (frame.type === "draft" && frame.ticket_id) {
    const stale = frame.done || (tickets.peek(frame.ticket_id)?.epoch ?? 0) > frame.epoch
    drafts.value = patched(drafts.value, frame.ticket_id, stale ? null : { turn: frame.turn_id, epoch: frame.epoch, text: frame.text })
  }
}

const lapses = new Map<string, ReturnType<typeof setTimeout>>()

/** Who looks is told again every 10 s, so silence means that nobody does. */
function views(ticket: string, agents: readonly string[]): void {
  clearTimeout(lapses.get(ticket))
  viewing.value = patched(viewing.value, ticket, agents.length ? agents : null)
  if (agents.length) lapses.set(ticket, setTimeout(() => views(ticket, []), VIEWING_LASTS))
  else lapses.delete(ticket)
}

function putMessage(message: Message): void {
  for (const [thread, talk] of conversations) if (thread === message.thread_id || talk.messages.peek(message.id)) talk.messages.put([message])
  const held = drafts.peek().get(message.ticket_id)
  if (held && held.turn === message.turn_id) drafts.value = patched(drafts.value, message.ticket_id, null)
  if (message.author.kind === "customer" && typing.peek().has(message.ticket_id)) typing.value = patched(typing.value, message.ticket_id, null)
}

function apply(event: Event): void {
  if (event.ticket) {
    const ticket = ticketOf(event.ticket)
    tickets.put([ticket])
    if (event.alarm) now.value = Date.now()
    if ((drafts.peek().get(ticket.id)?.epoch ?? Infinity) < ticket.epoch) drafts.value = patched(drafts.value, ticket.id, null)
    countSoon()
  }
  if (event.message) {
    const message = messageOf(event.message)
    putMessage(message)
    if (openTicket.peek()?.thread_id === message.thread_id) readTo(message.thread_id)
    if (event.kind === "message.created" && (message.author.kind === "system" || (message.author.kind === "customer" && !capabilityOf(message.channel)?.live))) void loadContacts(message.thread_id).catch(() => undefined)
    seenUnsent(message)
    if (event.kind === "message.created") went(message.id)
  }
  if (event.thread) threads.put([threadOf(event.thread)])
  if (event.customer) customers.put([event.customer])
  if (event.read) putReads([event.read])
  if (event.agent) people.put([event.agent])
  if (event.connection) takeConnections([...connections.peek().values(), event.connection])
  if (event.kind === "import.came") readAnewSoon()
}

/** Who is signed in, if anyone; then the live part begins. */
export async function begin(): Promise<void> {
  try {
    entered(await call<Me>("GET", "/api/me"))
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) return
    noAnswer.value = true
    setTimeout(() => void begin(), 3_000)
  }
}

let following = false

export function entered(who: Me): void {
  batch(() => {
    if (me.peek()?.agent.id !== who.agent.id) forget()
    openOutbox(who.agent.id)
    knownAs(who)
    signedIn.value = true
    sentOut.value = false
  })
  connection.restart()
  if (following) return
  following = true
  followUnsent()
  let before = view.peek()
  effect(() => {
    if (view.value !== before) void loadList().catch(() => undefined)
    before = view.value
  })
  let last = openKey.peek()
  effect(() => {
    if (openKey.value !== last) void loadOpen()
    last = openKey.value
  })
  const look = (): void => connection.tell({ type: "view", ticket_id: document.visibilityState === "visible" ? openId.peek() : null })
  effect(() => {
    void openId.value
    if (connection.state.value === "live") look()
  })
  effect(() => {
    if (connection.state.value === "live") tellRead()
  })
  setInterval(look, VIEW_EVERY)
  document.addEventListener("visibilitychange", () => {
    look()
    const thread = openTicket.peek()?.thread_id
    if (thread) readTo(thread)
  })
  addEventListener("pagehide", keepRefused)
}

/** To the sign-in page; `sent` when it was not the agent's own wish. */
function leave(sent: boolean): void {
  connection.stop()
  batch(() => {
    sentOut.value = sent && me.peek() !== null
    signedIn.value = false
  })
}

onSignedOut(() => leave(true))

export async function signOut(): Promise<void> {
  await call("DELETE", "/api/session").catch(() => undefined)
  batch(() => {
    leave(false)
    forget()
    me.value = null
  })
}
