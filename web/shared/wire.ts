// Made by bin/types from shopbell/realtime/frames.py and shopbell/server/types.py: edit those.

export type Uuid = string
/** RFC 3339 */
export type Instant = string

/** A person who works in the inbox. */
export interface Agent {
  id: Uuid
  email: string
  name: string
  role: "admin" | "agent" | "viewer"
  teams: Uuid[]
  disabled: boolean
  version: number
}

/** The message stands in Postgres. Sent once for each `send`, also for a repeated one. */
export interface AgentAck {
  type: "ack"
  id: Uuid
  message: Message
}

/** First frame of an agent's socket; the session cookie says who it is. */
export interface AgentHello {
  type: "hello"
  resume?: Position | null
}

/** How far one agent has read one thread. */
export interface AgentRead {
  agent_id: Uuid
  thread_id: Uuid
  seq: number
}

/** The agent has read the thread up to `seq`. */
export interface AgentReadTo {
  type: "read"
  thread_id: Uuid
  seq: number
}

/** Say or note something on a ticket. A public message takes the ticket over; when another agent has it, it is refused unless `take` says that this is on purpose. It goes out `by` this connection, else by the ticket's, and as the platform's `template` where one is filled in. With `hold_s` it waits so many seconds first, and its author can take it back; `resolve` settles the ticket with it. */
export interface AgentSend {
  type: "send"
  ticket_id: Uuid
  draft: Draft
  take?: boolean
  by?: Uuid | null
  template?: Filling | null
  hold_s?: number
  resolve?: boolean
}

/** The agent types a reply (or a note: then the customer is not told). */
export interface AgentTyping {
  type: "typing"
  ticket_id: Uuid
  on: boolean
  note?: boolean
}

/** GET /api/agents: everyone, the disabled too, by name. */
export interface Agents {
  agents: Agent[]
}

/** A clock reached `step` per cent of its goal; 100 is the breach. */
export interface Alarm {
  clock_id: Uuid
  kind: "first_response" | "next_response" | "pickup" | "resolution"
  step: number
  due_at: Instant
}

/** The assistant's answer so far, whole each time. Not an event: it may be lost, and ends with the message, with `done` true, or with a newer epoch. `turn_id` is also on the message. */
export interface AnswerDraft {
  type: "draft"
  turn_id: Uuid
  epoch: number
  text: string
  done: boolean
  ticket_id: Uuid | null
}

/** The shopper presses *Talk to a person*; `id` is a client-made UUIDv7 like a message's. */
export interface AskPerson {
  type: "ask_person"
  id: Uuid
  page?: Page | null
}

/** Give a ticket to an agent, a team, both, or (null, null) nobody. */
export interface Assign {
  agent_id?: Uuid | null
  team_id?: Uuid | null
}

/** Give the ticket to whoever runs the macro (`to_me`), an agent, a team, or, with none, nobody. */
export interface AssignStep {
  do: "assign"
  to_me?: boolean
  agent_id?: Uuid | null
  team_id?: Uuid | null
}

/** Give it to an agent, a team or (null) nobody; what is left out stays as each ticket has it. */
export interface Assigning {
  do: "assign"
  agent_id?: Uuid | null
  team_id?: Uuid | null
}

/** A file on a message; `size` in bytes, `url` signed for whoever reads the message. `state` is empty once its bytes are here: `expected` while they are fetched from a platform, `missing` when they could not be, with `words` that say why. */
export interface Attachment {
  id: Uuid
  name: string
  media_type: string
  size: number
  width?: number | null
  height?: number | null
  url?: string
  state?: "" | "expected" | "missing"
  words?: string
}

/** Who said or did something; the assistant and the system have no id. */
export interface Author {
  kind: "agent" | "assistant" | "customer" | "system"
  id: Uuid | null
  name: string
}

/** A clock with what each of its segments counts for, in seconds: they sum up to its figure. */
export interface Bill {
  clock: Clock
  counted_s: number[]
}

/** One place of a template to be filled in, at most `most` characters long. `name` is the platform's: a number or a word, and for a button its place from 0. `kind` says what goes there: words, the end of a button's address, a code to copy, or a file that comes along. */
export interface Blank {
  part: "body" | "button" | "header"
  name: string
  kind?: "code" | "document" | "image" | "text" | "url" | "video"
  most: number
  example?: string
}

/** A storefront. */
export interface Brand {
  id: Uuid
  name: string
  settings: BrandSettings
}

/** How a brand looks and speaks, and when its people are there: in these hours, but not on the public holidays of `country` (ISO 3166-1) and `region` (ISO 3166-2 suffix) nor on `closed` days. `handle_minutes` is how long a person is busy with one who waits, `elsewhere_minutes` how long a reply may stay unseen on the page before it goes to the address left there (0: for ever). What is promised stands in the policies (docs/sla.md). */
export interface BrandSettings {
  time_zone?: string
  hours?: Opening[]
  country?: string
  region?: string
  closed?: string[]
  handle_minutes?: number
  elsewhere_minutes?: number
  greeting?: string
  color?: string
  assistant_name?: string
  voice?: string
  language?: string
}

/** Open hours on the clock of one place. `hours` may overlap; none at all is around the clock. `time_zone` is an IANA name, `country` an ISO 3166-1 code whose public holidays are closed ("" for none), `region` a part of it by its ISO 3166-2 suffix, `closed` more closed days. */
export interface Calendar {
  time_zone: string
  hours: Opening[]
  country: string
  region: string
  closed: string[]
}

/** What a channel can carry: composer, assistant and rules read this and nothing else. `max_text` in characters, `max_file` in bytes, `reply_window` in hours (None: never shuts). `human_window`: in those hours people may still answer after the window shut. `sender` is the kind of identity by which the platform names people. `live` says that committing a message is sending it: readers follow the stream themselves. `copies`: others may get a message too, in sight of the customer or not. `segments`: each text is sent, and paid for, in the parts that phone networks know. */
export interface Capability {
  channel: string
  label: string
  max_text: number
  media_types: string[]
  max_file: number
  formatting: "html" | "markdown" | "plain"
  buttons: number
  reply_window: number | null
  human_window: number | null
  templates: boolean
  receipts: ("delivered" | "read")[]
  typing: boolean
  idempotent_sends: boolean
  community: boolean
  live: boolean
  segments: boolean
  copies: boolean
  sender: string
  regions: string
}

/** Only the given fields change; disabling, or another role, signs the agent out everywhere. */
export interface ChangeAgent {
  name?: string | null
  role?: "admin" | "agent" | "viewer" | null
  disabled?: boolean | null
}

/** PATCH /api/connections/{id}: only what is given changes; `entered` replaces those credentials and leaves the others. */
export interface ChangeConnection {
  name?: string | null
  answer_mode?: "first" | "off" | "suggest" | null
  paused?: boolean | null
  entered?: Record<string, string> | null
}

/** What came of a change, ticket by ticket. `id` takes it back (POST /api/changes/{id}/undo) within an hour; null where there is nothing to take back. */
export interface ChangeDone {
  id: Uuid | null
  tickets: Changed[]
}

/** POST /api/me/password: the present one, and the one to come. */
export interface ChangePassword {
  old: string
  new: string
}

/** PUT /api/replies/{id}: what it is to be; `version` is the one that was looked at. */
export interface ChangeReply {
  saved: SavedDraft
  version: number
}

/** PUT /api/tags/{id}: what it is to be; `version` is the one that was looked at. */
export interface ChangeTag {
  tag: TagDraft
  version: number
}

/** POST /api/changes: the same for each of these tickets. */
export interface ChangeTickets {
  ticket_ids: Uuid[]
  change: Resolving | Reopening | Assigning | Snoozing | Ranking | Tagging | TakingOver | Releasing
}

/** One ticket's part of a change: the ticket as it stands now, or why it was refused. */
export interface Changed {
  ticket_id: Uuid
  ticket?: Ticket | null
  problem?: Problem | null
}

/** A channel that can be connected. `form` is what to enter; `hooked` says that its platform calls a hook of ours, `checked` that it can be asked how an account is. */
export interface ChannelKind {
  capability: Capability
  form: Field[]
  hooked: boolean
  checked: boolean
}

/** What a sentence of the assistant rests on. */
export interface Citation {
  title: string
  quote?: string
  url?: string | null
  kind?: "article" | "order" | "product"
  chunk_id?: Uuid | null
  language?: string | null
}

/** The timer of one ticket for one target. `due_at` and `alarm_at` are None while it stands, or where its calendar never opens again. `step` is the last alarm that went off, in per cent of the goal, `elapsed_s` the time counted at its end. */
export interface Clock {
  id: Uuid
  ticket_id: Uuid
  kind: "first_response" | "next_response" | "pickup" | "resolution"
  policy_id: Uuid
  policy: string
  seconds: number
  calendar?: Calendar
  pauses?: ("assistant" | "customer" | "snoozed")[]
  started_at: Instant
  due_at?: Instant | null
  alarm_at?: Instant | null
  step?: number
  segments?: Segment[]
  earlier?: Deadline[]
  ended_at?: Instant | null
  outcome?: "dropped" | "met" | "missed" | null
  elapsed_s?: number | null
}

/** GET /api/tickets/{id}/clocks: all that ran for a ticket, the oldest first. */
export interface Clocks {
  clocks: Bill[]
}

/** True of a ticket whose field is one of these; with `unless`, of every other. */
export interface Condition {
  field: "brand" | "channel" | "control" | "priority" | "tag" | "team"
  any_of: string[]
  unless?: boolean
}

/** A connection after it was made or changed; `made` are secrets that Shopbell made, shown only here. */
export interface Connected {
  shown: ConnectionShown
  made: Record<string, string>
}

/** One configured account of a channel. */
export interface Connection {
  id: Uuid
  brand_id: Uuid
  channel: string
  name: string
  public_key: string | null
  answer_mode: "first" | "off" | "suggest"
  health: "degraded" | "off" | "ok" | "reconnect"
  health_words: string
  account: string | null
  settings: ConnectionSettings
}

/** Settings of one connection; for web chat `origins` are the pages that may embed it (empty: any), for a custom channel `endpoint` is where messages are posted. `options` are a channel's own, such as the servers of a mailbox; `base_url` stands in for the platform's address. */
export interface ConnectionSettings {
  origins?: string[]
  endpoint?: string
  base_url?: string
  options?: Record<string, string>
}

/** A connection as admins see it. `kept` names the credentials that are there, never their values. `hook` is the address to enter at the platform, empty where it needs none; `embed` the line of HTML that puts a web chat on a page. */
export interface ConnectionShown {
  connection: Connection
  kept: string[]
  hook: string
  embed: string
  heard_at: Instant | null
  sent_at: Instant | null
  checked_at: Instant | null
}

/** GET /api/connections: the accounts, and the channels that can be connected. */
export interface Connections {
  connections: ConnectionShown[]
  channels: ChannelKind[]
}

/** How a customer can be answered by one connection: where they wrote from, or, with no `heard_at`, an address of theirs that was verified elsewhere. One that is `claimed` they only left on the page: nobody has proven that it is theirs. `consent` says why we may write there: they wrote, they agreed (by leaving the address, or by proving it), or the address is merely known to be theirs, which is enough for a mail and not for a text message. */
export interface Contact {
  thread_id: Uuid
  connection_id: Uuid
  channel: string
  place: string
  identity: string
  community: boolean
  window_until: Instant | null
  opted_out: boolean
  claimed: boolean
  consent: "agreed" | "known" | "wrote"
  heard_at: Instant | null
}

/** GET /api/counts: tickets in each built-in view, and messages that did not go out, absolute. */
export interface Counts {
  mine: number
  unassigned: number
  waiting: number
  assistant: number
  all_open: number
  snoozed: number
  resolved: number
  due: number
  unsent: number
}

/** One shopper. */
export interface Customer {
  id: Uuid
  name: string
  language: string | null
  identities: Identity[]
  version: number
  created_at: Instant
}

/** A deadline that once stood, and why another took its place at `until`. */
export interface Deadline {
  due_at: Instant | null
  seconds: number
  policy: string
  until: Instant
  because: string
}

/** How far the sending of a message came; `error` says what to do about a failure. */
export interface Delivery {
  status: "delivered" | "failed" | "queued" | "read" | "sending" | "sent" | "uncertain" | "withheld"
  error?: string | null
}

/** What a client asks to be said; `id` is a client-made UUIDv7, so sending twice writes once. `cc` and `bcc` are addresses that an agent's mail goes to besides. */
export interface Draft {
  id: Uuid
  text: string
  visibility?: "note" | "public"
  attachments?: Uuid[]
  page?: Page | null
  cc?: string[]
  bcc?: string[]
}

/** What of a ticket is due next: by when, or None while it stands for `pause`. `step` is the highest alarm of its running clocks. */
export interface Due {
  kind: "first_response" | "next_response" | "pickup" | "resolution"
  at?: Instant | null
  pause?: "assistant" | "customer" | "snoozed" | null
  step?: number
}

/** One fact. `position` is given by the relay, gap-free from 1; until then it is 0. */
export interface Event {
  position?: number
  kind: "agent.updated" | "clock.breached" | "clock.warned" | "connection.updated" | "control.handed_off" | "control.released" | "control.taken" | "customer.joined" | "customer.parted" | "customer.updated" | "import.came" | "message.created" | "message.imported" | "message.updated" | "read.moved" | "session.revoked" | "thread.read" | "thread.seen" | "ticket.assigned" | "ticket.created" | "ticket.reopened" | "ticket.resolved" | "ticket.restored" | "ticket.snoozed" | "ticket.suggested" | "ticket.updated" | "window.closing"
  at: Instant
  actor: Author
  thread_id?: Uuid | null
  ticket_id?: Uuid | null
  message?: Message
  ticket?: Ticket
  thread?: Thread
  customer?: Customer
  read?: AgentRead
  agent?: Agent
  session_id?: Uuid
  connection?: Connection
  alarm?: Alarm
}

/** Agents: events in order; `position` is that of the last one looked at. */
export interface Events {
  type: "events"
  position: number
  events: Event[]
}

/** What placeholders of one ticket are filled with: `values` by name, and `told` by language for what each language says in its own words. What is not known is not there. */
export interface Facts {
  values: Record<string, string>
  told: Record<string, Record<string, string>>
}

/** One thing a person has to enter to connect an account; `help` says where to find it. `made`: left empty, Shopbell makes one and shows it once, to be entered at the platform: any `token`, or a `whsec` of Standard Webhooks. */
export interface Field {
  name: string
  label: string
  help: string
  secret: boolean
  required: boolean
  default: string
  made: "" | "token" | "whsec"
}

/** What goes into one blank; a file's has no `value`. */
export interface FilledBlank {
  part: "body" | "button" | "header"
  name: string
  kind?: "code" | "document" | "image" | "text" | "url" | "video"
  value?: string
}

/** A template as it is sent: the platform's name for it, and its blanks filled in their order. */
export interface FilledTemplate {
  name: string
  language: string
  blanks?: FilledBlank[]
}

/** A template of the platform's and what goes into its blanks, by their keys (`body.1`). */
export interface Filling {
  name: string
  language: string
  values?: Record<string, string>
}

/** A customer whom an agent may join, and why they were found. */
export interface Found {
  customer: Customer
  ticket_number: number | null
}

/** GET /api/customers?find=: whom a ticket's number or an address names. */
export interface FoundCustomers {
  found: Found[]
}

/** What the assistant left for the people, and what it told the customer. */
export interface Handoff {
  reason: "approval" | "asked" | "away" | "failed" | "no_answer" | "policy" | "stranger" | "tone" | "unavailable"
  at: Instant
  summary?: string
  wants?: string
  tried?: string[]
  suggested_reply?: string
  promised_by?: Instant | null
}

/** The reply waits in Postgres and goes in `left_s` seconds, whether this page is open or not. */
export interface Held {
  type: "held"
  id: Uuid
  left_s: number
}

/** Why it did not go when its time had come, as a problem document says it. */
export interface HeldProblem {
  type: string
  title: string
  status: number
  detail: string
  holder: string
}

/** GET /api/held: the asking agent's replies that wait to go, or could not. */
export interface HeldReplies {
  held: HeldReply[]
}

/** A reply that waits. It goes in `left_s` seconds, unless a `problem` holds it. Its id is the draft's, and then the message's. */
export interface HeldReply {
  ticket_id: Uuid
  sending: Sending
  left_s: number
  problem: HeldProblem | null
}

/** A ticket that was found, by the newest of its messages that fits or by what it is itself. */
export interface Hit {
  ticket: Ticket
  at: Instant
  message_id?: Uuid | null
  seq?: number | null
  snippet?: SnippetPart[]
}

/** GET /api/search: hits, newest first. `meant` is the query with misspelt words mended, where there are any; `next` is the cursor of what follows. */
export interface Hits {
  hits: Hit[]
  meant: string | null
  next: Uuid | null
}

/** One name a customer goes by; `verified` says that it was proven, not only said. */
export interface Identity {
  id: Uuid
  kind: string
  value: string
  verified: boolean
}

/** An agent and the one-time link with which they choose a password; it is shown only here. */
export interface Invited {
  agent: Agent
  link: string
}

/** POST /api/customers/{id}/join: the other becomes part of the customer. */
export interface JoinWith {
  other_id: Uuid
}

/** One joining that stands: `former` is who became part of another. `by` is the agent's name, empty where the customer proved it themselves. */
export interface Joining {
  id: Uuid
  former: Customer
  how: "agent" | "code" | "shop"
  by: string
  at: Instant
}

/** GET /api/customers/{id}/joinings: who is part of the customer, the newest first. */
export interface Joinings {
  joinings: Joining[]
}

/** POST /api/widget/address: where replies go that are not seen on the page. `consent` are the words that the shopper agreed to, as they read them. */
export interface LeaveAddress {
  address: string
  consent: string
}

/** The address that was left, veiled. */
export interface LeftAddress {
  left: string
}

/** An example that led to a tag, and how like it the ticket's words are, from 0 to 1. */
export interface Likeness {
  text: string
  likeness: number
}

/** What came of a macro: how many steps were done, where it stopped if it did, and the ticket as it then stood. */
export interface MacroRun {
  done: number
  stopped: Stopped | null
  ticket: Ticket
}

/** What agents see of a mail besides its words. `matched_by` says why it is in this thread, `authentication` what the receiving host found; `warning` is shown beside the sender. Of a mail of ours it says who else got it: `cc`, and `bcc`, which nobody who got it sees. */
export interface MailHead {
  sender?: string
  to?: string[]
  cc?: string[]
  bcc?: string[]
  subject?: string
  message_id?: string
  references?: string[]
  matched_by?: string
  authentication?: string
  warning?: string
}

/** A tag on a ticket: who put it there and when, and for the assistant how sure it was and the examples that led there; where a word of the tag's was said, it is `word`. */
export interface Marked {
  name: string
  by: Author
  at: Instant
  confidence: number | null
  word: string
  examples: Likeness[]
}

/** GET /api/tickets/{id}/tags: who put each tag on the ticket, and why. */
export interface Marks {
  marks: Marked[]
}

/** GET /api/me: who is signed in, and what the inbox needs to name things. `channels` are the names people know them by, `capabilities` what each can carry, `connections` the accounts; `undo_s` is how many seconds one's replies wait before they go; `position` was reached before any of this was read. */
export interface Me {
  agent: Agent
  people: Agent[]
  teams: Team[]
  brands: Brand[]
  channels: Record<string, string>
  capabilities: Record<string, Capability>
  connections: Connection[]
  undo_s: number
  epoch: Uuid
  position: number
}

/** POST /api/tags/{id}/merge: the tag becomes another word for that one. */
export interface MergeTag {
  into: Uuid
}

/** One message; `seq` rises within the thread from 1 and is its only order. `sender` is the address that it came from on its channel; of a mail it is in its head. `template` is set where the platform sends one of its own, whose words are the `text`. */
export interface Message {
  id: Uuid
  thread_id: Uuid
  ticket_id: Uuid
  seq: number
  author: Author
  visibility?: "note" | "public"
  channel: string
  text: string
  html?: string | null
  citations?: Citation[]
  attachments?: Attachment[]
  page?: Page | null
  why?: string
  delivery?: Delivery | null
  turn_id?: Uuid | null
  at: Instant
  edited_at?: Instant | null
  removed?: boolean
  reactions?: Reaction[]
  reply_to?: Uuid | null
  whole?: string
  context?: string
  mail?: MailHead | null
  sender?: string
  template?: FilledTemplate | null
  version?: number
}

/** Messages before a `seq`, oldest first. */
export interface MessagePage {
  messages: Message[]
  more: boolean
}

/** By which other connection; `on_purpose` as for a retry. */
export interface Move {
  connection_id: Uuid
  on_purpose?: boolean
}

export interface NewAgent {
  email: string
  name: string
  role: "admin" | "agent" | "viewer"
}

/** POST /api/connections: `entered` by the names of the channel's form. */
export interface NewConnection {
  channel: string
  name?: string
  brand_id?: Uuid | null
  entered: Record<string, string>
}

/** POST /api/replies. `id` is a client-made UUIDv7, so that saving twice keeps one. */
export interface NewReply {
  id: Uuid
  saved: SavedDraft
}

/** POST /api/tags. */
export interface NewTag {
  tag: TagDraft
}

/** Tell the team something; placeholders are filled in. */
export interface NoteStep {
  do: "note"
  text: string
}

/** One block of staffed hours; `day` 0 is Monday, times are local `HH:MM`. One that ends no later than it starts ends the next day. */
export interface Opening {
  day: number
  start: string
  end: string
}

/** The shop page a shopper wrote from, as the page describes itself. */
export interface Page {
  url?: string
  title?: string
  product?: string
  sku?: string
  price?: string
}

/** Are you there? Answered by pong; send one every 25 s when nothing else is sent. */
export interface Ping {
  type: "ping"
}

/** GET and PUT /api/sla/policies: what is promised, in order; the first that fits counts. */
export interface Policies {
  policies: Policy[]
}

/** What is promised to tickets that meet all conditions. The first that fits counts. */
export interface Policy {
  id: Uuid
  name: string
  conditions?: Condition[]
  targets?: Target[]
  enabled?: boolean
}

/** Answer to ping. */
export interface Pong {
  type: "pong"
}

/** A place in one history; a new `epoch` (after a restore) makes older positions void. */
export interface Position {
  epoch: Uuid
  position: number
}

/** The last message, as the list shows it. */
export interface Preview {
  author: "agent" | "assistant" | "customer" | "system"
  text: string
  at: Instant
  note: boolean
}

/** Say how much it presses. */
export interface PriorityStep {
  do: "priority"
  priority: "high" | "low" | "normal" | "urgent"
}

/** What went wrong and what to do (RFC 9457). `type` is a short stable name. */
export interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  holder?: string
  retry_after?: number | null
}

/** Say how much it presses. */
export interface Ranking {
  do: "priority"
  priority: "high" | "low" | "normal" | "urgent"
}

/** A sign that somebody put on a message; `by` is their identity on its channel. */
export interface Reaction {
  sign: string
  by: string
}

export interface ReadTo {
  seq: number
}

/** What was sent under `id` was not done, and why. */
export interface Refusal {
  type: "refused"
  id: Uuid | null
  problem: Problem
}

/** `note` tells the assistant, and the team, what the people settled. */
export interface Release {
  note?: string
}

/** Give control back to the assistant; `note` tells it, and the team, what was settled. */
export interface Releasing {
  do: "release"
  note?: string
}

/** Make what is resolved or snoozed open again. */
export interface Reopening {
  do: "reopen"
}

/** POST /api/tickets/{id}/messages: the websocket's `send` for networks without websockets. */
export interface Reply {
  draft: Draft
  take?: boolean
  by?: Uuid | null
  template?: Filling | null
  hold_s?: number
  resolve?: boolean
}

/** Send the macro's own text to the customer. */
export interface ReplyStep {
  do: "reply"
}

/** What is said in one language (ISO 639-1): a greeting with something of their own, the standard middle, which stays word for word, and a personal close. Placeholders stand in double braces. */
export interface ReplyText {
  language: string
  opening?: string
  middle: string
  close?: string
}

/** Close the matter. */
export interface ResolveStep {
  do: "resolve"
}

/** Close the matter. */
export interface Resolving {
  do: "resolve"
}

/** `on_purpose`: even a message that may have arrived. */
export interface Retry {
  on_purpose?: boolean
}

/** POST /api/tickets/{id}/macro: the macro whose preview was seen at `version`. `message_id` and `note_id` are client-made UUIDv7s of what it says, so running twice says it once; its reply goes out `by` this connection, else by the ticket's. */
export interface RunMacro {
  reply_id: Uuid
  version: number
  language: string
  message_id: Uuid
  note_id: Uuid
  by?: Uuid | null
}

/** What an agent gives a saved reply to be. */
export interface SavedDraft {
  title: string
  shortcut?: string
  texts?: ReplyText[]
  steps?: (ReplyStep | NoteStep | TagStep | AssignStep | SnoozeStep | PriorityStep | ResolveStep)[]
  visibility?: "all" | "me" | "team"
  team_id?: Uuid | null
}

/** GET /api/replies: the saved replies and macros that the asking agent may see, by title. */
export interface SavedReplies {
  replies: SavedReply[]
}

/** A text that is said often, in one or more languages. With `steps` it is a macro, whose text is sent where the step `reply` stands. `used` counts insertions and runs. */
export interface SavedReply {
  id: Uuid
  title: string
  shortcut: string
  texts: ReplyText[]
  steps: (ReplyStep | NoteStep | TagStep | AssignStep | SnoozeStep | PriorityStep | ResolveStep)[]
  visibility: "all" | "me" | "team"
  owner_id: Uuid
  team_id: Uuid | null
  used: number
  last_used_at: Instant | null
  version: number
  updated_at: Instant
}

/** A stretch in which a clock ran, or stood for one `pause`, in the hands of one holder. `holder` names an agent; the assistant and a queue that nobody took have no name. */
export interface Segment {
  start: Instant
  end?: Instant | null
  pause?: "assistant" | "customer" | "snoozed" | null
  holder_kind?: "agent" | "assistant" | "customer" | "system" | null
  holder?: Uuid | null
}

/** POST /api/widget/codes: "I also wrote from there". `id` is a client-made UUIDv7, of the message that says where the code goes. */
export interface SendCode {
  id: Uuid
  address: string
}

/** How a held reply is to go: what it says, by which connection, as which template, and whether that settles its ticket. */
export interface Sending {
  draft: Draft
  by: Uuid | null
  template: Filling | null
  resolve: boolean
}

/** POST /api/customers/{id}/language: which language they write (ISO 639-1). */
export interface SetLanguage {
  language: string
}

/** POST /api/invitation: accept a one-time link. The first admin says their address too. */
export interface SetPassword {
  token: string
  name: string
  password: string
  email?: string | null
}

export interface SetPriority {
  priority: "high" | "low" | "normal" | "urgent"
}

export interface SetTags {
  tags: string[]
}

/** PUT /api/me/undo-send: how many seconds one's replies wait; 0 for not at all. */
export interface SetUndo {
  seconds: number
}

/** As for agents; for `ask_person`, `message` is what the customer was told. */
export interface ShopperAck {
  type: "ack"
  id: Uuid
  message: ShopperMessage
  thread: ShopperThread
}

/** An author as the shopper may know them: a person's first name, never an id. */
export interface ShopperAuthor {
  kind: "agent" | "assistant" | "customer" | "system"
  name?: string
}

/** What an event means to the shopper: the message, if it made or changed one, and the thread. */
export interface ShopperEvent {
  position: number
  message?: ShopperMessage | null
  thread?: ShopperThread | null
}

/** Shoppers: events of their own thread, in order. */
export interface ShopperEvents {
  type: "events"
  position: number
  events: ShopperEvent[]
}

/** First frame of a shopper's socket, with the token of `POST /api/widget/session`. */
export interface ShopperHello {
  type: "hello"
  token: string
  resume?: Position | null
}

/** A public message as the shopper sees it. A removed one keeps its place and none of its words or files; `edited_at` (RFC 3339) is when its author changed it last. */
export interface ShopperMessage {
  id: Uuid
  seq: number
  author: ShopperAuthor
  text: string
  html?: string | null
  citations?: Citation[]
  attachments?: Attachment[]
  channel?: string
  at: string
  edited_at?: string | null
  removed?: boolean
  version?: number
}

/** GET /api/widget/messages: messages before a `seq`, oldest first. */
export interface ShopperPage {
  messages: ShopperMessage[]
  more: boolean
}

/** The shopper has seen the conversation up to `seq`. */
export interface ShopperReadTo {
  type: "read"
  seq: number
}

/** The shopper says something. */
export interface ShopperSend {
  type: "send"
  draft: Draft
}

/** Where the shopper's conversation stands. `answering` says who answers now; `waiting` is true between a handoff and a person's first word, and `promised_by` (RFC 3339) is the honest time given then. Counts are absolute. */
export interface ShopperThread {
  answering?: "agents" | "assistant"
  agent_name?: string
  waiting?: boolean
  promised_by?: string | null
  resolved?: boolean
  last_seq?: number
  read_seq?: number
  unread?: number
  seen_seq?: number
  version?: number
}

/** The shopper types. */
export interface ShopperTyping {
  type: "typing"
  on: boolean
}

/** POST /api/session. */
export interface SignIn {
  email: string
  password: string
}

/** The shopper's whole present state: the thread and its newest messages, oldest first. */
export interface Snapshot {
  type: "snapshot"
  thread: ShopperThread
  messages: ShopperMessage[]
  more: boolean
}

/** A piece of a snippet; `hit` where it is what was looked for. */
export interface SnippetPart {
  text: string
  hit?: boolean
}

/** Out of sight until then, or until the customer writes; null is only until they write. */
export interface Snooze {
  until: Instant | null
}

/** Out of sight for so many hours. */
export interface SnoozeStep {
  do: "snooze"
  hours: number
}

/** Out of sight until then, or until the customer writes; null is only until they write. */
export interface Snoozing {
  do: "snooze"
  until: Instant | null
}

/** Which step of a macro was refused (from 0), and why; nothing after it ran. */
export interface Stopped {
  step: number
  kind: string
  title: string
  detail: string
  holder: string
}

/** An answer of the assistant that was not sent: kept for the agent to use or not. */
export interface Suggestion {
  text: string
  citations?: Citation[]
  turn_id?: Uuid | null
  at: Instant
}

/** One tag of the tree. `synonyms` are other words for it; the assistant may put it on where it is `suggested`. `merged_into` is the tag that took its place. `used` counts the tickets that have it; whoever changes it names the `version` they saw. */
export interface Tag {
  id: Uuid
  name: string
  parent_id: Uuid | null
  synonyms: string[]
  description: string
  colour: "amber" | "green" | "grey" | "red" | "violet"
  suggested: boolean
  merged_into: Uuid | null
  used: number
  version: number
}

/** What a tag is to be. */
export interface TagDraft {
  name: string
  parent_id?: Uuid | null
  synonyms?: string[]
  description?: string
  colour?: "amber" | "green" | "grey" | "red" | "violet"
  suggested?: boolean
}

/** Put tags on the ticket and take others off. */
export interface TagStep {
  do: "tag"
  add?: string[]
  remove?: string[]
}

/** Add these tags and take those away; others stay. */
export interface Tagging {
  do: "tags"
  add?: string[]
  remove?: string[]
}

/** GET /api/tags: all tags by name, those that were merged too. */
export interface Tags {
  tags: Tag[]
}

/** `on_purpose`: take it even from another agent. */
export interface TakeOver {
  on_purpose?: boolean
}

/** Give control to the asking agent; `on_purpose`: even from another agent. */
export interface TakingOver {
  do: "take_over"
  on_purpose?: boolean
}

/** One figure of a policy: `seconds`, in the calendar's open hours or around the clock. `overnight_seconds` is what counts instead, around the clock, for what begins while it is shut. */
export interface Target {
  kind: "first_response" | "next_response" | "pickup" | "resolution"
  seconds: number
  hours?: "always" | "open"
  overnight_seconds?: number | null
  pauses?: ("assistant" | "customer" | "snoozed")[]
}

/** A group of agents that tickets are given to. */
export interface Team {
  id: Uuid
  name: string
}

/** A message that a platform lets a shop begin with, in one language. `status` is the platform's word; only APPROVED ones can be sent. Its texts hold `{{name}}` where a blank is. `unfit` says why it cannot be sent from here, if so. */
export interface Template {
  name: string
  language: string
  external_id: string
  category: string
  status: string
  reason: string
  header: string
  body: string
  footer: string
  buttons: TemplateButton[]
  blanks: Blank[]
  unfit: string
}

/** What a button says, and the address or number that it leads to, if it does. */
export interface TemplateButton {
  label: string
  leads?: string
}

/** GET /api/connections/{id}/templates: as the platform last told them, approved or not. */
export interface Templates {
  templates: Template[]
  read_at: Instant | null
}

/** The thread's counters. The customer's unread is `out_count - customer_read_out`. */
export interface Thread {
  id: Uuid
  customer_id: Uuid
  last_seq?: number
  out_count?: number
  customer_read_seq?: number
  customer_read_out?: number
  agents_read_seq?: number
  current_ticket_id?: Uuid | null
  version?: number
}

/** One matter: status, owner and control are three things. `epoch` rises with each change of control and fences replies. `waiting_since` is set while the customer waits for a person, `due` what its clocks are running towards, `answer_before` is set once the channel is about to take no more free answers. `version` rises with each change: the higher one is newer. */
export interface Ticket {
  id: Uuid
  number: number
  thread_id: Uuid
  customer_id: Uuid
  customer_name?: string
  brand_id: Uuid
  connection_id: Uuid
  channel: string
  subject?: string
  status?: "closed" | "open" | "pending" | "resolved" | "snoozed"
  priority?: "high" | "low" | "normal" | "urgent"
  team_id?: Uuid | null
  assignee_id?: Uuid | null
  tags?: string[]
  control?: "agents" | "assistant"
  epoch?: number
  engaged_from_seq?: number
  last_seq?: number
  last_customer_seq?: number
  preview?: Preview | null
  waiting_since?: Instant | null
  handoff?: Handoff | null
  suggestion?: Suggestion | null
  snoozed_until?: Instant | null
  due?: Due | null
  answer_before?: Instant | null
  created_at: Instant
  updated_at: Instant
  resolved_at?: Instant | null
  version?: number
}

/** GET /api/tickets/{id}: all that opening a ticket shows. `messages` are the thread's newest, oldest first, and `more` says that there are older ones; `tickets` are the thread's newest 100, oldest first. `read_seq` is how far the asking agent has read, `contacts` where the customer can be answered. */
export interface TicketOpen {
  ticket: Ticket
  thread: Thread
  customer: Customer
  messages: Message[]
  more: boolean
  tickets: Ticket[]
  read_seq: number
  contacts: Contact[]
}

/** GET /api/tickets, in the order of `sort`; `next` is the cursor of the following page. `reads` are the asking agent's own read positions for these threads. */
export interface TicketPage {
  tickets: Ticket[]
  reads: AgentRead[]
  next: string | null
}

/** A turn as agents open it; `trace` is what the assistant wrote down while thinking. */
export interface TurnRecord {
  id: Uuid
  ticket_id: Uuid
  thread_id: Uuid
  status: "answered" | "dropped" | "due" | "failed" | "handed_off" | "running" | "suggested"
  from_seq: number
  upto_seq: number
  attempts: number
  message_id: Uuid | null
  trace: unknown
  created_at: Instant
  finished_at: Instant | null
}

/** Somebody types. It lapses after 6 s without repetition. To agents with ticket and author; to shoppers with the author's kind and first name only. */
export interface Typing {
  type: "typing"
  on: boolean
  author: Author
  ticket_id: Uuid | null
  note: boolean
}

/** A message that did not go out, or perhaps did not, on a ticket that is not settled. `ways` are the other connections by which its customer can be answered now. */
export interface Unsent {
  message: Message
  ticket: Ticket
  connection_id: Uuid
  at: Instant
  ways: Uuid[]
}

/** GET /api/deliveries: newest first; `next` is the cursor of the following page. */
export interface UnsentPage {
  unsent: Unsent[]
  next: string | null
}

/** The agent looks at this ticket (null: at none). Repeat it every 10 s while it is so. */
export interface View {
  type: "view"
  ticket_id?: Uuid | null
}

/** To agents: who looks at a ticket now, as a whole list (never a difference). */
export interface Viewing {
  type: "viewing"
  ticket_id: Uuid
  agents: Uuid[]
}

/** Answer to hello. `resumed` false: take a fresh state (agents by the HTTP API, shoppers from the snapshot frame that follows). Events after `position` follow on this socket. */
export interface Welcome {
  type: "welcome"
  epoch: Uuid
  position: number
  resumed: boolean
}

/** What the widget needs to show itself. Keep `token`: it is the shopper's only key. `time_zone` is the brand's, on whose clock promises are told. `elsewhere` are the kinds of addresses that the shopper may leave for replies they miss, `left` the one they left, veiled. */
export interface WidgetSession {
  token: string
  brand_name: string
  assistant_name: string
  greeting: string
  color: string
  verified: boolean
  people_available: boolean
  hours_text: string
  time_zone: string
  customer_name: string
  thread: ShopperThread
  unread: number
  elsewhere: ("email" | "phone")[]
  left: string
}

/** POST /api/widget/session: a new visitor, or a known one by `token`. `identity_token` is the shop's signed statement of who is signed in (JWT, HS256 with the connection's secret). */
export interface WidgetSessionBody {
  key: string
  token?: string | null
  identity_token?: string | null
}

export type AgentFrame = AgentHello | AgentSend | AgentTyping | View | AgentReadTo | Ping

export type ShopperFrame = ShopperHello | ShopperSend | AskPerson | ShopperTyping | ShopperReadTo | Ping

export type AgentOut = Welcome | Events | AgentAck | Held | Refusal | Typing | Viewing | AnswerDraft | Pong

export type ShopperOut = Welcome | Snapshot | ShopperEvents | ShopperAck | Refusal | Typing | AnswerDraft | Pong
