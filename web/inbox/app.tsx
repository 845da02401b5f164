import { X } from "lucide-preact"
import { Details } from "./parts/details"
import { Invitation, SignIn } from "./parts/doors"
import { List } from "./parts/list"
import { Nav } from "./parts/nav"
import { Sheets } from "./parts/sheets"
import { ThreadPane } from "./parts/thread"
import { me, openTicket } from "./state/desk"
import { signedIn } from "./state/live"
import { invitation, pane } from "./state/router"
import { dismiss, toasts } from "./state/tell"

export function App() {
  if (invitation.value !== null) return <Invitation token={invitation.value} />
  if (signedIn.value === false) return <SignIn />
  if (me.value === null) return <main class="door" aria-busy="true"><p class="quiet">Opening the inbox…</p></main>
  return (
    <>
      <div class={`shell ${openTicket.value ? "with-details" : ""}`} data-pane={pane.value}>
        <Nav />
        <List />
        <ThreadPane />
        {openTicket.value && <Details ticket={openTicket.value} />}
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
