import { expect, test } from "vitest"
import { keepNewer } from "../entities"
import { blocks, runs } from "../markdown"
import { dayName, promised } from "../time"
import { uuid7 } from "../uuid7"

test("ids sort by the order they were made in", () => {
  const ids = Array.from({ length: 9000 }, () => uuid7())
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test("the higher version of an entity stays, whatever the order", () => {
  const held = keepNewer(new Map(), [{ id: "a", version: 3 }])
  expect(keepNewer(held, [{ id: "a", version: 2 }])).toBe(held)
  expect(keepNewer(held, [{ id: "a", version: 4 }]).get("a")).toEqual({ id: "a", version: 4 })
})

test("links lead only to the web and to mail", () => {
  expect(runs("see https://a.example/x. or me@a.example")).toEqual([
    { kind: "text", text: "see " },
    { kind: "link", text: "https://a.example/x", href: "https://a.example/x" },
    { kind: "text", text: ". or " },
    { kind: "link", text: "me@a.example", href: "mailto:me@a.example" },
  ])
  expect(runs("[x](javascript:alert(1))", true).every((run) => run.kind === "text")).toBe(true)
})

test("a shopper's stars and dashes stay as typed", () => {
  expect(blocks("**no**\n- one")).toEqual([
    { kind: "paragraph", lines: [[{ kind: "text", text: "**no**" }], [{ kind: "text", text: "- one" }]] },
  ])
  expect(blocks("Two ways:\n- one\n- **two**", true).map((block) => [block.kind, block.lines.length])).toEqual([
    ["paragraph", 1],
    ["bullets", 2],
  ])
})

test("days are named as people say them", () => {
  const now = new Date(2026, 10, 24, 9)
  expect(dayName(new Date(2026, 10, 24, 1), now, "en")).toBe("Today")
  expect(dayName(new Date(2026, 10, 23, 23), now, "de")).toBe("Gestern")
  expect(dayName(new Date(2026, 10, 20), now, "en")).toBe("Friday")
})

test("a promise is told on the shop's clock, named where the reader's differs", () => {
  const now = new Date("2026-11-25T15:00:00Z")
  const told = (at: string, zone: string): string => promised(new Date(at), now, "en-GB", zone)
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  expect(told("2026-11-25T16:00:00Z", here)).toMatch(/^\d\d:\d\d$/)
  expect(told("2026-11-25T16:00:00Z", "Pacific/Auckland")).toMatch(/^05:00 New Zealand/)
  expect(told("2026-11-26T15:00:00Z", "Pacific/Auckland")).toContain("Friday")
})
