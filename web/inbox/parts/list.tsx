import { ArrowDownWideNarrow, ArrowUp, ChevronDown, ChevronsUp, ChevronUp, Circle, Inbox, ListChecks, PlugZap, Search, WifiOff, X } from "lucide-preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { connection, typing, viewing } from "../state/live"
import { canWrite, connections, counts, isAdmin, isUnread, me, nameOf, openId, tickets } from "../state/desk"
import { chooseSort, filter, focusRow, held, isGone, letIn, loading, loadMore, rows, sorted, sought, waitingIn } from "../state/list"
import { chooseTo, chosen, choosing, isChosen, toggle } from "../state/chosen"
import { follow, ticketPath, view } from "../state/router"
import { sortNames, sorts, views } from "../state/views"
import { ChosenBar } from "./chosen"
import { ConnectionState, MyMenu, ViewMenu } from "./nav"
import { Due } from "./clocks"
import { Closing } from "./identities"
import { Avatar, Channel, Control, Dots, Menu, Wait } from "./small"

const ROW = 84
const BEYOND = 6
/** A phone tells of a mouse that nobody has, where its browser once saw one. */
const hovers = matchMedia("(any-hover: hover)")

export function List() {
  const scroller = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(800)
  const [focused, setFocused] = useState<string | null>(null)
  const by = useRef({ pointer: false, focus: false })
  const hold = (more: Partial<typeof by.current> = {}): void => {
    Object.assign(by.current, more)
    held.value = by.current.pointer || by.current.focus || (scroller.current?.scrollTop ?? 0) > ROW / 2
  }
  const focusIn = (event: FocusEvent): void => {
    const to = event.target as Element
    setFocused(rowOf(to)?.id ?? null)
    hold({ focus: to.matches(".ticket:focus-visible, .new-rows") })
  }
  const focusOut = (event: FocusEvent): void => {
    if (!document.hasFocus() || (event.currentTarget as Element).contains(event.relatedTarget as Node | null)) return
    setFocused(null)
    hold({ focus: false })
  }
  useEffect(() => {
    hold()
    const watch = new ResizeObserver(() => setHeight(scroller.current?.clientHeight ?? 800))
    watch.observe(scroller.current!)
    return () => watch.disconnect()
  }, [])
  useEffect(() => scroller.current?.scrollTo(0, 0), [view.value, sorted.value])
  const ids = rows.value
  const total = counts.value?.[views[view.value].count] ?? 0
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND)
  const last = Math.min(ids.length, Math.ceil((top + height) / ROW) + BEYOND)
  const drawn = [...new Set([...ids.slice(first, last), ...[focused, sought.value].filter((id) => id !== null)])].map((id) => ({ id, at: ids.indexOf(id) })).filter(({ at }) => at !== -1).sort((a, b) => a.at - b.at)
  const had = rowOf(document.activeElement)
  useLayoutEffect(() => {
    if (!had || document.activeElement !== document.body) return
    const row = scroller.current!.querySelector<HTMLElement>(`[data-ticket="${had.id}"]`) ?? scroller.current!.querySelector<HTMLElement>(`[aria-posinset="${Math.min(had.place, ids.length)}"] a, .ticket`)
    ;(row ?? scroller.current!).focus({ preventScroll: true })
  })
  useEffect(() => {
    if (sought.value === null) return
    scroller.current!.querySelector<HTMLElement>(`[data-ticket="${sought.value}"]`)?.focus()
    sought.value = null
  }, [sought.value])
  const whole = filter.value !== ""
  useEffect(() => {
    if (whole || last >= ids.length - BEYOND) void loadMore().catch(() => undefined)
  }, [whole, last, ids.length, loading.value])
  return (
    <section class="pane list-pane" aria-label={views[view.value].label} onPointerEnter={(event) => event.pointerType === "mouse" && hovers.matches && hold({ pointer: true })} onPointerLeave={() => hold({ pointer: false })} onFocusIn={focusIn} onFocusOut={focusOut}>
      <div class="list-head">
        <ChosenBar />
        <header class="bar"><h1 class="not-phone">{views[view.value].label}</h1>{total > 0 && <span class="num quiet not-phone">{total}</span>}<div class="only-phone phone-head"><ViewMenu /><span class="spring" /><ConnectionState /><MyMenu side="" /></div></header>
        <NeedsReconnecting />
        <div class="list-tools">
          <div class="filter"><Search size={14} aria-hidden="true" /><input type="search" aria-label="Filter this list" placeholder="Filter this list" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} onKeyDown={(event) => event.key === "Escape" && ((filter.value = ""), event.currentTarget.blur())} />{filter.value ? <button type="button" class="icon-button" aria-label="Clear the filter" onClick={() => (filter.value = "")}><X size={14} aria-hidden="true" /></button> : <kbd class="not-phone">/</kbd>}</div>
          <Sorting />
          {canWrite.value && <button type="button" class="icon-button only-phone" aria-label="Choose several" aria-pressed={choosing.value} onClick={() => (choosing.value = !choosing.value)}><ListChecks size={18} aria-hidden="true" /></button>}
          {waitingIn.value > 0 && <button type="button" class="new-rows" onClick={() => { letIn(); scroller.current?.scrollTo({ top: 0 }); focusRow(rows.peek()[0] ?? null) }}><ArrowUp size={13} aria-hidden="true" />{waitingIn.value} new</button>}
        </div>
      </div>
      <div class="pane rows">
        <div class="tickets-scroll" ref={scroller} tabIndex={-1} onScroll={(event) => { setTop(event.currentTarget.scrollTop); hold() }}>
          <ul class={`tickets ${choosing.value || chosen.value.length > 0 ? "choosing" : ""}`} aria-label="Tickets" role="list" style={{ height: ids.length * ROW }}>
            {drawn.map(({ id, at }) => <Row key={id} id={id} at={at} of={ids.length} />)}
          </ul>
          {ids.length === 0 && !loading.value && <div class="empty"><Inbox size={28} aria-hidden="true" /><h2>{filter.value ? "Nothing matches" : "All clear"}</h2><p>{filter.value ? "Try fewer words, or another view." : views[view.value].empty}</p></div>}
          {ids.length === 0 && loading.value && [0, 1, 2, 3].map((each) => <div class="skeleton" key={each}><i /><i /></div>)}
        </div>
        {connection.state.value === "offline" && <p class="offline-bar" role="status"><WifiOff size={14} aria-hidden="true" /><span>Offline. What you see may be old; what you send is kept and goes out later.</span></p>}
      </div>
    </section>
  )
}

/** The row that an element is part of, and its place from one on. */
function rowOf(element: Element | null): { id: string; place: number } | null {
  const row = element?.closest<HTMLElement>("[data-ticket]")
  return row ? { id: row.dataset["ticket"]!, place: Number(row.parentElement!.getAttribute("aria-posinset")) } : null
}

/** A connection that ended says so where everybody looks. */
function NeedsReconnecting() {
  const down = [...connections.value.values()].filter((each) => each.health === "reconnect")
  const first = down[0]
  if (!first) return null
  const path = `/settings/channels/${down.length === 1 ? first.id : ""}`
  return (
    <p class="reconnect" role="status">
      <PlugZap size={15} aria-hidden="true" />
      <span><b>{down.length === 1 ? `${first.name} needs reconnecting.` : `${down.length} channels need reconnecting.`}</b> What you send there waits.{" "}{isAdmin.value ? <a href={path} onClick={(event) => follow(event, path)}>Reconnect</a> : "Tell an admin."}</span>
    </p>
  )
}

/** What the list is sorted by, where it can be chosen. */
const Sorting = () =>
  views[view.value].sorts ? (
    <Menu name="sort" look="icon-button" label={`Sorted: ${sorts[sorted.value].label}`} tip={sorts[sorted.value].label} button={<ArrowDownWideNarrow size={16} aria-hidden="true" />} choices={sortNames.map((sort) => ({ name: sorts[sort].label, checked: sorted.value === sort, run: () => chooseSort(sort) }))} />
  ) : null

const byTouch = matchMedia("(pointer: coarse)")
const LONG_MS = 450
const STILL = 10

let press: { timer: ReturnType<typeof setTimeout>; x: number; y: number } | null = null
/** True until the click that ends a long press came, or the next press begins. */
let rested = false

const unpress = (): void => {
  if (press) clearTimeout(press.timer)
  press = null
}

/** A finger that rests on a row chooses it. */
const pressing = (choose: () => void) => ({
  onPointerDown: (event: PointerEvent): void => {
    unpress()
    rested = false
    if (event.pointerType === "mouse" || !canWrite.peek()) return
    const timer = setTimeout(() => {
      press = null
      rested = true
      choose()
    }, LONG_MS)
    press = { timer, x: event.clientX, y: event.clientY }
  },
  onPointerMove: (event: PointerEvent): void => {
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > STILL) unpress()
  },
  onPointerUp: unpress,
  onPointerCancel: unpress,
  onContextMenu: (event: MouseEvent): void => {
    if (byTouch.matches) event.preventDefault()
  },
  onMouseDown: (event: MouseEvent): void => {
    if (event.shiftKey) event.preventDefault()
  },
})

function Row({ id, at, of }: { id: string; at: number; of: number }) {
  const ticket = tickets.get(id)
  if (!ticket) return null
  const unread = isUnread(ticket)
  const types = typing.value.get(id)
  const eyes = (viewing.value.get(id) ?? []).filter((agent) => agent !== me.value?.agent.id)
  const path = ticketPath(ticket.number)
  const picked = isChosen(id)
  const onClick = (event: MouseEvent): void => {
    const instead = canWrite.peek() && (event.shiftKey ? chooseTo : byTouch.matches && (choosing.peek() || chosen.peek().length > 0) ? toggle : null)
    if (!instead) return follow(event, path)
    event.preventDefault()
    if (rested) rested = false
    else instead(id)
  }
  const presses = pressing(() => toggle(id))
  const lastFromThem = ticket.preview?.author === "customer" && !ticket.preview.note
  const who = { customer: "", assistant: "Assistant: ", agent: "Agent: ", system: "" }[ticket.preview?.author ?? "system"]
  return (
    <li aria-setsize={of} aria-posinset={at + 1} class={picked ? "chosen" : ""}>
      {canWrite.value && <label class="choose" style={{ top: at * ROW }} onMouseDown={(event) => event.shiftKey && event.preventDefault()} onClick={(event) => { if (!event.shiftKey) return; event.preventDefault(); chooseTo(id) }}><input type="checkbox" tabIndex={-1} checked={picked} aria-label={`Choose ${ticket.customer_name || "Visitor"} #${ticket.number}`} onChange={() => toggle(id)} /></label>}
      <a class={`ticket ${unread ? "unread" : ""} ${isGone(ticket) ? "gone" : ""}`} href={path} data-ticket={id} style={{ top: at * ROW }} {...(openId.value === id ? { "aria-current": "true" as const } : {})} {...presses} onClick={onClick}>
        {unread && <span class="new" title="Unread"><Circle size={8} fill="currentColor" aria-hidden="true" /><span class="unseen">Unread</span></span>}
        <span class="who"><span class="cut" dir="auto">{ticket.customer_name || <>Visitor <span class="num quiet">#{ticket.number}</span></>}</span>{ticket.priority === "urgent" && <span class="priority urgent"><ChevronsUp size={13} aria-hidden="true" />Urgent</span>}{ticket.priority === "high" && <span class="priority high"><ChevronUp size={13} aria-hidden="true" />High</span>}{ticket.priority === "low" && <span class="priority"><ChevronDown size={13} aria-hidden="true" />Low</span>}</span>
        <Wait ticket={ticket} />
        <span class="what cut">{types ? <span class="typing"><Dots />{types.kind === "customer" ? "typing" : `${types.name} is typing`}</span> : <>{lastFromThem ? <b dir="auto">{ticket.preview?.text}</b> : <>{ticket.subject && <b>{ticket.subject}</b>}<span class="said">{ticket.preview?.note ? "Note: " : who}{ticket.preview?.text}</span></>}</>}</span>
        <span class="marks"><Control ticket={ticket} /><Closing ticket={ticket} /><Channel name={ticket.channel} /><Due ticket={ticket} />{eyes.length > 0 && <span class="eyes" title={`${eyes.map(nameOf).join(", ")} looking`}>{eyes.slice(0, 3).map((agent) => <Avatar key={agent} name={nameOf(agent)} size="small" />)}</span>}</span>
      </a>
    </li>
  )
}
