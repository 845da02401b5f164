import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Connection, type Polling } from "../connection"
import { Outbox } from "../outbox"
import type { ShopperFrame, ShopperOut } from "../wire"

class Socket {
  static made: Socket[] = []
  readyState = 0
  sent: ShopperFrame[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor() {
    Socket.made.push(this)
  }
  open(): void {
    this.readyState = 1
    this.onopen?.()
  }
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  fail(code = 1006): void {
    this.readyState = 3
    this.onclose?.({ code })
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ShopperFrame)
  }
  close(): void {
    this.readyState = 3
  }
}

const last = (): Socket => Socket.made.at(-1)!
const welcome = { type: "welcome", epoch: "e", position: 7, resumed: true }
const said = (id: string): ShopperFrame => ({ type: "send", draft: { id, text: id } })

let heard: ShopperOut[]
let fresh: ReturnType<typeof vi.fn<() => Promise<void>>>
let revoked: ReturnType<typeof vi.fn<() => Promise<boolean>>>
let outbox: Outbox<ShopperFrame>
let connection: Connection<ShopperFrame, ShopperOut>

function connect(polling?: Polling<ShopperFrame, ShopperOut>): void {
  connection = new Connection<ShopperFrame, ShopperOut>({
    url: () => "ws://here",
    hello: (resume) => ({ type: "hello", token: "t", resume }),
    receive: (frame) => heard.push(frame),
    fresh,
    revoked,
    outbox,
    openSocket: () => new Socket() as unknown as WebSocket,
    ...(polling ? { polling } : {}),
  })
  connection.start()
}

beforeEach(() => {
  vi.useFakeTimers()
  Socket.made = []
  heard = []
  fresh = vi.fn(() => Promise.resolve())
  revoked = vi.fn(() => Promise.resolve(true))
  outbox = new Outbox("box", localStorage)
  localStorage.clear()
})

afterEach(() => {
  connection.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("resumes from the last position seen", async () => {
  connect()
  last().open()
  expect(last().sent).toEqual([{ type: "hello", token: "t", resume: null }])
  last().say({ ...welcome, resumed: false })
  await vi.advanceTimersByTimeAsync(0)
  expect(fresh).toHaveBeenCalledOnce()
  expect(connection.state.value).toBe("live")
  last().say({ type: "events", position: 12, events: [] })
  last().fail()
  expect(connection.state.value).toBe("catching_up")
  await vi.advanceTimersByTimeAsync(1000)
  last().open()
  expect(last().sent).toEqual([{ type: "hello", token: "t", resume: { epoch: "e", position: 12 } }])
})

test("begins anew when it was cut before the fresh state was taken", async () => {
  fresh.mockReturnValueOnce(new Promise(() => undefined))
  connect()
  last().open()
  last().say({ ...welcome, resumed: false })
  last().fail()
  await vi.advanceTimersByTimeAsync(1000)
  last().open()
  expect(last().sent[0]).toMatchObject({ resume: null })
})

test("sends what was not acked again under the same id, and drops what was", async () => {
  connect()
  last().open()
  last().say(welcome)
  connection.send("a", said("a"))
  connection.send("b", said("b"))
  last().say({ type: "ack", id: "a" })
  last().fail()
  connection.send("c", said("c"))
  await vi.advanceTimersByTimeAsync(1000)
  last().open()
  last().say(welcome)
  expect(last().sent.slice(1)).toEqual([said("b"), said("c")])
})

test("keeps unacked messages over a reload", () => {
  new Outbox<ShopperFrame>("box", localStorage).put("a", said("a"))
  outbox = new Outbox("box", localStorage)
  connect()
  last().open()
  last().say(welcome)
  expect(last().sent.slice(1)).toEqual([said("a")])
})

test("notices a socket that no longer answers", async () => {
  connect()
  last().open()
  last().say(welcome)
  await vi.advanceTimersByTimeAsync(25_000)
  expect(last().sent.at(-1)).toEqual({ type: "ping" })
  await vi.advanceTimersByTimeAsync(8_000)
  expect(connection.state.value).toBe("catching_up")
})

test("waits ten seconds when there were too many sockets", async () => {
  connect()
  last().open()
  last().say(welcome)
  last().fail(4429)
  await vi.advanceTimersByTimeAsync(4_900)
  expect(Socket.made).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(5_200)
  expect(Socket.made).toHaveLength(2)
})

test("asks for a new key when the old one is no longer good, and stops without one", async () => {
  connect()
  last().open()
  last().fail(4401)
  await vi.advanceTimersByTimeAsync(0)
  expect(Socket.made).toHaveLength(2)
  revoked.mockResolvedValueOnce(false)
  last().open()
  last().fail(4401)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(connection.state.value).toBe("stopped")
  expect(Socket.made).toHaveLength(2)
})

test("goes offline with the network and comes back with it", async () => {
  connect()
  last().open()
  last().say(welcome)
  vi.stubGlobal("navigator", { onLine: false })
  dispatchEvent(new Event("offline"))
  expect(connection.state.value).toBe("offline")
  await vi.advanceTimersByTimeAsync(60_000)
  expect(Socket.made).toHaveLength(1)
  vi.stubGlobal("navigator", { onLine: true })
  dispatchEvent(new Event("online"))
  expect(Socket.made).toHaveLength(2)
})

test("polls where websockets never open", async () => {
  const sent: ShopperFrame[] = []
  const next = vi.fn(
    (resume: unknown): Promise<ShopperOut> =>
      resume === null
        ? Promise.resolve({ type: "welcome", epoch: "e", position: 3, resumed: false })
        : new Promise(() => undefined),
  )
  connect({
    next,
    send: (frame) => {
      sent.push(frame)
      return Promise.resolve({ type: "ack", id: "a" } as unknown as ShopperOut)
    },
  })
  connection.send("a", said("a"))
  last().fail()
  await vi.advanceTimersByTimeAsync(1000)
  last().fail()
  await vi.advanceTimersByTimeAsync(1000)
  expect(connection.state.value).toBe("live")
  expect(next.mock.calls.map(([resume]) => resume)).toEqual([null, { epoch: "e", position: 3 }])
  expect(sent).toEqual([said("a")])
  expect(outbox.waiting()).toEqual([])
})

test("goes on polling while it tries a socket, and moves over when one opens", async () => {
  const next = vi.fn((resume: unknown): Promise<ShopperOut> =>
    resume === null ? Promise.resolve({ type: "welcome", epoch: "e", position: 3, resumed: false }) : new Promise(() => undefined),
  )
  connect({ next, send: () => Promise.resolve(null) })
  for (let times = 0; times < 2; times += 1) {
    last().open()
    last().fail()
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(connection.state.value).toBe("live")
  const made = Socket.made.length
  await vi.advanceTimersByTimeAsync(3_000)
  expect(Socket.made).toHaveLength(made + 1)
  last().fail()
  expect(connection.state.value).toBe("live")
  await vi.advanceTimersByTimeAsync(60_000)
  last().open()
  last().open()
  last().say({ ...welcome, position: 4 })
  expect(connection.state.value).toBe("live")
  expect(last().sent[0]).toMatchObject({ type: "hello", resume: { epoch: "e", position: 3 } })
})

test("a key refused again and again is not asked for without pause", async () => {
  connect()
  last().open()
  last().fail(4401)
  await vi.advanceTimersByTimeAsync(0)
  expect(Socket.made).toHaveLength(2)
  last().open()
  last().fail(4401)
  await vi.advanceTimersByTimeAsync(0)
  expect(Socket.made).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(Socket.made.length).toBeGreaterThan(2)
})

test("a server that goes away again and again is asked ever more slowly", async () => {
  const jitter = vi.spyOn(Math, "random").mockReturnValue(0)
  connect()
  for (let times = 0; times < 5; times += 1) {
    last().fail(4001)
    await vi.advanceTimersByTimeAsync(5_000)
  }
  const made = Socket.made.length
  last().fail(4001)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(Socket.made).toHaveLength(made)
  jitter.mockRestore()
})

test("a welcome that no state follows is given up", async () => {
  fresh.mockImplementation(() => new Promise(() => undefined))
  connect()
  last().open()
  last().say({ ...welcome, resumed: false })
  await vi.advanceTimersByTimeAsync(16_000)
  expect(Socket.made.length).toBeGreaterThan(1)
})
