/** A run of text: plain, strong, code, or a link to a checked address. */
export interface Run {
  kind: "text" | "strong" | "code" | "link"
  text: string
  href?: string
}

/** A paragraph of lines, or a list of items. */
export interface Block {
  kind: "paragraph" | "bullets" | "numbers"
  lines: Run[][]
}

const MARKS = /\*\*(?<strong>[^*\n]+)\*\*|`(?<code>[^`\n]+)`|\[(?<label>[^\]\n]+)\]\((?<target>[^)\s]+)\)/g
const ADDRESSES = /https?:\/\/[^\s<>"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g
const BULLET = /^\s*[-*•]\s+/
const NUMBER = /^\s*\d{1,2}[.)]\s+/

/** Text as blocks that a renderer can show without ever touching HTML. `marks` reads the light Markdown of our own texts. */
export function blocks(text: string, marks = false): Block[] {
  const found: Block[] = []
  for (const part of text.trim().split(/\n{2,}/)) {
    for (const line of part.split("\n")) {
      const kind = !marks ? "paragraph" : BULLET.test(line) ? "bullets" : NUMBER.test(line) ? "numbers" : "paragraph"
      const words = kind === "bullets" ? line.replace(BULLET, "") : kind === "numbers" ? line.replace(NUMBER, "") : line
      const last = found.at(-1)
      if (last?.kind === kind && (kind !== "paragraph" || line !== part.split("\n")[0])) last.lines.push(runs(words, marks))
      else found.push({ kind, lines: [runs(words, marks)] })
    }
  }
  return found
}

/** One line as runs. */
export function runs(line: string, marks = false): Run[] {
  if (!marks) return linked(line)
  const found: Run[] = []
  let from = 0
  for (const match of line.matchAll(MARKS)) {
    found.push(...linked(line.slice(from, match.index)))
    from = match.index + match[0].length
    const { strong, code, label, target } = match.groups ?? {}
    const href = target && safeAddress(target)
    if (strong) found.push({ kind: "strong", text: strong })
    else if (code) found.push({ kind: "code", text: code })
    else if (href) found.push({ kind: "link", text: label ?? target, href })
    else found.push({ kind: "text", text: match[0] })
  }
  found.push(...linked(line.slice(from)))
  return found
}

function linked(text: string): Run[] {
  const found: Run[] = []
  let from = 0
  for (const match of text.matchAll(ADDRESSES)) {
    const address = match[0].replace(/[.,;:!?)\]]+$/, "")
    const href = safeAddress(address.includes("://") ? address : `mailto:${address}`)
    if (!href) continue
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) })
    found.push({ kind: "link", text: address, href })
    from = match.index + address.length
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) })
  return found
}

/** The address when it leads to the web, to mail, or stays on this site; else null. */
export function safeAddress(address: string): string | null {
  if (/^\/(?!\/)/.test(address)) return address
  try {
    const { protocol, href } = new URL(address)
    return protocol === "https:" || protocol === "http:" || protocol === "mailto:" ? href : null
  } catch {
    return null
  }
}
