import { Bot, Camera, CheckCheck, CircleUser, Clock, Gamepad2, Hash, Hourglass, Mail, MessageCircle, MessageCircleMore, MessageSquareText, Music2, Phone, Send, Smartphone, Webhook, Zap } from "lucide-preact"
import type { ComponentChildren, JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { ago, exact, now, upcoming, waited } from "../state/clock"
import { firstName, me, nameOf } from "../state/desk"
import { isActive, type Ticket } from "../state/model"
import { menu, modifier } from "../state/commands"

const channels: Record<string, [typeof Mail, string]> = {
  webchat: [MessageCircle, "Web chat"],
  email: [Mail, "E-mail"],
  whatsapp: [Phone, "WhatsApp"],
  instagram: [Camera, "Instagram"],
  messenger: [Zap, "Messenger"],
  tiktok: [Music2, "TikTok"],
  sms: [Smartphone, "SMS"],
  discord: [Gamepad2, "Discord"],
  slack: [Hash, "Slack"],
  telegram: [Send, "Telegram"],
  line: [MessageCircleMore, "LINE"],
  http: [Webhook, "Custom channel"],
  phone: [Phone, "Phone"],
  visitor: [MessageCircle, "Web chat"],
}

export const iconOf = (name: string): typeof Mail => channels[name]?.[0] ?? MessageSquareText

/** The mark of a channel: its shape and its name, or with `only` the shape that tells its name. */
export function Channel({ name, only = false }: { name: string; only?: boolean }) {
  const [Icon, label] = channels[name] ?? [MessageSquareText, me.value?.channels[name] ?? name]
  return (
    <span class="channel" {...(only ? { title: label } : {})}>
      <Icon size={only ? 14 : 13} aria-hidden="true" />
      {only ? <span class="unseen">{label}</span> : label}
    </span>
  )
}

export function Avatar({ name, size = "" }: { name: string; size?: "" | "small" | "large" }) {
  const letters = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7)
  const initials = letters.length ? [letters[0], letters.length > 1 ? letters.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("") : "?"
  return (
    <span class={`avatar ${size}`} style={{ "--hue": hue } as JSX.CSSProperties} data-letters={initials.toUpperCase()} aria-hidden="true" />
  )
}

/** Who may answer now, in words and a shape. */
export function Control({ ticket }: { ticket: Ticket }) {
  if (ticket.status === "snoozed") return <span class="mark"><Clock size={12} aria-hidden="true" />{ticket.snoozed_until ? `Snoozed until ${upcoming(ticket.snoozed_until)}` : "Snoozed"}</span>
  if (!isActive(ticket)) return <span class="mark"><CheckCheck size={12} aria-hidden="true" />Resolved</span>
  return <Holder ticket={ticket} />
}

/** Who may answer, whatever the status. */
export function Holder({ ticket }: { ticket: Ticket }) {
  if (ticket.control === "assistant") return <span class="mark assistant"><Bot size={12} aria-hidden="true" />Assistant</span>
  if (ticket.assignee_id === null) return <span class="mark waiting"><Hourglass size={11} aria-hidden="true" />Waiting for a person</span>
  const mine = ticket.assignee_id === me.value?.agent.id
  return <span class={`mark ${mine ? "mine" : ""}`}><CircleUser size={12} aria-hidden="true" />{mine ? "You" : firstName(nameOf(ticket.assignee_id))}</span>
}

const LATE = 2 * 60_000

export function Wait({ ticket }: { ticket: Ticket }) {
  const since = isActive(ticket) ? ticket.waiting_since : null
  if (!since) return <time class="when" title={exact(ticket.updated_at)} dateTime={ticket.updated_at}>{ago(ticket.preview?.at ?? ticket.updated_at)}</time>
  return <time class={`when ${now.value - Date.parse(since) > LATE ? "late" : ""}`} title={`Waiting since ${exact(since)}`} dateTime={since}><Hourglass size={11} aria-hidden="true" />{waited(since)}</time>
}

export const Dots = () => <span class="dots" aria-hidden="true"><i /><i /><i /></span>

export const SendKeys = () => <span class="send-keys" aria-hidden="true"><kbd>{modifier}</kbd><kbd>↵</kbd></span>

export interface Choice {
  name: string
  run: () => void
  far?: string | undefined
  icon?: ComponentChildren
  checked?: boolean
}

/** A button with a menu below it; `name` also opens it from the keyboard. */
export function Menu({ name, label, choices, button, side = "", look = "button", home: kind = "", tip }: { name: string; label: string; choices: readonly Choice[]; button: ComponentChildren; side?: string; look?: string; home?: string; tip?: string }) {
  const home = useRef<HTMLDivElement>(null)
  const open = menu.value === name
  useEffect(() => {
    if (!open) return
    home.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus()
    const outside = (event: Event): void => {
      if (!home.current?.contains(event.target as Node)) menu.value = null
    }
    addEventListener("pointerdown", outside)
    return () => removeEventListener("pointerdown", outside)
  }, [open])
  const shut = (): void => {
    menu.value = null
    home.current?.querySelector<HTMLElement>("button")?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) return
    if (event.key === "Escape") shut()
    else if (event.key === "Tab") {
      menu.value = null
      return
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
      const items = [...home.current!.querySelectorAll<HTMLElement>("[role^=menuitem]")]
      const at = items.indexOf(document.activeElement as HTMLElement)
      const to = { ArrowDown: (at + 1) % items.length, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]!
      items.at(to)?.focus()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class={`menu-home ${kind}`} ref={home} onKeyDown={onKeyDown}>
      <button type="button" class={look} {...(tip ? { title: tip } : {})} aria-haspopup="menu" aria-expanded={open} aria-label={label} onClick={() => (menu.value = open ? null : name)}>
        {button}
      </button>
      {open && (
        <div class={`menu ${side}`} role="menu" aria-label={label}>
          {choices.map((choice) => (
            <button key={choice.name} type="button" role={choice.checked === undefined ? "menuitem" : "menuitemradio"} {...(choice.checked === undefined ? {} : { "aria-checked": choice.checked })} onClick={() => { shut(); choice.run() }}>
              {choice.icon}
              <span class="cut">{choice.name}</span>
              <span class="far">{[choice.far, choice.checked ? "✓" : ""].filter(Boolean).join(" ")}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
