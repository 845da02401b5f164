import { Users, X } from "lucide-preact"
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks"
import { copiesOf, keepCopies, NOBODY, type Copies } from "../state/send"

type Kind = keyof Copies

const kinds: readonly [Kind, string, string][] = [["cc", "Cc", "Gets a copy, and everybody sees it"], ["bcc", "Bcc", "Gets a copy, and nobody else sees it"]]
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+$/
const MOST = 20

/** What was typed or pasted, word by word; of `Mia Berg <mia@mail.example>` the address alone. */
function wordsIn(text: string): string[] {
  const words = text.split(/[\s,;]+/).map((word) => word.replace(/^[<"(]+|[>")]+$/g, "").toLowerCase()).filter(Boolean)
  return text.includes("<") ? words.filter((word) => word.includes("@")) : words
}

/** Who else gets a mail: kept with the ticket's draft, with nobody to begin with. */
export function useCopies(ticket: string) {
  const held = copiesOf(ticket)
  const [typed, setTyped] = useState({ cc: "", bcc: "" })
  const [open, setOpen] = useState(false)
  const wanted = useRef(false)
  const all = [...held.cc, ...held.bcc]
  const fresh = (kind: Kind): string[] => [...new Set(wordsIn(typed[kind]))].filter((word) => !all.includes(word))
  const wrongIn = (kind: Kind): string => {
    const odd = fresh(kind).find((word) => !ADDRESS.test(word))
    if (odd) return `“${odd}” is no address. Write it as name@shop.example.`
    return all.length + fresh(kind).length > MOST ? `A mail can carry ${MOST} copies.` : ""
  }
  /** Everybody, with those whose address is still in the field. */
  const whole = (): Copies => {
    const cc = [...held.cc, ...fresh("cc")]
    return { cc, bcc: [...held.bcc, ...fresh("bcc").filter((word) => !cc.includes(word))] }
  }
  /** True when nothing is left in the field. */
  const commit = (kind: Kind): boolean => {
    if (wrongIn(kind)) return false
    keepCopies(ticket, { ...held, [kind]: [...held[kind], ...fresh(kind)] })
    setTyped({ ...typed, [kind]: "" })
    return true
  }
  return {
    held,
    typed,
    shown: open || all.length > 0,
    wrong: wrongIn("cc") || wrongIn("bcc"),
    wrongIn,
    whole,
    commit,
    type: (kind: Kind, text: string): void => setTyped({ ...typed, [kind]: text }),
    drop: (kind: Kind, address: string): void => keepCopies(ticket, { ...held, [kind]: held[kind].filter((each) => each !== address) }),
    open: setOpen,
    /** Set when the first field is to be written in once it is there. */
    wanted,
    clear: (): void => {
      keepCopies(ticket, NOBODY)
      setTyped({ cc: "", bcc: "" })
      setOpen(false)
    },
  }
}

type Held = ReturnType<typeof useCopies>

export function CopiesButton({ copies, shut }: { copies: Held; shut: () => void }) {
  const toggle = (): void => {
    if (!copies.shown) {
      copies.wanted.current = true
      copies.open(true)
    } else if (copies.held.cc.length + copies.held.bcc.length > 0) document.getElementById("copies-cc")?.focus()
    else {
      copies.open(false)
      shut()
    }
  }
  return <button type="button" class="button bare small copies-button" aria-expanded={copies.shown} title="Send a copy to somebody else" onClick={toggle}><Users size={14} aria-hidden="true" />Copies</button>
}

export function CopiesFields({ copies, shut }: { copies: Held; shut: () => void }) {
  if (!copies.shown) return null
  return <div class="copies" role="group" aria-label="Copies">{kinds.map(([kind, name, tip]) => <Field key={kind} kind={kind} name={name} tip={tip} copies={copies} shut={shut} />)}</div>
}

function Field({ kind, name, tip, copies, shut }: { kind: Kind; name: string; tip: string; copies: Held; shut: () => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [tried, setTried] = useState(false)
  const told = useId()
  const text = copies.typed[kind]
  const people = copies.held[kind]
  const wrong = tried ? copies.wrongIn(kind) : ""
  const commit = (): void => setTried(!copies.commit(kind))
  useLayoutEffect(() => {
    if (kind !== "cc" || !copies.wanted.current) return
    copies.wanted.current = false
    input.current!.focus()
  }, [])
  const drop = (address: string): void => {
    copies.drop(kind, address)
    input.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Backspace" && text === "" && people.length > 0) drop(people.at(-1)!)
    else if (event.key === "Escape") {
      if (text === "") copies.open(false)
      shut()
    } else if (["Enter", ",", ";"].includes(event.key) && text.trim()) commit()
    else if (event.key === " " && text.trim() && !copies.wrongIn(kind)) commit()
    else if (event.key !== "Enter") return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="copies-line">
      <label for={`copies-${kind}`} title={tip}>{name}</label>
      <div class="copies-people">
        {people.map((address) => <span class="mark" key={address}><span class="cut">{address}</span><button type="button" aria-label={`Send no copy to ${address}`} onClick={() => drop(address)}><X size={12} aria-hidden="true" /></button></span>)}
        <input id={`copies-${kind}`} ref={input} type="text" inputMode="email" autocomplete="off" autocapitalize="off" spellcheck={false} placeholder={people.length ? "" : "name@shop.example"} value={text} aria-invalid={wrong !== ""} aria-describedby={wrong ? told : undefined} onInput={(event) => (setTried(false), copies.type(kind, event.currentTarget.value))} onKeyDown={onKeyDown} onBlur={() => text.trim() && commit()} />
      </div>
      {wrong && <p id={told} class="copies-wrong" role="alert">{wrong}</p>}
    </div>
  )
}
