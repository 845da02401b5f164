import { effect } from "@preact/signals"
import { expect, test } from "vitest"
import { ticketOf } from "./model"
import { Table } from "./table"
import { views } from "./views"

const ticket = (more: Partial<Parameters<typeof ticketOf>[0]> = {}) =>
  ticketOf({ id: "t1", number: 1, thread_id: "h1", customer_id: "c1", brand_id: "b1", connection_id: "n1", channel: "webchat", created_at: "2026-11-24T10:00:00Z", updated_at: "2026-11-24T10:00:00Z", ...more })

test("the higher version of a ticket is kept, whatever order the two came in", () => {
  const table = new Table<ReturnType<typeof ticket>>()
  table.put([ticket({ version: 3, subject: "new" })])
  table.put([ticket({ version: 2, subject: "old" })])
  expect(table.get("t1")?.subject).toBe("new")
})

test("an older state redraws nothing", () => {
  const table = new Table<ReturnType<typeof ticket>>()
  table.put([ticket({ version: 3 })])
  let drawn = 0
  effect(() => {
    void table.get("t1")
    drawn += 1
  })
  table.put([ticket({ version: 3 }), ticket({ version: 1 })])
  expect(drawn).toBe(1)
})

test("a ticket moves through the views as people take it and finish it", () => {
  const holding = (each: ReturnType<typeof ticket>) => Object.entries(views).filter(([, view]) => view.holds(each, "me")).map(([name]) => name)
  expect(holding(ticket())).toEqual(["assistant", "open"])
  expect(holding(ticket({ control: "agents", waiting_since: "2026-11-24T10:00:00Z" }))).toEqual(["unassigned", "waiting", "open"])
  expect(holding(ticket({ control: "agents", assignee_id: "me" }))).toEqual(["mine", "open"])
  expect(holding(ticket({ status: "snoozed" }))).toEqual(["snoozed"])
  expect(holding(ticket({ status: "resolved", assignee_id: "me" }))).toEqual(["resolved"])
})
