/// <reference types="node" />
import { expect, test } from "vitest"
import { understand } from "./moments"

process.env["TZ"] = "Europe/Berlin"

/** A Tuesday, early in the afternoon. */
const NOW = new Date(2026, 11, 1, 13, 20)
const at = (month: number, day: number, hour: number, minute = 0, year = 2026): Date => new Date(year, month - 1, day, hour, minute)

test.each<[string, Date]>([
  ["tomorrow", at(12, 2, 9)],
  ["tomorrow 9", at(12, 2, 9)],
  ["tomorrow at 16", at(12, 2, 16)],
  ["Tomorrow 9am", at(12, 2, 9)],
  ["tomorrow 14:30", at(12, 2, 14, 30)],
  ["in 3 h", at(12, 1, 16, 20)],
  ["3h", at(12, 1, 16, 20)],
  ["in 45 min", at(12, 1, 14, 5)],
  ["in an hour", at(12, 1, 14, 20)],
  ["next monday", at(12, 7, 9)],
  ["monday", at(12, 7, 9)],
  ["mon 8", at(12, 7, 8)],
  ["until friday", at(12, 4, 9)],
  ["friday 14:30", at(12, 4, 14, 30)],
  ["on friday at 14:30", at(12, 4, 14, 30)],
  ["2 weeks", at(12, 15, 9)],
  ["in 2 weeks", at(12, 15, 9)],
  ["3 days", at(12, 4, 9)],
  ["next week", at(12, 8, 9)],
  ["tonight", at(12, 1, 19)],
  ["24 dec 10:00", at(12, 24, 10)],
  ["24 december", at(12, 24, 9)],
  ["5 january", at(1, 5, 9, 0, 2027)],
  ["17", at(12, 1, 17)],
  ["9", at(12, 2, 9)],
  ["14:30", at(12, 1, 14, 30)],
  ["end of day", at(12, 1, 17)],
  ["morgen", at(12, 2, 9)],
  ["morgen 9", at(12, 2, 9)],
  ["morgen um 15 Uhr", at(12, 2, 15)],
  ["übermorgen 8 uhr", at(12, 3, 8)],
  ["in 3 Std", at(12, 1, 16, 20)],
  ["in 3 Stunden", at(12, 1, 16, 20)],
  ["2 Wochen", at(12, 15, 9)],
  ["in zwei Wochen", at(12, 15, 9)],
  ["nächsten Montag", at(12, 7, 9)],
  ["am Freitag 14:30", at(12, 4, 14, 30)],
  ["bis Freitag", at(12, 4, 9)],
  ["mo 9 uhr", at(12, 7, 9)],
  ["24.12.", at(12, 24, 9)],
  ["24.12. 10 uhr", at(12, 24, 10)],
  ["5.1.", at(1, 5, 9, 0, 2027)],
  ["nächste Woche", at(12, 8, 9)],
])("%s is a moment", (words, until) => {
  for (const languages of [["en-GB"], ["de-DE"], ["fr-FR"]]) expect(understand(words, NOW, languages), languages[0]).toEqual({ until })
})

test.each(["until they reply", "they reply", "until the customer writes", "reply", "bis sie antworten", "bis der Kunde schreibt", "wenn sie sich melden", "bis zur Antwort"])("%s is until the customer writes", (words) => {
  expect(understand(words, NOW)).toEqual({ until: null })
})

test.each(["today 9", "yesterday", "heute 9", "gestern"])("%s has passed", (words) => {
  expect(understand(words, NOW)).toEqual({ wrong: "That has passed already." })
})

test.each(["soon", "tomorrow banana", "friday or monday", "9 lives", "25:99", "99", "💤", "32.13.", "x".repeat(200)])("%s is not guessed at", (words) => {
  expect(understand(words, NOW)).toEqual({ wrong: expect.stringMatching(/^Not understood/) as string })
})

test("further than two years is said to be too far", () => {
  expect(understand("in 3 years", NOW)).toEqual({ wrong: "That is more than two years away." })
})

test("a moment keeps its hour over a change of the clock", () => {
  const before = new Date(2026, 2, 20, 10)
  const understood = understand("2 weeks", before)
  expect("until" in understood && understood.until?.getHours()).toBe(9)
})
