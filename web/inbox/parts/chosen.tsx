import { CheckCheck, Clock, Flag, RotateCcw, Tag, Undo2, UserRoundPlus, Hand, X } from "lucide-preact"
import { numberOf } from "../state/changes"
import { chooseNone, chosen, choosing, gone, left } from "../state/chosen"
import { command, sheet } from "../state/commands"
import { tickets } from "../state/desk"
import { go, ticketPath } from "../state/router"
import { Dialog } from "./sheets"

const acts = [
  ["Resolve the chosen", "Resolve", CheckCheck],
  ["Reopen the chosen", "Reopen", RotateCcw],
  ["Assign the chosen", "Assign", UserRoundPlus],
  ["Snooze the chosen", "Snooze", Clock],
  ["Priority of the chosen", "Priority", Flag],
  ["Tags of the chosen", "Tags", Tag],
  ["Take over the chosen", "Take over", Hand],
  ["Release the chosen", "Release", Undo2],
] as const

/** How many are chosen and what can be done with them: over the head of the list, so that no row moves. */
export function ChosenBar() {
  const many = chosen.value.length
  if (many === 0 && !choosing.value) return null
  const clear = (): void => {
    chooseNone()
    document.querySelector<HTMLElement>(".tickets-scroll")?.focus({ preventScroll: true })
  }
  return (
    <div class="chosen-bar" role="region" aria-label="Chosen tickets">
      <div class="chosen-count">
        <p role="status"><b>{many === 0 ? "None chosen" : `${many} chosen`}</b>{gone.value > 0 && <span class="quiet"> · {gone.value} not in this view any more</span>}</p>
        {left.value.length > 0 && <button type="button" class="link" onClick={() => (sheet.value = { left: true })}>{left.value.length} refused: why?</button>}
        <span class="spring" />
        <button type="button" class="icon-button" aria-label="Choose none" title="Choose none (Esc)" onClick={clear}><X size={16} aria-hidden="true" /></button>
      </div>
      {many > 0 && (
        <div class="chosen-acts" role="group" aria-label="For all chosen">
          {acts.map(([name, label, Icon]) => {
            const { when, run, keys } = command(name)
            return when() ? <button key={name} type="button" class="icon-button" aria-label={label} title={`${label} (${keys})`} onClick={run}><Icon size={17} aria-hidden="true" /></button> : null
          })}
        </div>
      )}
    </div>
  )
}

/** Which tickets a command left as they are, each with its reason. */
export function LeftAsTheyAre() {
  const those = left.value
  const open = (id: string): void => {
    sheet.value = null
    const ticket = tickets.peek(id)
    if (ticket) go(ticketPath(ticket.number))
  }
  return (
    <Dialog title={`${those.length} left as they are`}>
      <ul class="refused">
        {those.map(({ ticket, problem }) => (
          <li key={ticket}><button type="button" class="link num" onClick={() => open(ticket)}>{numberOf(ticket)}</button><span class="cut" dir="auto">{tickets.peek(ticket)?.customer_name || "Visitor"}</span><span class="why">{[problem.title, problem.detail].filter(Boolean).join(". ")}</span></li>
        ))}
      </ul>
    </Dialog>
  )
}
