import { Paperclip, X } from "lucide-preact"
import { useEffect, useRef, useState } from "preact/hooks"
import { uuid7 } from "../../shared/uuid7"
import { upload, wordsOf } from "../state/api"
import type { Attachment } from "../state/model"
import { tell } from "../state/tell"

export interface Picked {
  key: string
  name: string
  preview: string | null
  part: number
  done: Attachment | null
  stop: AbortController
}

const MOST = 10

/** Files on their way up, from paste, drop or the picker alike. */
export function useFiles() {
  const [picked, setPicked] = useState<readonly Picked[]>([])
  const held = useRef(picked)
  held.current = picked
  const set = (key: string, change: Partial<Picked> | null): void => setPicked((files) => files.flatMap((file) => (file.key !== key ? [file] : change ? [{ ...file, ...change }] : [])))
  const add = (files: Iterable<File>): void => {
    const room = MOST - held.current.length
    const all = [...files]
    if (all.length > room) tell(`A message can carry ${MOST} files. The rest were left out.`)
    for (const file of all.slice(0, Math.max(0, room))) {
      const made: Picked = { key: uuid7(), name: file.name, preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null, part: 0, done: null, stop: new AbortController() }
      setPicked((before) => [...before, made])
      upload(file, (part) => set(made.key, { part }), made.stop.signal).then(
        (done) => set(made.key, { done }),
        (error: unknown) => {
          set(made.key, null)
          tell(`${file.name}: ${wordsOf(error)}`)
        },
      )
    }
  }
  const clear = (): void => setPicked([])
  const drop = (file: Picked): void => {
    file.stop.abort()
    set(file.key, null)
  }
  useEffect(() => () => held.current.forEach((file) => file.preview && URL.revokeObjectURL(file.preview)), [])
  return { picked, add, drop, clear, busy: picked.some((file) => !file.done) }
}

export function Files({ picked, drop }: { picked: readonly Picked[]; drop: (file: Picked) => void }) {
  if (picked.length === 0) return null
  return (
    <div class="pending-files">
      {picked.map((file) => (
        <div class="pending-file" key={file.key}>
          {file.preview ? <img src={file.preview} alt="" /> : <Paperclip size={16} aria-hidden="true" />}
          <span class="cut">{file.name}</span>
          {!file.done && <progress value={file.part} max={1} aria-label={`Uploading ${file.name}`} />}
          <button type="button" class="icon-button" aria-label={`Remove ${file.name}`} onClick={() => drop(file)}><X size={13} aria-hidden="true" /></button>
        </div>
      ))}
    </div>
  )
}

export function FileButton({ add }: { add: (files: Iterable<File>) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type="button" class="icon-button" aria-label="Attach files" title="Attach files" onClick={() => input.current?.click()}><Paperclip size={16} aria-hidden="true" /></button>
      <input ref={input} type="file" multiple hidden onChange={(event) => { add(event.currentTarget.files ?? []); event.currentTarget.value = "" }} />
    </>
  )
}
