import { expect, test } from "vitest"
import type { Blank, Template } from "../../shared/wire"
import { families, fillingOf, labelOf, matches, missing, said } from "./templates"

const blank = (part: Blank["part"], name: string, kind: Blank["kind"] = "text", most = 60): Blank => ({ part, name, kind, most })
const template = (more: Partial<Template> = {}): Template => ({ name: "order_sent", language: "en_US", external_id: "", category: "UTILITY", status: "APPROVED", reason: "", header: "About {{1}}", body: "Hello {{first_name}}.", footer: "The shop", buttons: [{ label: "Track", leads: "https://a.example/{{1}}" }, { label: "Copy" }], blanks: [blank("header", "1"), blank("body", "first_name"), blank("button", "0", "url"), blank("button", "1", "code", 15)], unfit: "", ...more })
const filled = { "header.1": "your coat", "body.first_name": "Mia", "button.0": "7f", "button.1": "WOOL10" }

test("only what can be sent is offered, in the customer's language first, then in English", () => {
  const all = [template({ language: "fr" }), template({ language: "en_US" }), template({ language: "de" }), template({ name: "late", status: "PENDING" }), template({ name: "code", unfit: "No." })]
  const order = (language: string | null): string[] => families(all, language)[0]!.languages.map((each) => each.language)
  expect(families(all, "de").map((each) => each.name)).toEqual(["order_sent"])
  expect(order("de")).toEqual(["de", "en_US", "fr"])
  expect(order("fr")[0]).toBe("fr")
  expect(order("ja")[0]).toBe("en_US")
  expect(order(null)[0]).toBe("en_US")
})

test("a template is found by its name and by its words", () => {
  const [family] = families([template()], null)
  expect(matches(family!, "order sent")).toBe(true)
  expect(matches(family!, "hello ABOUT")).toBe(true)
  expect(matches(family!, "refund")).toBe(false)
})

test("the preview says what the customer will read, with empty blanks to be seen", () => {
  expect(said(template(), filled)).toBe("About your coat\n\nHello Mia.\n\nThe shop\n\n[Track] https://a.example/7f\n[Copy] WOOL10")
  expect(said(template(), {})).toContain("Hello {{first_name}}.")
  expect(template().blanks.map((each) => labelOf(each, template()))).toEqual(["Blank 1 (header)", "First name", "Track: end of the address", "Copy: the code"])
})

test.each([
  [{}, ""],
  [{ "body.first_name": " " }, "Fill in “First name”."],
  [{ "header.1": "x".repeat(61) }, "“Blank 1 (header)” has 61 characters; 60 fit."],
  [{ "body.first_name": "a     b" }, "“First name” has many spaces on end. Take them out."],
  [{ "button.0": "a b" }, "“Track: end of the address” ends an address. Write it without spaces."],
  [{ "button.1": "WOOL-10" }, "“Copy: the code” takes letters and digits alone."],
])("what is missing is said in words: %#", (values, words) => expect(missing(template(), { ...filled, ...values })).toBe(words))

test("what was filled in goes along by the blanks' keys, and nothing else", () => {
  expect(fillingOf(template(), { ...filled, "body.9": "?" })).toEqual({ name: "order_sent", language: "en_US", values: filled })
})
