import { signal } from "@preact/signals"
import type { ChannelKind, Connected, Connections, ConnectionShown } from "../../shared/wire"
import { call } from "./api"

/** What admins see of channels; loaded where it is looked at. */
export const shown = signal<readonly ConnectionShown[] | null>(null)
export const kinds = signal<readonly ChannelKind[]>([])
/** Secrets that Shopbell made, by connection: known only until the page is left. */
export const made = signal<ReadonlyMap<string, Record<string, string>>>(new Map())

export async function loadChannels(): Promise<void> {
  const come = await call<Connections>("GET", "/api/connections")
  shown.value = come.connections
  kinds.value = come.channels
}

function keep(come: Connected): ConnectionShown {
  const id = come.shown.connection.id
  const held = shown.peek() ?? []
  shown.value = held.some((each) => each.connection.id === id) ? held.map((each) => (each.connection.id === id ? come.shown : each)) : [...held, come.shown]
  if (Object.keys(come.made).length) made.value = new Map([...made.peek(), [id, come.made]])
  return come.shown
}

export const connect = async (channel: string, name: string, entered: Record<string, string>): Promise<ConnectionShown> => keep(await call<Connected>("POST", "/api/connections", { channel, name, entered }))
export const checkNow = async (id: string): Promise<ConnectionShown> => keep(await call<Connected>("POST", `/api/connections/${id}/check`))
export const change = async (id: string, what: object): Promise<ConnectionShown> => keep(await call<Connected>("PATCH", `/api/connections/${id}`, what))
export const newSigning = async (id: string): Promise<ConnectionShown> => keep(await call<Connected>("POST", `/api/connections/${id}/signing`))
export const kindOf = (channel: string): ChannelKind | undefined => kinds.value.find((each) => each.capability.channel === channel)
