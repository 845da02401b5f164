import { AlignLeft, Image, Mail } from "lucide-preact"
import type { ComponentChildren } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import type { Message } from "../state/model"
import { tell } from "../state/tell"

type View = "text" | "blocked" | "pictures"

/** A mail's words, and on demand the mail as its sender laid it out. The next view is got ready unseen and takes the place of the last in one step. */
export function Original({ message, children }: { message: Message; children: ComponentChildren }) {
  const [shown, setShown] = useState<View>("text")
  const [wanted, setWanted] = useState<View>("text")
  const toggle = useRef<HTMLButtonElement>(null)
  const waits = wanted !== shown
  const frames = [...new Set([shown, wanted])].filter((view) => view !== "text")
  const turn = (view: View): void => {
    setWanted(view)
    if (view === "text") setShown(view)
  }
  const ready = (view: View, done: boolean): void => {
    if (view !== wanted) return
    if (done) setShown(view)
    else {
      setWanted(shown)
      tell("The original could not be opened. Try again in a moment.")
    }
  }
  return (
    <div class="original" aria-busy={waits}>
      {shown === "text" && children}
      {frames.map((view) => <Sheet key={view} message={message} view={view} shown={view === shown} ready={(done) => ready(view, done)} />)}
      <div class="original-turns">
        <button type="button" class="why" ref={toggle} onClick={() => turn(wanted === "text" ? "blocked" : "text")}>{wanted === "text" ? <><Mail size={12} aria-hidden="true" />Show original</> : <><AlignLeft size={12} aria-hidden="true" />Show text</>}</button>
        {wanted === "blocked" && message.html?.includes("data-remote-src") && <button type="button" class="why" title="Their sender learns that the mail was opened, and from where" onClick={() => (toggle.current?.focus(), turn("pictures"))}><Image size={12} aria-hidden="true" />Load remote pictures</button>}
        {waits && <span class="state" role="status">{wanted === "pictures" ? "Loading pictures…" : "Opening…"}</span>}
      </div>
    </div>
  )
}

/** Nothing in it runs; `allow-same-origin` lets us measure it, the others let its links open in a tab of their own. */
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"

function Sheet({ message, view, shown, ready }: { message: Message; view: View; shown: boolean; ready: (done: boolean) => void }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const fit = (): boolean => {
    const page = frame.current?.contentDocument
    if (page?.body?.id !== "mail") return false
    frame.current!.style.height = `${Math.ceil(page.documentElement.offsetHeight)}px`
    return true
  }
  useEffect(() => {
    let width = 0
    const watch = new ResizeObserver(([entry]) => {
      if (entry!.contentRect.width === width) return
      width = entry!.contentRect.width
      fit()
    })
    watch.observe(frame.current!)
    return () => watch.disconnect()
  }, [])
  const path = `/api/messages/${message.id}/original`
  return <iframe ref={frame} class={`sheet ${shown ? "" : "coming"}`} title={`Original of ${message.mail?.subject || "the mail"}`} aria-hidden={!shown} sandbox={SANDBOX} referrerpolicy="no-referrer" src={view === "pictures" ? `${path}?pictures=yes` : path} onLoad={() => ready(fit())} />
}
