import type { ComponentChildren } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { commands, release, sheet, takeOver } from "../state/commands"
import { firstName, nameOf, openTicket } from "../state/desk"
import type { Ticket } from "../state/model"
import { SendKeys } from "./small"
import { MacroSheet } from "./macro"
import { LeftAsTheyAre } from "./chosen"
import { Palette } from "./palette"
import { PasswordSheet } from "./password"
import { Pick } from "./pick"
import { TraceOf } from "./trace"

/** Opens within the key or click that asked for it, so that the next letter is already its own. One for `reading` is scrolled by keys. */
export function Dialog({ title, reading = false, children }: { title: string; reading?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const [from, dialog] = [document.activeElement as HTMLElement | null, box.current!]
    dialog.showModal()
    return () => {
      dialog.close()
      from?.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog ref={box} aria-label={title} onClose={(event) => event.currentTarget.isConnected && (sheet.value = null)}>
      <header class="bar"><h2>{title}</h2><span class="spring" /><button type="button" class="button bare small" onClick={() => box.current?.close()}>Close</button></header>
      <div class="dialog-body" {...(reading ? { tabIndex: 0 } : {})}>{children}</div>
    </dialog>
  )
}

export function Sheets() {
  if (sheet.value === "keys") return <Keys />
  if (sheet.value === "palette") return <Palette />
  if (sheet.value === "release") return <ReleaseSheet />
  if (sheet.value === "password") return <PasswordSheet />
  if (sheet.value === null) return null
  if ("macro" in sheet.value) return <MacroSheet chosen={sheet.value.macro} />
  if ("pick" in sheet.value) return <Pick pick={sheet.value} />
  if ("left" in sheet.value) return <LeftAsTheyAre />
  if ("taken" in sheet.value) return <Taken ticket={sheet.value.taken} holder={sheet.value.holder} />
  return <Dialog title="Why did it say that?"><TraceOf turn={sheet.value.turn} /></Dialog>
}

/** Two wanted a ticket; `ticket` is as it stood when this agent reached for it. */
function Taken({ ticket, holder }: { ticket: Ticket; holder: string }) {
  const first = firstName(holder)
  const hadIt = ticket.control === "agents" && nameOf(ticket.assignee_id) === holder
  const shut = (): void => {
    sheet.value = null
  }
  return (
    <Dialog title={`${holder} has this ticket`}>
      <p>{first} {hadIt ? `has #${ticket.number}` : `took #${ticket.number} before you`}. Two answers would confuse {firstName(ticket.customer_name) || "the customer"}. Take it only when {first} knows.</p>
      <div class="dialog-actions">
        <button type="button" class="button" autofocus onClick={shut}>Leave it with {first}</button>
        <button type="button" class="button main" onClick={() => { shut(); void takeOver(ticket, true) }}>Take it on purpose</button>
      </div>
    </Dialog>
  )
}

function Keys() {
  return (
    <Dialog title="Keyboard shortcuts" reading>
      <div class="keys-grid">
        {[...new Set(commands.map((each) => each.group))].map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul>{commands.filter((each) => each.group === group).map((each) => <li key={each.name}>{each.name}<span class="keys">{each.keys.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}</span></li>)}</ul>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

function ReleaseSheet() {
  const note = useRef<HTMLTextAreaElement>(null)
  const ticket = openTicket.value
  if (!ticket) return null
  return (
    <Dialog title="Release to the assistant">
      <form onSubmit={(event) => { event.preventDefault(); void release(ticket, note.current?.value.trim() ?? ""); sheet.value = null }}>
        <label class="field"><span>Note to the assistant</span><textarea ref={note} autofocus rows={3} maxLength={4000} placeholder="What was settled, and what it may say. You can leave this empty." onKeyDown={(event) => event.key === "Enter" && (event.metaKey || event.ctrlKey) && (event.preventDefault(), event.currentTarget.form?.requestSubmit())} /></label>
        <div class="dialog-actions"><button class="button main">Give it back<SendKeys /></button></div>
      </form>
    </Dialog>
  )
}
