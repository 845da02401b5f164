import { computed, signal } from "@preact/signals-core"
import { Connection, type Polling } from "../shared/connection"
import { keepNewer, newer } from "../shared/entities"
import { Outbox } from "../shared/outbox"
import { uuid7 } from "../shared/uuid7"
import type {
  AnswerDraft, Attachment, LeftAddress, Problem, ShopperAck, ShopperFrame, ShopperMessage, ShopperOut, ShopperPage, ShopperThread, WidgetSession,
} from "../shared/wire"
import { answer, Refused, storage, type Shop } from "./session"

/** A message on its way; `problem` is set when it was refused. */
export interface Outgoing {
  id: string
  text: string
  attachments: Attachment[]
  problem: Problem | null
}

const TYPING_LAPSES = 6_000
const TYPING_REPEATS = 3_000
const DRAFT_OUTLIVES = 1_500

/** The shopper's conversation: its state as signals, and what may be done with it. */
export class Live {
  readonly session
  readonly thread
  readonly messages = signal<ReadonlyMap<string, ShopperMessage>>(new Map())
  readonly more = signal(false)
  readonly outgoing = signal<Outgoing[]>([])
  readonly draft = signal<AnswerDraft | null>(null)
  readonly typing = signal<string | null>(null)
  readonly notice = signal("")
  /** A person has been asked for, and the desk has not answered yet. */
  readonly asking = signal(false)
  /** The latest message of the other side that came while this page was open. */
  readonly heard = signal<ShopperMessage | null>(null)
  readonly ordered = computed(() => [...this.messages.value.values()].sort((a, b) => a.seq - b.seq))
  readonly #outbox: Outbox<ShopperFrame>
  readonly #connection: Connection<ShopperFrame, ShopperOut>
  #snapshot: (() => void) | null = null
  #typingEnds: ReturnType<typeof setTimeout> | undefined
  #draftEnds: ReturnType<typeof setTimeout> | undefined
  #typedAt = 0
  #readTo = 0
  #heardTo: number | null = null
  #asked = ""
  #loading = false

  constructor(
    private readonly shop: Shop,
    session: WidgetSession,
  ) {
    this.session = signal(session)
    this.thread = signal<ShopperThread>(session.thread)
    this.#outbox = new Outbox<ShopperFrame>(`${shop.visitor.slot}:out`, storage)
    this.#asked = this.#outbox.waiting().findLast(([, frame]) => frame.type === "ask_person")?.[0] ?? ""
    this.asking.value = this.#asked !== ""
    this.outgoing.value = this.#outbox.waiting().flatMap(([, frame]) =>
      frame.type === "send" ? [{ id: frame.draft.id, text: frame.draft.text, attachments: [], problem: null }] : [],
    )
    this.#connection = new Connection<ShopperFrame, ShopperOut>({
      url: () => `${shop.origin.replace(/^http/, "ws")}/ws/shopper`,
      hello: (resume) => ({ type: "hello", token: this.session.value.token, resume }),
      receive: (frame) => this.#receive(frame),
      fresh: (over) => this.#fresh(over),
      revoked: async () => {
        this.session.value = await shop.renew()
        return true
      },
      outbox: this.#outbox,
      polling: this.#polling(),
    })
  }

  get state() {
    return this.#connection.state
  }

  get unread(): number {
    return this.thread.value.unread ?? 0
  }

  /** Where paths in answers and citations lead: the help pages stand beside the desk. */
  get base(): string {
    return this.shop.origin
  }

  /** Where a file of the desk lies: the page it is shown on is another origin. */
  fileAt(url: string): string {
    return new URL(url, this.shop.origin).href
  }

  start(): void {
    this.#connection.start()
  }

  stop(): void {
    this.#connection.stop()
  }

  say(text: string, attachments: Attachment[]): void {
    const id = uuid7()
    this.notice.value = ""
    this.outgoing.value = [...this.outgoing.value, { id, text, attachments, problem: null }]
    this.#typedAt = 0
    this.#send({ id, text, attachments, problem: null })
  }

  /** Sends a refused message once more under its own id. */
  retry(id: string): void {
    const found = this.outgoing.value.find((one) => one.id === id)
    if (!found) return
    this.outgoing.value = this.outgoing.value.map((one) => (one.id === id ? { ...one, problem: null } : one))
    this.#send(found)
  }

  askPerson(): void {
    if (this.asking.value) return
    const id = uuid7()
    this.notice.value = ""
    this.#asked = id
    this.asking.value = true
    this.#connection.send(id, { type: "ask_person", id, page: this.shop.page() })
  }

  types(on: boolean): void {
    const now = Date.now()
    if (on && now - this.#typedAt < TYPING_REPEATS) return
    if (!on && this.#typedAt === 0) return
    this.#typedAt = on ? now : 0
    this.#connection.tell({ type: "typing", on })
  }

  /** Everything up to the last message has been seen. */
  read(): void {
    const seq = this.thread.value.last_seq ?? 0
    if (this.unread === 0 && seq <= Math.max(this.#readTo, this.thread.value.read_seq ?? 0)) return
    if (this.state.value !== "live" || (seq === this.#readTo && this.unread === 0)) return
    this.#readTo = seq
    this.#connection.tell({ type: "read", seq })
  }

  /** Loads the messages before the oldest held one. */
  async earlier(): Promise<void> {
    const oldest = this.ordered.value[0]
    if (this.#loading || !oldest || !this.more.value) return
    this.#loading = true
    try {
      const page = await this.#ask<ShopperPage>(`/api/widget/messages?before=${oldest.seq}&limit=40`)
      this.messages.value = keepNewer(this.messages.value, page.messages)
      this.more.value = page.more
    } catch {
      // Scrolling again asks again.
    } finally {
      this.#loading = false
    }
  }

  /** Has replies that are not seen here go to an address too; `consent` are the words agreed to. Rejects with Refused. */
  async leaveAddress(address: string, consent: string): Promise<void> {
    const { left } = await this.#ask<LeftAddress>("/api/widget/address", { address, consent })
    this.session.value = { ...this.session.value, left }
  }

  /** Has a code sent to an address that the shopper wrote from before. Rejects with Refused. */
  async sendCode(address: string): Promise<void> {
    const { message, thread } = await this.#ask<ShopperAck>("/api/widget/codes", { id: uuid7(), address })
    this.#put([message])
    this.#putThread(thread)
  }

  /** Replies come here alone again. */
  async forgetAddress(): Promise<void> {
    const headers = { authorization: `Bearer ${this.session.value.token}` }
    await answer<void>(await fetch(`${this.shop.origin}/api/widget/address`, { method: "DELETE", credentials: "omit", headers }))
    this.session.value = { ...this.session.value, left: "" }
  }

  /** Uploads one image; `progress` is told 0 to 1. Rejects with Refused. */
  upload(file: File, progress: (part: number) => void, abort: AbortSignal): Promise<Attachment> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open("POST", `${this.shop.origin}/api/widget/attachments`)
      request.setRequestHeader("authorization", `Bearer ${this.session.value.token}`)
      request.responseType = "json"
      request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0)
      request.onload = () => {
        if (request.status < 300) resolve(request.response as Attachment)
        else reject(new Refused((request.response as Problem | null) ?? { type: "error", title: request.statusText, status: request.status }))
      }
      request.onerror = () => reject(new TypeError("unreachable"))
      abort.addEventListener("abort", () => request.abort())
      const form = new FormData()
      form.append("file", file)
      request.send(form)
    })
  }

  #send({ id, text, attachments }: Outgoing): void {
    const draft = { id, text, page: this.shop.page(), ...(attachments.length ? { attachments: attachments.map((one) => one.id) } : {}) }
    this.#connection.send(id, { type: "send", draft })
  }

  #receive(frame: ShopperOut): void {
    switch (frame.type) {
      case "snapshot":
        this.#take(frame.messages, frame.thread, frame.more)
        this.#snapshot?.()
        break
      case "events":
        for (const event of frame.events) {
          if (event.message) this.#put([event.message])
          if (event.thread) this.#putThread(event.thread)
        }
        break
      case "ack":
        this.#answered(frame.id)
        this.#put([frame.message])
        this.#putThread(frame.thread)
        this.outgoing.value = this.outgoing.value.filter((one) => one.id !== frame.id)
        break
      case "refused":
        this.#answered(frame.id)
        if (this.outgoing.value.some((one) => one.id === frame.id)) {
          this.outgoing.value = this.outgoing.value.map((one) => (one.id === frame.id ? { ...one, problem: frame.problem } : one))
        } else this.notice.value = frame.problem.title
        break
      case "typing":
        this.#someoneTypes(frame.on ? frame.author.name : null)
        break
      case "draft":
        this.#drafts(frame)
        break
    }
  }

  #answered(id: string | null): void {
    if (id === this.#asked) this.asking.value = false
  }

  #someoneTypes(name: string | null): void {
    clearTimeout(this.#typingEnds)
    this.typing.value = name
    if (name !== null) this.#typingEnds = setTimeout(() => (this.typing.value = null), TYPING_LAPSES)
  }

  /** A finished draft stays until its message comes, so that nothing flickers; none is shown once agents answer. */
  #drafts(frame: AnswerDraft): void {
    clearTimeout(this.#draftEnds)
    if (this.thread.value.answering === "agents") return
    if (!frame.done) this.draft.value = frame
    else this.#draftEnds = setTimeout(() => (this.draft.value = null), frame.text || this.draft.value?.text ? DRAFT_OUTLIVES : 0)
  }

  #take(messages: ShopperMessage[], thread: ShopperThread, more: boolean): void {
    this.messages.value = new Map()
    this.#readTo = 0
    this.draft.value = null
    this.#heardTo ??= messages.at(-1)?.seq ?? 0
    this.#put(messages)
    this.more.value = more
    this.thread.value = thread
  }

  #put(messages: ShopperMessage[]): void {
    const before = this.messages.value
    const held = (this.messages.value = keepNewer(before, messages))
    if (this.outgoing.value.some((one) => held.has(one.id))) this.outgoing.value = this.outgoing.value.filter((one) => !held.has(one.id))
    const others = messages.filter((one) => one.author.kind !== "customer" && !before.has(one.id))
    const come = others.findLast((one) => this.#heardTo !== null && one.seq > this.#heardTo)
    if (come) {
      this.#heardTo = come.seq
      this.heard.value = come
    }
    if (others.length > 0) {
      clearTimeout(this.#draftEnds)
      this.draft.value = null
      this.#someoneTypes(null)
    }
  }

  #putThread(thread: ShopperThread): void {
    this.thread.value = newer(this.thread.value, thread)
    if (this.thread.value.answering === "agents") this.draft.value = null
  }

  async #fresh(over: "socket" | "poll"): Promise<void> {
    if (over === "socket") return new Promise((resolve) => (this.#snapshot = resolve))
    const session = await this.shop.renew()
    this.session.value = session
    const page = await this.#ask<ShopperPage>("/api/widget/messages?limit=40")
    this.#take(page.messages, session.thread, page.more)
  }

  async #ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const response = await fetch(this.shop.origin + path, {
      credentials: "omit",
      headers: { authorization: `Bearer ${this.session.value.token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
    return answer<T>(response)
  }

  #polling(): Polling<ShopperFrame, ShopperOut> {
    return {
      next: (resume, signal) => {
        const query = resume ? `?epoch=${resume.epoch}&position=${resume.position}` : ""
        return this.#ask<ShopperOut>(`/api/widget/poll${query}`, undefined, signal)
      },
      send: async (frame) => {
        try {
          if (frame.type === "send") return await this.#ask<ShopperOut>("/api/widget/messages", frame.draft)
          if (frame.type === "ask_person") return await this.#ask<ShopperOut>("/api/widget/ask-person", { id: frame.id, page: frame.page ?? null })
          if (frame.type === "read") await this.#ask("/api/widget/read", { seq: frame.seq })
          return null
        } catch (error) {
          if (!(error instanceof Refused) || error.problem.status >= 500) throw error
          const id = frame.type === "send" ? frame.draft.id : frame.type === "ask_person" ? frame.id : null
          return { type: "refused", id, problem: error.problem }
        }
      },
    }
  }
}
