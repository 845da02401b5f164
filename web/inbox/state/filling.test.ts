/// <reference types="node" />
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { fill, firstMark, marks, names, slashAt } from "./filling"

const at = (path: string): string => readFileSync(new URL(`../../../${path}`, `file://${expect.getState().testPath}`), "utf-8")

interface Case {
  why: string
  text: string
  values: Record<string, string>
  filled: string
  marks: string[]
}

test("placeholders are filled as the server fills them", () => {
  for (const each of JSON.parse(at("tests/desk/filling.json")) as Case[]) {
    expect(fill(each.text, each.values), each.why).toBe(each.filled)
    expect(marks(each.filled), each.why).toEqual(each.marks)
  }
})

test("the placeholders are those of the server, under the same names", () => {
  const python = at("shopbell/desk/replies/filling.py").split("NAMES = {")[1]!.split("}")[0]!
  const there = [...python.matchAll(/"([\w.]+)": "([^"]+)"/g)].map((found) => [found[1], found[2]])
  expect(Object.entries(names)).toEqual(there)
})

test("the first mark is found to be written over", () => {
  expect(firstMark("Order ⟦order number⟧ is ⟦order state⟧")).toEqual([6, 20])
  expect(firstMark("⟦nothing of ours⟧")).toBeNull()
})

test("a slash at the start of an empty word opens the list, and no other does", () => {
  expect(slashAt("/", 1)).toEqual({ from: 0, words: "" })
  expect(slashAt("Hello\n/la", 9)).toEqual({ from: 6, words: "la" })
  expect(slashAt("Hello /late parcel", 18)).toEqual({ from: 6, words: "late parcel" })
  expect(slashAt("Hello /late", 8)).toEqual({ from: 6, words: "l" })
  for (const text of ["and/or", "https://", "/ a", "/a/b", "/a\nb", `/${"a".repeat(42)}`]) expect(slashAt(text, text.length), text).toBeNull()
})
