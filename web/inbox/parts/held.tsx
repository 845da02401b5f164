import { Clock, Undo2 } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import { firstName, tickets } from "../state/desk"
import { sendNow, takeBack } from "../state/held"
import type { Pending } from "../state/send"

/** Whole seconds until then, counted down. */
function useLeft(until: number): number {
  const [, redraw] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => redraw((each) => each + 1), 250)
    return () => clearInterval(timer)
  }, [until])
  return Math.max(0, Math.ceil((until - Date.now()) / 1000))
}

const leftWords = (left: number): string => (left > 0 ? `in ${left} s` : "now")

/** A reply that waits: take it back, or send it at once. `named` where its ticket is not the open one. */
export function HeldBar({ held, named = false }: { held: Pending; named?: boolean }) {
  const left = useLeft(held.held ?? 0)
  const ticket = tickets.get(held.ticket)
  return (
    <div class={named ? "toast held-bar" : "notice held-bar"} role="group" aria-label="A reply that waits to be sent">
      <Clock size={15} aria-hidden="true" />
      <span class="spring"><span aria-hidden="true">{named ? `Sending to ${firstName(ticket?.customer_name ?? "") || `#${ticket?.number ?? ""}`} ` : "Sending "}{leftWords(left)}{held.how.resolve ? ", then resolved" : ""}</span><span class="unseen" role="status">Your reply waits to be sent. Take it back with Undo.</span></span>
      <button type="button" class="button small" disabled={left === 0} onClick={() => void takeBack(held)}><Undo2 size={13} aria-hidden="true" />Undo</button>
      <button type="button" class="button small" onClick={() => void sendNow(held)}>Send now</button>
    </div>
  )
}

/** The same in the conversation, below the words. */
export function Waits({ pending }: { pending: Pending }) {
  return <span class="state"><Clock size={13} aria-hidden="true" />Goes {leftWords(useLeft(pending.held ?? 0))}</span>
}
