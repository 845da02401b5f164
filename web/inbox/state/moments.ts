import { casual as german } from "chrono-node/de"
import { casual as american, GB as english } from "chrono-node/en"

/** What words mean: a moment, only until the customer writes (null), or what is wrong with them. */
export type Understood = { until: Date | null } | { wrong: string }

const MORNING = 9
const EVENING = 19
const FURTHEST_DAYS = 2 * 366

const NOT_UNDERSTOOD = "Not understood. Try “tomorrow 9”, “in 3 h”, “friday 14:30” or “until they reply”."

const REPLY = /^(until|till|when|wait for|bis|wenn)? ?(they|he|she|the customer|customer|a|sie|er|die|der kunde|die kundin|zur)? ?(reply|replies|answers?|writes?|responds?|antwort(en|et)?|schreib(en|t)|sich meld(en|et)|(sich )?melde(n|t))( back| again)?$/
const LEAD = /^(until|till|snooze|on|at|bis|am|um)\s+(zum\s+|um\s+)?/
const FILLERS = /\b(on|at|the|around|am|um|uhr|den|o'clock)\b|[\s,.]+/g
const PART_OF_DAY = /morning|noon|afternoon|evening|night|midday|morgens|früh|vormittag|mittag|abend|nacht/
const UNIT = /^(an?|one|two|three|half an|ein(e[rn]?)?|zwei|drei|\d+([.,]\d+)?) ?(m|min|mins|minutes?|minuten?|h|hrs?|hours?|std|stunden?|d|days?|tag(e|en)?|w|wks?|weeks?|wochen?|months?|monate?n?)$/

/** The same said so that the library reads all of it, the likeliest first. */
function* ways(words: string, now: Date): Iterable<string> {
  const plain = words.toLowerCase().replace(/\s+/g, " ").trim()
  const said = plain.replace(LEAD, "").replace(/^tonight$/, "this evening").replace(/^(eod|end of (the )?day)$/, "17:00").replace(/^(feierabend)$/, "17:00").replace(/^(weekend|wochenende)$/, "saturday")
  if (UNIT.test(said)) yield `in ${said.replace(/(\d) ?d$/, "$1 days").replace(/(\d) ?w$/, "$1 weeks")}`
  const dated = said.replace(/^(\d{1,2})\.(\d{1,2})\.(?!\d)/, (_, day: string, month: string) => `${day}.${month}.${yearOf(Number(day), Number(month), now)}`)
  if (dated !== said) yield* timed(dated)
  yield* timed(said)
}

/** A number at the end may be an hour: "tomorrow 9". */
function* timed(said: string): Iterable<string> {
  const hour = /^(.*?[^\d:.])?\s?(\d{1,2})( uhr)?$/.exec(said)
  if (hour && Number(hour[2]) < 24 && /(^|[a-zäöü.\d]) ?$/.test(hour[1] ?? "") && !/\b(in|at|um) $/.test(hour[1] ?? "")) yield `${hour[1] ?? ""}${hour[1]?.endsWith(" ") || !hour[1] ? "" : " "}${hour[2]}:00`
  yield said
}

const yearOf = (day: number, month: number, now: Date): number => {
  const year = now.getFullYear()
  return new Date(year, month - 1, day, 23, 59) < now ? year + 1 : year
}

const bare = (words: string): string => words.toLowerCase().replace(FILLERS, "")

/** Reads when to come back, in English or German, on this page's clock. Nothing of it may be left over: half an understanding is none. */
export function understand(words: string, now: Date, languages: readonly string[] = navigator.languages): Understood {
  const plain = words.toLowerCase().replace(/\s+/g, " ").trim()
  if (REPLY.test(plain)) return { until: null }
  const own = languages[0] ?? "en"
  const parsers = own.startsWith("de") ? [german, english] : [own === "en-US" ? american : english, german]
  for (const way of ways(words, now)) {
    for (const parser of parsers) {
      const [found, more] = parser.parse(way, now, { forwardDate: true })
      if (!found || more || bare(found.text) !== bare(way)) continue
      const until = found.start.date()
      if (!found.start.isCertain("hour")) {
        if (/this evening/.test(way)) until.setHours(EVENING, 0, 0, 0)
        else if (!PART_OF_DAY.test(way)) until.setHours(MORNING, 0, 0, 0)
      }
      if (until <= now) return { wrong: "That has passed already." }
      if (until.getTime() - now.getTime() > FURTHEST_DAYS * 86_400_000) return { wrong: "That is more than two years away." }
      return { until }
    }
  }
  return { wrong: NOT_UNDERSTOOD }
}
