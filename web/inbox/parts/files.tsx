import { Paperclip, X } from "lucide-preact"
import { useRef } from "preact/hooks"
import { addFiles, clearFiles, dropFile, filesOf, type Picked } from "../state/files"

/** A draft's files, from paste, drop or the picker alike. */
export function useFiles(draft: string) {
  const picked = filesOf(draft).value
  return {
    picked,
    add: (files: Iterable<File>): void => addFiles(draft, files),
    drop: (file: Picked): void => dropFile(draft, file),
    clear: (): void => clearFiles(draft),
    busy: picked.some((file) => !file.done),
  }
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
