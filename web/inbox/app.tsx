import { X } from "lucide-preact"
import { Details } from "./parts/details"
import { Invitation, SignIn } from "./parts/doors"
import { List } from "./parts/list"
import { Nav } from "./parts/nav"
import { Sheets } from "./parts/sheets"
import { ThreadPane } from "./parts/thread"
import { me, openTicket } from "./state/desk"
import { noAnswer, signedIn } from "./state/live"
import { detailsShown, invitation, pane } from "./state/router"
import { dismiss, toasts } from "./state/tell"

export function App() {
  if (invitation.value !== null) return <Invitation token={invitation.value} />
  if (signedIn.value === false) return <SignIn />
  if (me.value === null) return <main class="door" aria-busy="true"><p class="quiet" role="status">{noAnswer.value ? "Shopbell can't be reached. Trying again…" : "Opening the inbox…"}</p></main>
  const details = openTicket.value !== null && detailsShown.value
  return (
    <>
      <div class={`shell ${details ? "with-details" : ""}`} data-pane={pane.value}>
        <Nav />
        <List />
        <ThreadPane />
        {details && <Details ticket={openTicket.value!} />}
      </div>
      <Sheets />
      <div class="toasts" role="status">
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
