import { afterEach, beforeEach, expect, it, vi } from "vitest"
import type { ShopperFrame, ShopperMessage, ShopperOut, WidgetSession } from "../../shared/wire"
import { Live } from "../live"

class Socket {
  static last: Socket
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  readyState = 1
  sent: ShopperFrame[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor() {
    Socket.last = this
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ShopperFrame)
  }
  close(): void {
    this.readyState = 3
  }
  say(frame: ShopperOut): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

const session: WidgetSession = {
  token: "t", brand_name: "B", assistant_name: "A", greeting: "Hi", color: "#123456", verified: false,
  people_available: true, hours_text: "", time_zone: "UTC", customer_name: "", thread: {}, unread: 0, elsewhere: [], left: "",
}
const message = (id: string, seq: number, kind: ShopperMessage["author"]["kind"], version = 1): ShopperMessage => ({
  id, seq, version, author: { kind }, text: `${id} ${version}`, at: "2026-11-24T10:00:00Z",
})
const shop = { origin: "https://desk.example", key: "k", visitor: { slot: "k", identityToken: null }, page: () => ({}), renew: () => Promise.resolve(session) }

async function connected(): Promise<Live> {
  const live = new Live(shop, session)
  live.start()
  Socket.last.onopen?.()
  Socket.last.say({ type: "welcome", epoch: "e", position: 1, resumed: false })
  Socket.last.say({ type: "snapshot", thread: { last_seq: 1, version: 1 }, messages: [message("a", 1, "assistant")], more: false })
  await vi.waitFor(() => expect(live.state.value).toBe("live"))
  return live
}

beforeEach(() => {
  localStorage.clear()
  vi.stubGlobal("WebSocket", Socket)
})
afterEach(() => vi.unstubAllGlobals())

it("shows a message as sending until its ack, once", async () => {
  const live = await connected()
  live.say("Hello", [])
  const { id } = live.outgoing.value[0]!
  expect(Socket.last.sent.at(-1)).toMatchObject({ type: "send", draft: { id, text: "Hello" } })
  Socket.last.say({ type: "events", position: 2, events: [{ position: 2, message: message(id, 2, "customer") }] })
  Socket.last.say({ type: "ack", id, message: message(id, 2, "customer"), thread: { last_seq: 2, version: 2 } })
  expect(live.outgoing.value).toEqual([])
  expect(live.ordered.value.map((one) => one.id)).toEqual(["a", id])
  live.stop()
})

it("keeps the words of a refused message and sends them again under the same id", async () => {
  const live = await connected()
  live.say("Hello", [])
  const { id } = live.outgoing.value[0]!
  Socket.last.say({ type: "refused", id, problem: { type: "slow_down", title: "Wait a moment", status: 429 } })
  expect(live.outgoing.value[0]).toMatchObject({ text: "Hello", problem: { title: "Wait a moment" } })
  live.retry(id)
  expect(Socket.last.sent.at(-1)).toMatchObject({ type: "send", draft: { id, text: "Hello" } })
  live.stop()
})

it("lets the answer grow and replaces it by its message", async () => {
  const live = await connected()
  const draft = { type: "draft", turn_id: "t", epoch: 1, ticket_id: null } as const
  Socket.last.say({ ...draft, text: "We ship", done: false })
  Socket.last.say({ ...draft, text: "We ship", done: true })
  expect(live.draft.value?.text).toBe("We ship")
  Socket.last.say({ type: "events", position: 2, events: [{ position: 2, message: message("b", 2, "assistant") }] })
  expect(live.draft.value).toBeNull()
  live.stop()
})

it("keeps the higher version of the thread and of each message", async () => {
  const live = await connected()
  const changed = message("a", 1, "assistant", 3)
  Socket.last.say({ type: "events", position: 2, events: [{ position: 2, message: changed, thread: { version: 5, unread: 2 } }] })
  Socket.last.say({ type: "events", position: 3, events: [{ position: 3, message: message("a", 1, "assistant", 2), thread: { version: 4, unread: 1 } }] })
  expect(live.ordered.value).toEqual([changed])
  expect(live.unread).toBe(2)
  live.stop()
})

it("lets what is being written stand when an earlier message changes", async () => {
  const live = await connected()
  Socket.last.say({ type: "draft", turn_id: "t", epoch: 1, ticket_id: null, text: "We ship", done: false })
  Socket.last.say({ type: "typing", ticket_id: null, note: false, on: true, author: { kind: "agent", id: null, name: "Ben" } })
  const removed = { ...message("a", 1, "assistant", 2), text: "", removed: true }
  Socket.last.say({ type: "events", position: 2, events: [{ position: 2, message: removed }] })
  expect(live.ordered.value).toEqual([removed])
  expect(live.draft.value?.text).toBe("We ship")
  expect(live.typing.value).toBe("Ben")
  expect(live.heard.value).toBeNull()
  live.stop()
})
