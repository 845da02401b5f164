import { signal } from "@preact/signals"

/** The time, in steps of ten seconds: waits tick calmly. */
export const now = signal(Date.now())
setInterval(() => (now.value = Date.now()), 10_000)

const at = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(undefined, options)
const clock = at({ hour: "numeric", minute: "2-digit" })
const weekday = at({ weekday: "short" })
const dayMonth = at({ day: "numeric", month: "short" })
const dayMonthYear = at({ day: "numeric", month: "short", year: "numeric" })
const wholeDay = at({ weekday: "long", day: "numeric", month: "long" })
const exactly = at({ dateStyle: "full", timeStyle: "medium" })

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const hourOf = (instant: string): string => clock.format(new Date(instant))
export const exact = (instant: string): string => exactly.format(new Date(instant))
export const dayKey = (instant: string): string => new Date(instant).toDateString()

export function dayOf(instant: string): string {
  const day = new Date(instant)
  const today = new Date(now.value)
  if (day.toDateString() === today.toDateString()) return "Today"
  if (day.toDateString() === new Date(today.getTime() - DAY).toDateString()) return "Yesterday"
  return day.getFullYear() === today.getFullYear() ? wholeDay.format(day) : dayMonthYear.format(day)
}

/** How long ago, as short as a list needs it: now · 4 min · 3 h · Tue · 4 Nov. */
export function ago(instant: string): string {
  const since = now.value - Date.parse(instant)
  if (since < MINUTE) return "now"
  if (since < HOUR) return `${Math.floor(since / MINUTE)} min`
  if (since < DAY) return `${Math.floor(since / HOUR)} h`
  const day = new Date(instant)
  if (since < 6 * DAY) return weekday.format(day)
  return day.getFullYear() === new Date(now.value).getFullYear() ? dayMonth.format(day) : dayMonthYear.format(day)
}

/** A length of time in words: 40 s · 4 min · 1 h 20 min · 3 days. */
export function lasting(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / 10_000) * 10)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE)
    return `${Math.floor(ms / HOUR)} h${minutes ? ` ${minutes} min` : ""}`
  }
  const days = Math.floor(ms / DAY)
  return `${days} ${days === 1 ? "day" : "days"}`
}

/** How long until then, and for what has passed how long ago it was. */
export const until = (instant: string): string => lasting(Math.abs(Date.parse(instant) - now.value))

export const isPast = (instant: string): boolean => Date.parse(instant) <= now.value

/** How long somebody waits by now; what began within the minute is now. */
export function waited(since: string): string {
  const ms = now.value - Date.parse(since)
  return ms < MINUTE ? "now" : lasting(ms)
}

/** When within a week, as short as a mark needs it: 16:00 · Thu 09:00. */
export const shortly = (instant: string): string => `${dayKey(instant) === dayKey(new Date(now.value).toISOString()) ? "" : `${weekday.format(new Date(instant))} `}${hourOf(instant)}`

/** When something is to happen: 16:00 · tomorrow 09:00 · Mon 09:00 · 4 Nov 09:00. */
export function upcoming(instant: string): string {
  const then = new Date(instant)
  const days = Math.round((new Date(then.toDateString()).getTime() - new Date(new Date(now.value).toDateString()).getTime()) / DAY)
  const hour = clock.format(then)
  if (days === 0) return hour
  if (days === 1) return `tomorrow ${hour}`
  return days > 0 && days < 7 ? `${weekday.format(then)} ${hour}` : `${dayMonth.format(then)} ${hour}`
}
