import { now } from "./clock"
import { capabilityOf, connections, isDown, type Conversation } from "./desk"
import type { Capability, Contact, Ticket } from "./model"

export interface Reach {
  /** Why nothing can go out there now, in words; empty when it can. */
  blocked: string
  /** Until when the channel takes free answers, in ms; null where it never shuts. */
  until: number | null
  most: number
  files: boolean
  /** Others read that place too. */
  overheard: boolean
}

const LONGEST = 20_000
const HOUR = 3_600_000

/** Whether and how a reply of a person can go out by the ticket's channel: the same rules as the server's. */
export function reachOf(ticket: Ticket, talk: Conversation): Reach {
  const capability = capabilityOf(ticket.channel)
  const most = Math.min(LONGEST, capability?.max_text || LONGEST)
  const files = capability === undefined || capability.media_types.length > 0
  if (capability?.live) return { blocked: "", until: null, most, files, overheard: false }
  const connection = connections.value.get(ticket.connection_id)
  const contact = talk.contacts.value.find((each) => each.connection_id === ticket.connection_id)
  const until = contact ? shuts(contact, capability) : null
  const blocked = isDown(connection)
    ? `${connection!.name} is not connected. ${connection!.health_words || "An admin can connect it again in Settings, Channels."}`
    : contact?.opted_out
      ? "The customer asked for no more messages here. Use another way they agreed to."
      : until !== null && until <= now.value
        ? "The time for free answers here is over. Write to them another way, or wait until they write again."
        : ""
  return { blocked, until, most, files, overheard: contact?.community ?? false }
}

function shuts({ window_until, heard_at }: Contact, capability: Capability | undefined): number | null {
  if (window_until === null) return null
  const people = capability?.human_window && heard_at ? Date.parse(heard_at) + capability.human_window * HOUR : 0
  return Math.max(Date.parse(window_until), people)
}

/** By which other connections the customer can be answered now. */
export function otherWays(contacts: readonly Contact[], channel: string): readonly string[] {
  return contacts
    .filter((each) => each.channel !== channel && !each.opted_out && !isDown(connections.value.get(each.connection_id)) && (each.window_until === null || Date.parse(each.window_until) > now.value))
    .map((each) => each.connection_id)
}
