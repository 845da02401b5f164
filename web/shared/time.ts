const made = new Map<string, Intl.DateTimeFormat>()

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  let found = made.get(key)
  if (!found) made.set(key, (found = new Intl.DateTimeFormat(locale, options)))
  return found
}

/** `14:05`, as the locale writes it. */
export function clock(at: Date, locale: string): string {
  return format(locale, { hour: "numeric", minute: "2-digit" }).format(at)
}

/** The exact time, for hover and screen readers. */
export function exact(at: Date, locale: string): string {
  return format(locale, { dateStyle: "full", timeStyle: "short" }).format(at)
}

/** Whole calendar days from `now` to `at` in local time: -1 is yesterday. */
export function daysFrom(now: Date, at: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return Math.round((midnight(at) - midnight(now)) / 86_400_000)
}

/** Today, yesterday, a weekday within the week, else a date. */
export function dayName(at: Date, now: Date, locale: string): string {
  const days = daysFrom(now, at)
  if (days === 0 || days === -1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day")
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1)
  }
  if (days < 0 && days > -7) return format(locale, { weekday: "long" }).format(at)
  const sameYear = at.getFullYear() === now.getFullYear()
  return format(locale, { day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(at)
}

/** `5 min`, `3 h`, `2 d`: how long ago, short. */
export function ago(at: Date, now: Date, locale: string): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000))
  const [amount, unit] =
    minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"]
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" }).format(amount)
}

/**
 * A promised time as people say it: the clock today, with the day's name otherwise. It is told on the
 * clock of `zone`, which is named where the reader's own shows another hour.
 */
export function promised(at: Date, now: Date, locale: string, zone?: string): string {
  const day = format("en", { dateStyle: "short", timeZone: zone })
  const hour = (timeZone?: string): string => format("en", { dateStyle: "short", timeStyle: "short", timeZone }).format(at)
  return format(locale, {
    hour: "numeric",
    minute: "2-digit",
    timeZone: zone,
    ...(day.format(at) === day.format(now) ? {} : { weekday: "long" }),
    ...(hour(zone) === hour() ? {} : { timeZoneName: "shortGeneric" }),
  }).format(at)
}
