import { signal, type ReadonlySignal } from "@preact/signals-core"
import type { Outbox } from "./outbox"
import type { Position, Refusal, Welcome } from "./wire"

/**
 * connecting → live → catching_up → live …, offline while nothing answers, stopped when only a person can mend it.
 */
export type ConnectionState = "connecting" | "live" | "catching_up" | "offline" | "stopped"

interface Frame {
  type: string
}

/** The frames a connection itself understands, whoever it serves. */
type Heard = Frame & Partial<Omit<Welcome, "type">> & { id?: Refusal["id"] }

/** The same conversation over HTTP, where websockets cannot open. */
export interface Polling<Out, In> {
  /** Waits for the frame that follows this position; null asks for a welcome at once. Rejects when unreachable. */
  next(resume: Position | null, signal: AbortSignal): Promise<In>
  /** Sends one frame; answers its ack or refusal, or null for what has none. Rejects when unreachable. */
  send(frame: Out): Promise<In | null>
}

export interface Wire<Out extends Frame, In extends Frame> {
  url: () => string
  hello: (resume: Position | null) => Out
  receive: (frame: In) => void
  /** Take a fresh state: what is held belongs to another history or is too old. `over` says by which way we are connected. */
  fresh: (over: "socket" | "poll") => Promise<void>
  /** The key is no longer good. Resolve true when there is a new one and connecting again makes sense. */
  revoked: () => Promise<boolean>
  outbox: Outbox<Out>
  polling?: Polling<Out, In>
  openSocket?: (url: string) => WebSocket
}

const PING_EVERY = 25_000
const ANSWER_WITHIN = 8_000
const OPEN_WITHIN = 8_000
const FRESH_WITHIN = 15_000
const FIRST_RETRY = 400
const LAST_RETRY = 20_000
const SOCKET_SOON = 2_000
const SOCKET_AGAIN = 60_000
const POLL_IS_UP = 1_500
const FAILURES_BEFORE_POLLING = 2

/** Close codes from here on are the server's: it was reached. */
const OWN_CODES = 4000
const CLOSED = { resume: 4001, badFrame: 4402, hello: 4400, revoked: 4401, tooMany: 4429 } as const

/** One resumable conversation with the server: reconnects, resumes, and sends what was not acked again. */
export class Connection<Out extends Frame, In extends Frame> {
  readonly #state = signal<ConnectionState>("connecting")
  #socket: WebSocket | null = null
  #poll: AbortController | null = null
  #trial: WebSocket | null = null
  #resume: Position | null = null
  #beginning: Position | null = null
  #welcomed = false
  #wasLive = false
  #running = false
  #failures = 0
  #neverOpened = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #ping: ReturnType<typeof setTimeout> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #upgrade: ReturnType<typeof setTimeout> | undefined
  #round = 0

  constructor(private readonly wire: Wire<Out, In>) {}

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state
  }

  /** The last position seen, for those who load by HTTP beside the stream. */
  get position(): Position | null {
    return this.#resume
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    addEventListener("online", this.#onOnline)
    addEventListener("offline", this.#onOffline)
    document.addEventListener("visibilitychange", this.#onVisible)
    this.#connect()
  }

  stop(state: ConnectionState = "stopped"): void {
    this.#running = false
    removeEventListener("online", this.#onOnline)
    removeEventListener("offline", this.#onOffline)
    document.removeEventListener("visibilitychange", this.#onVisible)
    this.#drop()
    this.#state.value = state
  }

  /** Forget what was seen and connect anew, e.g. as somebody else. */
  restart(): void {
    this.#resume = null
    this.#wasLive = false
    this.#failures = 0
    if (!this.#running) return this.start()
    this.#drop()
    this.#connect()
  }

  /** Send what must arrive: kept until acked or refused, and sent again under the same id. */
  send(id: string, frame: Out): void {
    this.wire.outbox.put(id, frame)
    if (this.#welcomed) this.#transmit(frame)
    else if (this.#running && this.#retry !== undefined && this.#failures > 1) this.#now()
  }

  /** Send what may be lost: typing, viewing, read positions. */
  tell(frame: Out): void {
    if (this.#welcomed) this.#transmit(frame)
  }

  // Connecting

  #connect(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    const round = ++this.#round
    if (navigator.onLine === false) {
      this.#state.value = "offline"
      return
    }
    this.#state.value = this.#wasLive ? "catching_up" : this.#failures > 1 ? "offline" : "connecting"
    if (this.wire.polling && this.#neverOpened >= FAILURES_BEFORE_POLLING) {
      void this.#pollFrom(round)
      return
    }
    this.#openSocket(round)
  }

  #openSocket(round: number): void {
    const socket = this.#newSocket()
    this.#socket = socket
    let answered = false
    this.#expect(OPEN_WITHIN)
    socket.onopen = () => {
      this.#expect(ANSWER_WITHIN)
      socket.send(JSON.stringify(this.wire.hello(this.#resume)))
    }
    socket.onmessage = (event) => {
      if (round !== this.#round) return
      answered = true
      this.#neverOpened = 0
      this.#alive()
      void this.#hear(JSON.parse(String(event.data)) as In, "socket")
    }
    socket.onclose = (event) => {
      if (round !== this.#round) return
      if (!answered && event.code < OWN_CODES) this.#neverOpened += 1
      this.#lost(event.code)
    }
  }

  #newSocket(): WebSocket {
    return this.wire.openSocket?.(this.wire.url()) ?? new WebSocket(this.wire.url())
  }

  /** Polling goes on while a socket is tried: it takes over once it opens. */
  #trySocket(round: number, after: number): void {
    this.#upgrade = setTimeout(() => {
      const trial = this.#newSocket()
      this.#trial = trial
      trial.onopen = () => {
        if (round !== this.#round) return
        this.#neverOpened = 0
        this.#drop()
        this.#connect()
      }
      trial.onclose = () => round === this.#round && this.#trySocket(round, SOCKET_AGAIN)
    }, after)
  }

  async #pollFrom(round: number): Promise<void> {
    const polling = this.wire.polling!
    const abort = new AbortController()
    this.#poll = abort
    if (this.#resume) this.#deadline = setTimeout(() => this.#settle(), POLL_IS_UP)
    try {
      while (round === this.#round) {
        const frame = await polling.next(this.#resume, abort.signal)
        if (round !== this.#round) return
        clearTimeout(this.#deadline)
        if (this.#upgrade === undefined) this.#trySocket(round, SOCKET_SOON)
        await this.#hear(frame, "poll")
        if (round === this.#round && !this.#welcomed) this.#settle()
      }
    } catch {
      if (round === this.#round) this.#lost(0)
    }
  }

  #hear(frame: In, over: "socket" | "poll"): Promise<void> | undefined {
    const heard = frame as Heard
    if (heard.type === "pong") return undefined
    if (heard.type === "welcome") return this.#welcome(heard as unknown as Welcome, over)
    if (heard.type === "events") this.#advance(heard.position ?? 0)
    if ((heard.type === "ack" || heard.type === "held" || heard.type === "refused") && heard.id) this.wire.outbox.drop(heard.id)
    this.wire.receive(frame)
    return undefined
  }

  #advance(position: number): void {
    for (const held of [this.#resume, this.#beginning]) {
      if (held && position > held.position) held.position = position
    }
  }

  /** Until the fresh state is taken there is nothing to resume from, so a cut here begins anew. */
  async #welcome(welcome: Welcome, over: "socket" | "poll"): Promise<void> {
    if (welcome.resumed) return this.#settle()
    const round = this.#round
    this.#resume = null
    this.#beginning = { epoch: welcome.epoch, position: welcome.position }
    if (over === "socket") this.#expect(FRESH_WITHIN)
    try {
      await this.wire.fresh(over)
    } catch {
      if (round === this.#round) this.#lost(0)
      return
    }
    if (round !== this.#round) return
    this.#resume = this.#beginning
    this.#beginning = null
    clearTimeout(this.#deadline)
    this.#settle()
  }

  #settle(): void {
    this.#welcomed = true
    this.#wasLive = true
    this.#failures = 0
    this.#state.value = "live"
    for (const [, frame] of this.wire.outbox.waiting()) this.#transmit(frame)
  }

  #transmit(frame: Out): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(frame))
    } else if (this.#poll && this.wire.polling) {
      const round = this.#round
      this.wire.polling.send(frame).then(
        (answer) => answer && void this.#hear(answer, "poll"),
        () => round === this.#round && this.#lost(0),
      )
    }
  }

  // Losing and finding again

  #lost(code: number): void {
    this.#drop()
    if (!this.#running) return
    if (code === CLOSED.revoked) {
      const round = this.#round
      this.wire.revoked().then(
        (again) => round === this.#round && (again ? this.#again() : this.stop()),
        () => round === this.#round && this.#wait(),
      )
      return
    }
    if (code === CLOSED.badFrame || code === CLOSED.hello) return this.stop()
    this.#wait(code)
  }

  /** At once the first time; a server that refuses the new key too is not asked without end. */
  #again(): void {
    if (this.#failures > 0) return this.#wait()
    this.#failures += 1
    this.#connect()
  }

  #wait(code = 0): void {
    this.#failures += 1
    const grown = Math.min(FIRST_RETRY * 2 ** (this.#failures - 1), LAST_RETRY)
    const base = code === CLOSED.tooMany ? 10_000 : code === CLOSED.resume && this.#failures === 1 ? 100 : grown
    if (navigator.onLine === false || this.#failures > 1) this.#state.value = "offline"
    else if (this.#wasLive) this.#state.value = "catching_up"
    this.#retry = setTimeout(() => this.#connect(), base * (0.5 + Math.random() / 2))
  }

  #drop(): void {
    this.#round += 1
    this.#welcomed = false
    this.#beginning = null
    for (const timer of [this.#retry, this.#ping, this.#deadline, this.#upgrade]) clearTimeout(timer)
    this.#retry = this.#upgrade = undefined
    this.#poll?.abort()
    this.#poll = null
    if (this.#trial) this.#trial.onopen = this.#trial.onclose = null
    this.#trial?.close()
    this.#trial = null
    const socket = this.#socket
    this.#socket = null
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      if (socket.readyState <= WebSocket.OPEN) socket.close()
    }
  }

  #now(): void {
    clearTimeout(this.#retry)
    this.#connect()
  }

  // Noticing a dead socket

  #expect(within: number): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      if (this.#socket && this.#socket.readyState === WebSocket.CONNECTING) this.#neverOpened += 1
      this.#lost(0)
    }, within)
  }

  #alive(): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#ping)
    this.#ping = setTimeout(() => this.#askAlive(), PING_EVERY)
  }

  #askAlive(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    this.#socket.send('{"type":"ping"}')
    this.#expect(ANSWER_WITHIN)
  }

  readonly #onOnline = (): void => {
    if (!this.#welcomed) this.#now()
    else this.#askAlive()
  }

  readonly #onOffline = (): void => {
    this.#drop()
    this.#state.value = "offline"
  }

  readonly #onVisible = (): void => {
    if (document.visibilityState !== "visible" || this.#state.value === "stopped") return
    if (this.#welcomed) this.#askAlive()
    else if (this.#retry !== undefined) this.#now()
  }
}
