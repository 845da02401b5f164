/** Every placeholder, and what its mark calls it. shopbell/desk/replies/filling.py says the same; tests/desk/filling.json holds both to it. */
export const names: Readonly<Record<string, string>> = {
  "customer.first_name": "customer's first name",
  "agent.first_name": "your first name",
  "ticket.number": "ticket number",
  "order.number": "order number",
  "order.state": "order state",
  "product.title": "product",
  "shop.name": "shop's name",
  "promise.time": "promised time",
}

const PLACEHOLDER = /\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}/g
const MARK = /⟦([^⟦⟧]{1,60})⟧/g

/** The text with what is known put in. What is not known is said by its fall-back, or leaves a mark. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(PLACEHOLDER, (whole, name: string, otherwise: string | undefined) => (name in names ? values[name] || (otherwise ?? `⟦${names[name]}⟧`) : whole))

/** What a text still lacks, by the marks in it. */
export const marks = (text: string): readonly string[] => [...text.matchAll(MARK)].map((found) => found[1]!).filter((name) => Object.values(names).includes(name))

/** Where the first mark stands, for it to be written over. */
export function firstMark(text: string): [number, number] | null {
  const found = [...text.matchAll(MARK)].find((each) => Object.values(names).includes(each[1]!))
  return found ? [found.index, found.index + found[0].length] : null
}

const SLASH = /(?:^|\s)\/((?:[^\s/][^\n/]{0,40})?)$/

/** The slash that begins an empty word before the caret, and what was typed after it. */
export function slashAt(text: string, caret: number): { from: number; words: string } | null {
  const found = SLASH.exec(text.slice(0, caret))
  return found ? { from: caret - found[1]!.length - 1, words: found[1]! } : null
}
