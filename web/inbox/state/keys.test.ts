/// <reference types="node" />
import { readFileSync } from "node:fs"
import { expect, test, vi } from "vitest"

const FROM = "<!-- keys: npm --prefix web run keys -->\n"
const TO = "<!-- /keys -->"

/** `npm --prefix web run keys` writes the table; without it, this fails when the table is not that of the commands. */
test("the key table of docs/inbox.md is that of the commands", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false }))
  const { commands, modifier } = await import("./commands")
  const docs = new URL("../../../docs/inbox.md", `file://${expect.getState().testPath}`)
  const shown = (keys: string): string => `\`${keys.replace(`${modifier} `, "⌘ or Ctrl + ")}\``
  const rows = [...new Set(commands.map((each) => each.group))].map((group) => {
    const cells = commands.filter((each) => each.group === group).map(({ keys, name }) => `${shown(keys)} ${name}`)
    return `| ${group} | ${cells.join(" · ")} |\n`
  })
  const [before, rest] = readFileSync(docs, "utf-8").split(FROM)
  const after = rest!.slice(rest!.indexOf(TO))
  await expect(`${before}${FROM}| group | keys |\n| --- | --- |\n${rows.join("")}${after}`).toMatchFileSnapshot(docs.pathname)
})
