import { expect, test } from "vitest"
import type { Tag } from "../../shared/wire"
import { branches, family, wordsIn } from "./tags"

const tag = (id: string, parent_id: string | null = null): Tag => ({ id, name: id, parent_id, synonyms: [], description: "", colour: "grey", suggested: true, merged_into: null, used: 0, version: 1 })

test("each tag is followed by those below it", () => {
  const tags = [tag("care", "goods"), tag("goods"), tag("return"), tag("label", "return"), tag("qr", "label"), tag("lost", "gone")]
  expect(branches(tags).map(({ tag: one, depth }) => `${depth}${one.id}`)).toEqual(["0goods", "1care", "0return", "1label", "2qr", "0lost"])
})

test("what stands below a tag is of its family", () => {
  const tags = [tag("return"), tag("label", "return"), tag("qr", "label"), tag("care")]
  expect([...family(tags, "return")].sort()).toEqual(["label", "qr", "return"])
})

test("words between commas are taken once each", () => {
  expect(wordsIn(" WISMO, order status,, wismo ")).toEqual(["wismo", "order status"])
})
