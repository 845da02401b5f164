import { change, counted } from "./changes"
import { lasting, upcoming } from "./clock"
import { me, people, tickets } from "./desk"
import type { Priority, Ticket } from "./model"
import type { Understood } from "./moments"

/** What is chosen from a list for some tickets: who, when, how urgent, which tags. */
export type Kind = "assign" | "snooze" | "priority" | "tags"

export interface Pick {
  pick: Kind
  of: readonly string[]
}

export interface Option {
  name: string
  far?: string
  icon?: "person" | "team" | "nobody" | "moment" | "reply" | "add" | "remove" | Priority
  /** True where all of the tickets have it already. */
  on?: boolean
  run: () => void
}

export const titles: Record<Kind, string> = { assign: "Assign", snooze: "Snooze", priority: "Priority of", tags: "Tags of" }

export const hints: Record<Kind, string> = {
  assign: "Whom to give it to",
  snooze: "tomorrow 9 · in 3 h · friday 14:30",
  priority: "How much it presses",
  tags: "A tag to add or to take away",
}

const MOST_TAGS = 12
const priorities = ["urgent", "high", "normal", "low"] as const

export const titleOf = ({ pick, of }: Pick): string => `${titles[pick]} ${counted(of)}`

export function options({ pick, of }: Pick, words: string, understood: Understood | null): readonly Option[] {
  const plain = words.trim().toLowerCase()
  const those = of.map((id) => tickets.peek(id)).filter((each) => each !== undefined)
  if (pick === "snooze") return moments(of, plain, understood)
  if (pick === "tags") return tags(of, those, plain)
  const all = pick === "assign" ? owners(of, those) : ranks(of, those)
  return all.filter(({ name }) => ` ${name.toLowerCase()}`.includes(` ${plain}`))
}

const all = (those: readonly Ticket[], holds: (ticket: Ticket) => boolean): boolean => those.length > 0 && those.every(holds)

function owners(of: readonly string[], those: readonly Ticket[]): Option[] {
  const mine = me.peek()?.agent
  const give = (name: string, agent: string): Option => ({
    name,
    icon: "person",
    on: all(those, (ticket) => ticket.assignee_id === agent),
    run: () => void change(of, { do: "assign", agent_id: agent }, (what) => `Gave ${what} to ${agent === mine?.id ? "you" : name}`),
  })
  const others = people.all().filter((agent) => !agent.disabled && agent.role !== "viewer" && agent.id !== mine?.id)
  return [
    ...(mine ? [give("Me", mine.id)] : []),
    ...others.map((agent) => give(agent.name, agent.id)),
    ...(me.peek()?.teams ?? []).map((team): Option => ({
      name: team.name,
      icon: "team",
      on: all(those, (ticket) => ticket.assignee_id === null && ticket.team_id === team.id),
      run: () => void change(of, { do: "assign", agent_id: null, team_id: team.id }, (what) => `Gave ${what} to ${team.name}`),
    })),
    { name: "Nobody", icon: "nobody", on: all(those, (ticket) => ticket.assignee_id === null && ticket.team_id === null), run: () => void change(of, { do: "assign", agent_id: null, team_id: null }, (what) => `Gave ${what} to nobody`) },
  ]
}

const ranks = (of: readonly string[], those: readonly Ticket[]): Option[] =>
  priorities.map((priority) => ({
    name: `${priority[0]!.toUpperCase()}${priority.slice(1)}`,
    icon: priority,
    on: all(those, (ticket) => ticket.priority === priority),
    run: () => void change(of, { do: "priority", priority }, (what) => `Set ${what} to ${priority}`),
  }))

function tags(of: readonly string[], those: readonly Ticket[], plain: string): Option[] {
  const had = new Map<string, number>()
  for (const tag of those.flatMap((ticket) => ticket.tags)) had.set(tag, (had.get(tag) ?? 0) + 1)
  const known = new Map<string, number>()
  for (const tag of tickets.all().flatMap((ticket) => ticket.tags)) known.set(tag, (known.get(tag) ?? 0) + 1)
  const fits = (tag: string): boolean => tag.includes(plain)
  const add = (tag: string, far = ""): Option => ({ name: tag, far, icon: "add", run: () => void change(of, { do: "tags", add: [tag] }, (what) => `Tagged ${what} “${tag}”`) })
  const remove = ([tag, times]: [string, number]): Option => ({ name: `Take away ${tag}`, far: those.length > 1 ? `on ${times} of ${those.length}` : "", icon: "remove", run: () => void change(of, { do: "tags", remove: [tag] }, (what) => `Took “${tag}” away from ${what}`) })
  const offered = [...known].filter(([tag]) => fits(tag) && had.get(tag) !== those.length).sort((a, b) => b[1] - a[1]).slice(0, MOST_TAGS)
  const fresh = plain && plain.length <= 60 && !known.has(plain) ? [add(plain, "New tag")] : []
  return [...offered.map(([tag]) => add(tag)), ...[...had].filter(([tag]) => fits(tag)).map(remove), ...fresh]
}

function moments(of: readonly string[], plain: string, understood: Understood | null): Option[] {
  const snooze = (name: string, until: Date | null, far = until ? upcoming(until.toISOString()) : ""): Option => ({
    name,
    far,
    icon: until ? "moment" : "reply",
    run: () => void change(of, { do: "snooze", until: until?.toISOString() ?? null }, (what) => `Snoozed ${what} until ${until ? upcoming(until.toISOString()) : "they reply"}`),
  })
  if (!plain) return usual().map(([name, until]) => snooze(name, until))
  if (!understood || "wrong" in understood) return []
  return [understood.until ? snooze(whole(understood.until), understood.until, `in ${lasting(understood.until.getTime() - Date.now())}`) : snooze("Until they reply", null)]
}

const thisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" })
const anyYear = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" })
const whole = (until: Date): string => (until.getFullYear() === new Date().getFullYear() ? thisYear : anyYear).format(until)

function usual(): [string, Date | null][] {
  const at = (days: number, hour: number): Date => {
    const day = new Date()
    day.setDate(day.getDate() + days)
    day.setHours(hour, 0, 0, 0)
    return day
  }
  const toMonday = (8 - new Date().getDay()) % 7 || 7
  return [
    ["In 3 hours", new Date(Date.now() + 3 * 3_600_000)],
    ["Tomorrow morning", at(1, 9)],
    ["Next week", at(toMonday, 9)],
    ["Until they reply", null],
  ]
}
