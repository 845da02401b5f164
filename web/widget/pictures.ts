import { signal } from "@preact/signals-core"
import { uuid7 } from "../shared/uuid7"
import type { Attachment } from "../shared/wire"
import { imageFault } from "./images"
import type { Live } from "./live"
import { Refused } from "./session"
import type { Words } from "./words/en"

/** An image on its way to the next message; `part` of it, 0 to 1, has gone up. One that `failed` waits to be tried again. */
export interface Chosen {
  id: string
  name: string
  file: File
  preview: string
  part: number
  done: Attachment | null
  failed: boolean
  abort: AbortController
}

/** The images that go with the next message, from wherever they came: picker, clipboard or drop. */
export class Pictures {
  readonly chosen = signal<readonly Chosen[]>([])
  readonly fault = signal("")

  constructor(
    private readonly live: Live,
    private readonly words: Words,
  ) {
    addEventListener("online", () => this.chosen.value.forEach((one) => this.again(one.id)))
  }

  /** Starts the upload of each image; what cannot be sent is named in `fault`. */
  add(files: Iterable<File>): void {
    this.fault.value = ""
    for (const file of files) {
      const wrong = imageFault(file)
      if (wrong) this.fault.value = this.words[wrong]
      else {
        const one: Chosen = { id: uuid7(), name: file.name, file, preview: URL.createObjectURL(file), part: 0, done: null, failed: false, abort: new AbortController() }
        this.chosen.value = [...this.chosen.value, one]
        this.#upload(one)
      }
    }
  }

  /** Tries once more what failed for want of a connection. */
  again(id: string): void {
    const one = this.chosen.value.find((each) => each.id === id && each.failed)
    if (!one) return
    this.fault.value = ""
    this.#change(id, { failed: false, part: 0 })
    this.#upload(one)
  }

  remove(id: string): void {
    const found = this.chosen.value.find((one) => one.id === id)
    found?.abort.abort()
    if (found) URL.revokeObjectURL(found.preview)
    this.chosen.value = this.chosen.value.filter((one) => one.id !== id)
  }

  /** Gives the uploaded images away and begins anew. */
  take(): Attachment[] {
    const taken = this.chosen.value.flatMap((one) => (one.done ? [one.done] : []))
    for (const one of this.chosen.value) URL.revokeObjectURL(one.preview)
    this.chosen.value = []
    this.fault.value = ""
    return taken
  }

  #upload({ id, file, abort }: Chosen): void {
    this.live.upload(file, (part) => this.#change(id, { part }), abort.signal).then(
      (done) => this.#change(id, { done, part: 1 }),
      (error: unknown) => {
        if (error instanceof Refused && error.problem.status < 500) {
          this.fault.value = error.problem.title
          this.remove(id)
        } else {
          this.fault.value = this.words.unavailable
          this.#change(id, { failed: true })
        }
      },
    )
  }

  #change(id: string, part: Partial<Chosen>): void {
    this.chosen.value = this.chosen.value.map((one) => (one.id === id ? { ...one, ...part } : one))
  }
}
