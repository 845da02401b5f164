import type { JSX } from "preact"
import { blocks, safeAddress, type Run } from "./markdown"

/** Somebody's words with links live. `marks` also reads light Markdown, for texts that are ours. `base` is where paths lead. */
export function Rich({ text, marks = false, base }: { text: string; marks?: boolean; base?: string }): JSX.Element {
  return (
    <>
      {blocks(text, marks).map(({ kind, lines }, index) => {
        if (kind === "paragraph") {
          return (
            <p key={index}>
              {lines.map((line, at) => (
                <>
                  {at > 0 && <br />}
                  <Line runs={line} base={base} />
                </>
              ))}
            </p>
          )
        }
        const List = kind === "bullets" ? "ul" : "ol"
        return (
          <List key={index}>
            {lines.map((line, at) => (
              <li key={at}>
                <Line runs={line} base={base} />
              </li>
            ))}
          </List>
        )
      })}
    </>
  )
}

function Line({ runs, base }: { runs: Run[]; base: string | undefined }): JSX.Element {
  return (
    <>
      {runs.map((run, index) => {
        if (run.kind === "strong") return <strong key={index}>{run.text}</strong>
        if (run.kind === "code") return <code key={index}>{run.text}</code>
        if (run.kind === "link") return <Outward key={index} href={run.href ?? ""} base={base} label={run.text} />
        return run.text
      })}
    </>
  )
}

/** A link that opens beside the page and tells the other side nothing. */
export function Outward({ href, base, label }: { href: string; base?: string | undefined; label: string }): JSX.Element {
  const safe = safeAddress(href)
  if (!safe) return <span>{label}</span>
  const address = safe.startsWith("/") && base ? new URL(safe, base).href : safe
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow ugc">
      {label}
    </a>
  )
}
