import type { Blank, Filling, Template, Templates } from "../../shared/wire"
import { call } from "./api"

/** The languages that one template is there in. */
export interface Family {
  name: string
  languages: readonly Template[]
}

const BLANK = /\{\{\s*(\w+)\s*\}\}/g
const DISTANT = 99

export const loadTemplates = async (connection: string, anew = false): Promise<readonly Template[]> => (await call<Templates>(anew ? "POST" : "GET", `/api/connections/${connection}/templates`)).templates

export const sendable = (template: Template): boolean => template.status === "APPROVED" && !template.unfit

/** Those that can be sent, by name, each with the languages it is there in: the customer's first. */
export function families(templates: readonly Template[], language: string | null): readonly Family[] {
  const found = new Map<string, Template[]>()
  for (const each of templates.filter(sendable)) found.set(each.name, [...(found.get(each.name) ?? []), each])
  return [...found].map(([name, all]) => ({ name, languages: all.sort((a, b) => far(a.language, language) - far(b.language, language)) }))
}

function far(of: string, wanted: string | null): number {
  const code = of.toLowerCase().replace("_", "-")
  if (!wanted) return code.startsWith("en") ? 0 : DISTANT
  if (code === wanted.toLowerCase()) return 0
  return code.split("-")[0] === wanted.toLowerCase().split("-")[0] ? 1 : code.startsWith("en") ? 2 : DISTANT
}

/** A template's name as people read it. */
export const titleOf = (name: string): string => name.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase())

export const matches = ({ name, languages }: Family, words: string): boolean => {
  const all = `${name.replaceAll("_", " ")} ${name} ${languages.map((each) => `${each.header} ${each.body}`).join(" ")}`.toLowerCase()
  return words.toLowerCase().split(/\s+/).every((word) => all.includes(word))
}

export const keyOf = (blank: Blank): string => `${blank.part}.${blank.name}`
export const isFile = (blank: Blank): boolean => ["image", "video", "document"].includes(blank.kind ?? "text")

/** What to call a blank: its own name where it has one, else where it stands. */
export function labelOf(blank: Blank, template: Template): string {
  if (blank.part === "button") return `${template.buttons[Number(blank.name)]?.label ?? "Button"}: ${blank.kind === "code" ? "the code" : "end of the address"}`
  const name = /^\d+$/.test(blank.name) ? `Blank ${blank.name}` : blank.name.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase())
  return blank.part === "header" ? `${name} (header)` : name
}

/** What the template says with what is filled in so far; blanks that are still empty stay to be seen. */
export function said(template: Template, values: Record<string, string>): string {
  const fill = (part: string, text: string): string => text.replace(BLANK, (whole, name: string) => values[`${part}.${name}`]?.trim() || whole)
  const buttons = template.buttons.map((button, at) => {
    const value = values[`button.${at}`]?.trim() ?? ""
    const leads = button.leads ? button.leads.replace(BLANK, (whole) => value || whole) : value
    return `[${button.label}] ${leads}`.trimEnd()
  })
  return [fill("header", template.header), fill("body", template.body), template.footer, buttons.join("\n")].filter(Boolean).join("\n\n")
}

/** Why it can't go out like this, in words; empty when it can. */
export function missing(template: Template, values: Record<string, string>): string {
  for (const blank of template.blanks) {
    if (isFile(blank)) continue
    const value = values[keyOf(blank)]?.trim() ?? ""
    const label = labelOf(blank, template)
    if (!value) return `Fill in “${label}”.`
    if (value.length > blank.most) return `“${label}” has ${value.length.toLocaleString()} characters; ${blank.most.toLocaleString()} fit.`
    if (/\s{5,}|[\t\r\n]/.test(value)) return `“${label}” has many spaces on end. Take them out.`
    if (blank.kind === "url" && /\s/.test(value)) return `“${label}” ends an address. Write it without spaces.`
    if (blank.kind === "code" && !/^[\p{L}\p{N}]+$/u.test(value)) return `“${label}” takes letters and digits alone.`
  }
  return ""
}

export const fillingOf = (template: Template, values: Record<string, string>): Filling => ({
  name: template.name,
  language: template.language,
  values: Object.fromEntries(template.blanks.filter((each) => !isFile(each)).map((each) => [keyOf(each), values[keyOf(each)]?.trim() ?? ""])),
})
