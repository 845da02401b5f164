import { Timer, TimerOff } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { Bill, Clock, Clocks as Found, Segment } from "../../shared/wire"
import { call } from "../state/api"
import { exact, isPast, lasting, now, shortly, until } from "../state/clock"
import { nameOf } from "../state/desk"
import { isActive, type Ticket } from "../state/model"

const NEAR = 16 * 3_600_000
const COUNTED_DOWN = 2 * 3_600_000

const kinds: Record<Clock["kind"], string> = { first_response: "First answer", next_response: "Next answer", pickup: "Pick-up", resolution: "Resolution" }

const pauses: Record<NonNullable<Segment["pause"]>, string> = { customer: "Waiting for the customer", snoozed: "Snoozed", assistant: "The assistant has it" }

/** What is due next on a ticket, where that is near or past. */
export function Due({ ticket }: { ticket: Ticket }) {
  const due = isActive(ticket) ? ticket.due : null
  if (!due?.at || Date.parse(due.at) - now.value > NEAR) return null
  const past = isPast(due.at)
  const left = Date.parse(due.at) - now.value > COUNTED_DOWN ? shortly(due.at) : until(due.at)
  const level = past ? "red" : (due.step ?? 0) >= 75 ? "waiting" : ""
  const title = `${kinds[due.kind]} due ${exact(due.at)}`
  return <span class={`mark due ${level}`} title={title}>{past ? <TimerOff size={12} aria-hidden="true" /> : <Timer size={12} aria-hidden="true" />}<span class="cut">{past ? `${until(due.at)} late` : left}</span><span class="unseen">{past ? title : `left: ${title}`}</span></span>
}

/** A ticket's clocks, each of which opens like a bill. */
export function Clocks({ ticket }: { ticket: Ticket }) {
  const [clocks, setClocks] = useState<readonly Bill[] | null>(null)
  useEffect(() => {
    let current = true
    call<Found>("GET", `/api/tickets/${ticket.id}/clocks`).then((found) => current && setClocks(found.clocks)).catch(() => undefined)
    return () => {
      current = false
    }
  }, [ticket.id, ticket.version])
  if (!clocks || clocks.length === 0) return null
  const open = clocks.filter(({ clock }) => !clock.ended_at)
  const ended = clocks.filter(({ clock }) => clock.ended_at).reverse()
  return (
    <section>
      <h2>Promised</h2>
      <div class="clocks">
        {[...open, ...ended.slice(0, 4)].map((bill) => <Opened key={bill.clock.id} bill={bill} />)}
      </div>
    </section>
  )
}

function Opened({ bill: { clock, counted_s } }: { bill: Bill }) {
  const segments = clock.segments ?? []
  return (
    <details class="clock">
      <summary><span class="cut">{kinds[clock.kind]}</span><State clock={clock} /></summary>
      <ol>
        {segments.map((segment, at) => (
          <li key={segment.start} class={segment.pause ? "stood" : ""}><span class="cut" title={exact(segment.start)}>{segment.pause ? pauses[segment.pause] : holder(segment)}</span><span class="num">{segment.pause ? "paused" : counted(counted_s[at] ?? 0)}</span></li>
        ))}
      </ol>
      <p class="quiet">{clock.policy}: {goal(clock.seconds)}{clock.calendar?.hours?.length ? " of open hours" : ""}{clock.due_at ? `, due ${exact(clock.due_at)}` : ""}.{(clock.earlier ?? []).length > 0 && ` Counted anew ${(clock.earlier ?? []).length} times.`}</p>
    </details>
  )
}

function State({ clock }: { clock: Clock }) {
  if (clock.outcome === "dropped") return <span class="quiet">fell away</span>
  if (clock.ended_at) return <span class={clock.outcome === "missed" ? "missed" : "met"}>{clock.outcome === "missed" ? `missed, ${counted(clock.elapsed_s ?? 0)}` : clock.elapsed_s ? `met in ${counted(clock.elapsed_s)}` : "met at once"}</span>
  const last = clock.segments?.at(-1)
  if (last?.pause) return <span class="quiet">paused</span>
  if (!clock.due_at) return <span class="quiet">no open hours</span>
  return isPast(clock.due_at) ? <span class="missed">{until(clock.due_at)} late</span> : <span class="num">{until(clock.due_at)} left</span>
}

const holder = (segment: Segment): string => (segment.holder_kind === "assistant" ? "With the assistant" : segment.holder ? `With ${nameOf(segment.holder)}` : "With nobody yet")

/** A goal: never in days, which open hours have none of. */
const goal = (seconds: number): string => (seconds < 60 ? `${seconds} s` : seconds < 7200 ? lasting(seconds * 1000) : `${Math.round(seconds / 360) / 10} h`)

/** Seconds as a bill has them: 40 s · 4 min 20 s · 1 h 20 min. */
const counted = (seconds: number): string => (seconds < 3600 && seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : seconds < 60 ? `${seconds} s` : lasting(seconds * 1000))
