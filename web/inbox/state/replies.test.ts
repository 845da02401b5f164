import { expect, test, vi } from "vitest"
import type { SavedReply } from "../../shared/wire"

vi.stubGlobal("matchMedia", () => ({ matches: false }))
const { found, known, stepWords, textIn, wholeText } = await import("./replies")

const reply = (title: string, more: Partial<SavedReply> = {}): SavedReply => ({ id: title, title, shortcut: "", texts: [], steps: [], visibility: "all", owner_id: "ben", team_id: null, used: 0, last_used_at: null, version: 1, updated_at: "", ...more })

test("a shortcut comes before a title, a title before words of the text, the most used first", () => {
  const all = [reply("Refund times", { texts: [{ language: "en", middle: "A late parcel" }] }), reply("Late parcel", { used: 1 }), reply("Late at night", { used: 9 }), reply("Nordpost", { shortcut: "late" }), reply("Sizes")]
  expect(found(all, "late").map((each) => each.title)).toEqual(["Nordpost", "Late at night", "Late parcel", "Refund times"])
  expect(found(all, "parcel late").map((each) => each.title)).toEqual(["Late parcel", "Refund times"])
  expect(found(all, "").length).toBe(5)
  expect(found([reply("Größe")], "grosse").length + found([reply("Café")], "cafe").length).toBe(1)
})

test("the customer's language is chosen, else English, else the first", () => {
  const text = (language: string) => ({ language, middle: language })
  const three = reply("x", { texts: [text("fr"), text("en"), text("de")] })
  expect(textIn(three, "de")?.middle).toBe("de")
  expect(textIn(three, "ja")?.middle).toBe("en")
  expect(textIn(reply("x", { texts: [text("fr")] }), "de")?.middle).toBe("fr")
  expect(textIn(reply("x"), "de")).toBeUndefined()
})

test("the middle is put in word for word", () => {
  expect(wholeText({ language: "en", opening: "Hi.", middle: "  Two  spaces\n\n\n- a  ", close: "" })).toBe("Hi.\n\n  Two  spaces\n\n\n- a  ")
})

test("nothing of an order is known where others read the answer", () => {
  const facts = { values: { "order.number": "WF-1", "ticket.number": "#7" }, told: { en: { "order.state": "sent" }, de: { "order.state": "unterwegs" } } }
  expect(known(facts, "de", true)).toEqual({ "order.number": "WF-1", "ticket.number": "#7", "order.state": "unterwegs" })
  expect(known(facts, "ja", true)["order.state"]).toBe("sent")
  expect(known(facts, "de", false)).toEqual({ "ticket.number": "#7" })
})

test("steps are told in words", () => {
  expect(stepWords({ do: "tag", add: ["late"], remove: ["new"] })).toBe("Add “late”, take off “new”")
  expect(stepWords({ do: "snooze", hours: 72 })).toBe("Snooze for 3 days")
  expect(stepWords({ do: "snooze", hours: 168 })).toBe("Snooze for 1 week")
  expect(stepWords({ do: "snooze", hours: 5 })).toBe("Snooze for 5 hours")
  expect(stepWords({ do: "assign" })).toBe("Assign to nobody")
  expect(stepWords({ do: "resolve" })).toBe("Resolve")
})
