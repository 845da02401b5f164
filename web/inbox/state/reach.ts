import { now } from "./clock"
import { capabilityOf, connections, firstName, isDown, type Conversation } from "./desk"
import type { Attachment, Capability, Contact, Ticket } from "./model"

export interface Reach {
  /** Why nothing can go out there now, in words; empty when it can. */
  blocked: string
  /** Nothing but a template goes out there now, and there may be one. */
  templates: boolean
  /** Until when the channel takes free answers, in ms; null where it never shuts. */
  until: number | null
  most: number
  /** What the channel is called, for hints. */
  label: string
  capability: Capability | undefined
  /** Others read that place too. */
  overheard: boolean
  /** They left this address on the page, and nobody has proven it. */
  claimed: boolean
  /** Only what a person writes still goes out there. */
  peopleOnly: boolean
}

/** One way to answer, and why it is or is not the one to take. */
export interface Way {
  connection: string
  channel: string
  name: string
  why: string
  open: boolean
}

const LONGEST = 20_000
const HOUR = 3_600_000
const MB = 1_000_000

/** Whether and how a reply of a person can go out by a connection: the same rules as the server's. */
export function reachOf(ticket: Ticket, talk: Conversation, by: string = ticket.connection_id): Reach {
  const connection = connections.value.get(by)
  const channel = by === ticket.connection_id ? ticket.channel : (connection?.channel ?? "")
  const capability = capabilityOf(channel)
  const contact = talk.contacts.value.find((each) => each.connection_id === by)
  const label = capability?.label ?? ""
  const held = { until: null, most: Math.min(LONGEST, capability?.max_text || LONGEST), label, capability, overheard: contact?.community ?? false, claimed: contact?.claimed ?? false, peopleOnly: false, templates: false }
  if (by !== ticket.connection_id && talk.loaded.value && !contact) return { ...held, blocked: `They can't be reached by ${connection?.name ?? "that channel"} any more. Choose another channel: what you wrote is kept.` }
  if (capability?.live) return { ...held, blocked: "" }
  const until = contact ? shuts(contact, capability) : null
  if (isDown(connection)) return { ...held, until, blocked: `${connection!.name} is not connected. ${connection!.health_words || "An admin can connect it again in Settings, Channels."}` }
  if (contact && lacksConsent(contact, capability)) return { ...held, until, blocked: "They have not agreed to messages there. Ask them first, or use another channel." }
  if (contact?.opted_out) return { ...held, until, blocked: "The customer asked for no more messages here. Use another way they agreed to." }
  if (until === null || until > now.value) return { ...held, until, blocked: "", peopleOnly: until !== null && Date.parse(contact!.window_until!) <= now.value }
  const templates = capability?.templates ?? false
  return { ...held, until, templates, blocked: `The time for free answers here is over. ${templates ? "Send a template, or write to them another way." : "Write to them another way, or wait until they write again."}` }
}

/** A number that is only known to be theirs: nobody gets text messages they did not ask for. */
const lacksConsent = (contact: Contact, capability: Capability | undefined): boolean => contact.consent === "known" && capability?.sender === "phone"

/** Every way to the customer: the one they wrote by last first, each with what speaks for or against it. */
export function waysOf(ticket: Ticket, talk: Conversation): readonly Way[] {
  const known = talk.contacts.value.map((each) => ({ connection: each.connection_id, channel: each.channel, heard: each.heard_at }))
  const own = { connection: ticket.connection_id, channel: ticket.channel, heard: null }
  const all = [known.find((each) => each.connection === own.connection) ?? own, ...known.filter((each) => each.connection !== own.connection)]
  const found = all.map(({ connection, channel, heard }) => {
    const { blocked, templates } = reachOf(ticket, talk, connection)
    const down = isDown(connections.value.get(connection))
    const why = templates ? "Template only" : down ? "Not connected" : blocked ? (blocked.startsWith("They have not agreed") ? "Has not agreed to messages there" : "Wants no messages here") : connection === own.connection ? `${firstName(ticket.customer_name) || "They"} wrote here last` : heard || capabilityOf(channel)?.live ? "" : "Address is proven"
    return { connection, channel, name: connections.value.get(connection)?.name ?? capabilityOf(channel)?.label ?? channel, why, open: !blocked || templates }
  })
  return [found[0]!, ...found.slice(1).filter((each) => each.open), ...found.slice(1).filter((each) => !each.open)]
}

function shuts({ window_until, heard_at }: Contact, capability: Capability | undefined): number | null {
  if (window_until === null) return null
  const people = capability?.human_window && heard_at ? Date.parse(heard_at) + capability.human_window * HOUR : 0
  return Math.max(Date.parse(window_until), people)
}

/** By which other connections the customer can be answered now. */
export function otherWays(contacts: readonly Contact[], channel: string): readonly string[] {
  return contacts
    .filter((each) => each.channel !== channel && !each.opted_out && !lacksConsent(each, capabilityOf(each.channel)) && !isDown(connections.value.get(each.connection_id)) && (each.window_until === null || Date.parse(each.window_until) > now.value))
    .map((each) => each.connection_id)
}

/** Why the channel does not take these files, in words; empty when it does. */
export function misfit({ capability, label, claimed }: Reach, files: readonly Attachment[]): string {
  if (!capability || files.length === 0) return ""
  if (claimed) return "Nobody has proven this address. Files go to the page alone."
  if (capability.media_types.length === 0) return `${label} carries no files.`
  const odd = files.find((file) => !capability.media_types.some((kind) => kind === "*/*" || kind === file.media_type || (kind.endsWith("/*") && file.media_type.startsWith(kind.slice(0, -1)))))
  if (odd) return `${label} does not take ${odd.name}. Send a link to it.`
  const big = capability.max_file ? files.find((file) => file.size > capability.max_file) : undefined
  return big ? `${label} takes files up to ${Math.floor(capability.max_file / MB)} MB. ${big.name} is larger.` : ""
}

const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/
const TWICE = /[\^{}\\[~\]|€]/g

/** Into how many parts a phone network cuts a text: GSM 03.38 letters, else UCS-2. */
export function segments(text: string): number {
  const plain = GSM.test(text)
  const length = text.length + (plain ? (text.match(TWICE)?.length ?? 0) : 0)
  const [one, each] = plain ? [160, 153] : [70, 67]
  return length <= one ? 1 : Math.ceil(length / each)
}

const MARKS = /\*\*\S|~~\S|^#{1,6} |`[^`]+`|\[[^\]]+\]\(/m

/** What is left to say about a text before it goes there: how much fits, what it costs, what is lost. */
export function hintOf({ capability, label, most }: Reach, text: string): string {
  if (text.length > most * 0.8) return `${(most - text.length).toLocaleString()} characters left`
  if (capability?.formatting === "plain" && MARKS.test(text)) return `${label} shows plain words: the marks are left out.`
  const parts = capability?.segments ? segments(text) : 1
  return parts > 1 ? `Goes out as ${parts} text messages` : ""
}
