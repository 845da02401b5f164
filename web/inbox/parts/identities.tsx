import { AlarmClock, Link2 } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { Customer, Found, FoundCustomers, Joining, Joinings } from "../../shared/wire"
import { call, wordsOf } from "../state/api"
import { ago, exact, isPast, until } from "../state/clock"
import { canWrite, customers } from "../state/desk"
import { isActive, type Ticket } from "../state/model"
import { tell } from "../state/tell"
import { Menu } from "./small"

const languages = ["en", "de", "es", "fr", "it", "pt", "nl", "ja", "pl", "sv", "da"] as const

const named = (code: string): string => new Intl.DisplayNames(undefined, { type: "language" }).of(code) ?? code

const hows: Record<Joining["how"], string> = { shop: "signed in at the shop", code: "proved it by a code", agent: "joined" }

const called = (customer: Customer): string => customer.name || addresses(customer)[0] || "Visitor"

const addresses = (customer: Customer): string[] => (customer.identities ?? []).filter((each) => each.kind !== "visitor").map((each) => each.value)

async function done(path: string, body: object): Promise<boolean> {
  try {
    customers.put([await call<Customer>("POST", path, body)])
    return true
  } catch (error) {
    tell(wordsOf(error))
    return false
  }
}

/** When the channel takes no more answers, on a ticket whose customer still waits. */
export function Closing({ ticket }: { ticket: Ticket }) {
  const shuts = isActive(ticket) ? ticket.answer_before : null
  if (!shuts) return null
  const past = isPast(shuts)
  const title = `The time for free answers here ${past ? "was over" : "is over"} ${exact(shuts)}`
  return <span class="mark due red" title={title}><AlarmClock size={12} aria-hidden="true" />{past ? "Shut" : until(shuts)}<span class="unseen">{past ? "" : "left"}: {title}</span></span>
}

/** The language a customer writes, which an agent may correct. */
export function Language({ customer }: { customer: Customer }) {
  const now = customer.language
  const words = now ? `Writes in ${named(now)}` : "Language not known yet"
  if (!canWrite.value) return <span class="quiet">{words}</span>
  const choices = languages.map((each) => ({ name: named(each), checked: each === now, run: () => void done(`/api/customers/${customer.id}/language`, { language: each }) }))
  return <Menu name="language" label={`${words}. Choose the language`} button={<span class="cut quiet">{words}</span>} look="link" choices={choices} />
}

/** Who is part of this customer, with a way back, and how to join another. */
export function SamePerson({ customer }: { customer: Customer }) {
  const [joined, setJoined] = useState<readonly Joining[]>([])
  useEffect(() => {
    let current = true
    call<Joinings>("GET", `/api/customers/${customer.id}/joinings`).then((found) => current && setJoined(found.joinings)).catch(() => undefined)
    return () => {
      current = false
    }
  }, [customer.id, customer.version])
  if (joined.length === 0 && !canWrite.value) return null
  return (
    <section>
      <h2>Same person</h2>
      {joined.map((each) => (
        <div class="identity" key={each.id}>
          <Link2 size={14} aria-hidden="true" />
          <span class="cut" title={addresses(each.former).join(", ")}>{called(each.former)} <span class="quiet">{hows[each.how]}{each.by && ` by ${each.by}`}, {ago(each.at)}</span></span>
          {canWrite.value && <button type="button" class="link" onClick={() => void done(`/api/joinings/${each.id}/undo`, {})}>Undo</button>}
        </div>
      ))}
      {canWrite.value && <JoinAnother customer={customer} />}
    </section>
  )
}

function JoinAnother({ customer }: { customer: Customer }) {
  const [text, setText] = useState("")
  const [found, setFound] = useState<readonly Found[] | null>(null)
  const look = async (): Promise<void> => {
    try {
      const come = await call<FoundCustomers>("GET", `/api/customers?find=${encodeURIComponent(text.trim())}`)
      setFound(come.found.filter((each) => each.customer.id !== customer.id))
    } catch (error) {
      tell(wordsOf(error))
    }
  }
  const join = async (other: Customer): Promise<void> => {
    if (!(await done(`/api/customers/${customer.id}/join`, { other_id: other.id }))) return
    setText("")
    setFound(null)
  }
  return (
    <form class="field" onSubmit={(event) => { event.preventDefault(); void look() }}>
      <input aria-label="Find another customer to join" placeholder="Ticket number or address" maxLength={254} value={text} onInput={(event) => { setText(event.currentTarget.value); setFound(null) }} />
      {found?.length === 0 && <span class="quiet" role="status">Nobody else goes by that.</span>}
      {found?.map((each) => (
        <div class="identity" key={each.customer.id}>
          <Link2 size={14} aria-hidden="true" />
          <span class="cut" title={addresses(each.customer).join(", ")}>{called(each.customer)} <span class="quiet">{each.ticket_number ? `#${each.ticket_number}` : addresses(each.customer).join(", ")}</span></span>
          <button type="button" class="link" onClick={() => void join(each.customer)}>Join</button>
        </div>
      ))}
    </form>
  )
}
