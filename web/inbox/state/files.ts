import { signal, type Signal } from "@preact/signals"
import { uuid7 } from "../../shared/uuid7"
import { upload, wordsOf } from "./api"
import { me } from "./desk"
import type { Attachment } from "./model"
import { tell } from "./tell"

/** A file chosen for a draft; `part` of it, 0 to 1, has gone up. */
export interface Picked {
  key: string
  name: string
  preview: string | null
  part: number
  done: Attachment | null
  stop: AbortController
}

interface Kept {
  at: number
  file: Attachment
}

const MOST = 10
const KEPT = "shopbell:files:"
/** The server forgets after a day what no message took. */
const FRESH = 23 * 3_600_000

const chosen = new Map<string, Signal<readonly Picked[]>>()

/** What one agent brings is nobody else's to send. */
const keyOf = (draft: string): string => `${KEPT}${me.peek()?.agent.id}:${draft}`

/** The files of a draft. They are kept with its words, and go up while another ticket is open; what is up outlives a reload. */
export function filesOf(draft: string): Signal<readonly Picked[]> {
  const key = keyOf(draft)
  let held = chosen.get(key)
  if (!held) chosen.set(key, (held = signal(restored(key))))
  return held
}

export function addFiles(draft: string, files: Iterable<File>): void {
  const key = keyOf(draft)
  const held = filesOf(draft)
  const all = [...files]
  const room = Math.max(0, MOST - held.peek().length)
  if (all.length > room) tell(`A message can carry ${MOST} files. The rest were left out.`)
  for (const file of all.slice(0, room)) {
    const made: Picked = { key: uuid7(), name: file.name, preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null, part: 0, done: null, stop: new AbortController() }
    put(key, held, [...held.peek(), made])
    const change = (more: Partial<Picked>): void => put(key, held, held.peek().map((each) => (each.key === made.key ? { ...each, ...more } : each)))
    upload(file, (part) => change({ part }), made.stop.signal).then(
      (done) => change({ done }),
      (error: unknown) => {
        leaveOut(key, held, made)
        tell(`${file.name}: ${wordsOf(error)}`)
      },
    )
  }
}

/** Puts files that are up already back to a draft, as when a reply is taken back. */
export function restoreFiles(draft: string, files: readonly Attachment[]): void {
  const held = filesOf(draft)
  const again = files.filter((file) => !held.peek().some((each) => each.done?.id === file.id))
  if (again.length) put(keyOf(draft), held, [...held.peek(), ...again.map((file) => ({ key: uuid7(), name: file.name, preview: null, part: 1, done: file, stop: new AbortController() }))].slice(0, MOST))
}

export function dropFile(draft: string, file: Picked): void {
  file.stop.abort()
  leaveOut(keyOf(draft), filesOf(draft), file)
}

export function clearFiles(draft: string): void {
  const held = filesOf(draft)
  held.peek().forEach(forgetPicture)
  put(keyOf(draft), held, [])
}

function leaveOut(key: string, held: Signal<readonly Picked[]>, file: Picked): void {
  forgetPicture(file)
  put(key, held, held.peek().filter((each) => each.key !== file.key))
}

function put(key: string, held: Signal<readonly Picked[]>, files: readonly Picked[]): void {
  const known = new Map(keptAt(key).map((each) => [each.file.id, each.at]))
  const up = files.flatMap(({ done }): Kept[] => (done ? [{ at: known.get(done.id) ?? Date.now(), file: done }] : []))
  if (up.length) localStorage.setItem(key, JSON.stringify(up))
  else localStorage.removeItem(key)
  held.value = files
}

const keptAt = (key: string): readonly Kept[] => JSON.parse(localStorage.getItem(key) ?? "[]") as Kept[]

const restored = (key: string): readonly Picked[] =>
  keptAt(key)
    .filter((each) => Date.now() - each.at < FRESH)
    .map(({ file }) => ({ key: file.id, name: file.name, preview: file.media_type.startsWith("image/") && file.url ? file.url : null, part: 1, done: file, stop: new AbortController() }))

function forgetPicture({ preview }: Picked): void {
  if (preview?.startsWith("blob:")) URL.revokeObjectURL(preview)
}
