import { signal } from "@preact/signals"
import { X } from "lucide-preact"
import { useEffect } from "preact/hooks"
import { Details } from "./parts/details"
import { HeldBar } from "./parts/held"
import { Invitation, SignIn } from "./parts/doors"
import { List } from "./parts/list"
import { Nav } from "./parts/nav"
import { Sheets } from "./parts/sheets"
import { ThreadPane } from "./parts/thread"
import { me, openTicket } from "./state/desk"
import { lastHeld } from "./state/held"
import { noAnswer, signedIn } from "./state/live"
import { detailsShown, invitation, page, pane, type Page } from "./state/router"
import { dismiss, toasts } from "./state/tell"

const later = signal<typeof import("./parts/pages").pages | null>(null)

/** A page whose code comes when it is first opened. */
function Beside({ name }: { name: Exclude<Page, "inbox"> }) {
  useEffect(() => {
    if (!later.peek()) void import("./parts/pages").then(({ pages }) => (later.value = pages))
  }, [])
  const Shown = later.value?.[name]
  return Shown ? <Shown /> : <main class="pane page-pane" aria-busy="true" />
}

export function App() {
  if (invitation.value !== null) return <Invitation token={invitation.value} />
  if (signedIn.value === false) return <SignIn />
  if (me.value === null) return <main class="door" aria-busy="true"><p class="quiet" role="status">{noAnswer.value ? "Shopbell can't be reached. Trying again…" : "Opening the inbox…"}</p></main>
  const waiting = lastHeld.value
  const elsewhere = waiting && waiting.ticket !== openTicket.value?.id ? waiting : null
  const details = openTicket.value !== null && detailsShown.value
  return (
    <>
      <div class={`shell ${details ? "with-details" : ""}`} data-pane={pane.value}>
        <Nav />
        {page.value === "inbox" ? <><List /><ThreadPane />{details && <Details ticket={openTicket.value!} />}</> : <Beside name={page.value} />}
      </div>
      <Sheets />
      <div class="toasts" role="status">
        {elsewhere && <HeldBar held={elsewhere} named />}
        {toasts.value.map((toast) => (
          <div class="toast" key={toast.id}>
            {toast.text}
            {toast.action && <button type="button" class="link" onClick={() => { dismiss(toast.id); toast.action?.run() }}>{toast.action.label}</button>}
            <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}><X size={14} aria-hidden="true" /></button>
          </div>
        ))}
      </div>
    </>
  )
}
