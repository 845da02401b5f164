import { MessagesSquare } from "lucide-preact"
import { counts, isAdmin } from "../state/desk"
import { follow } from "../state/router"

const HOME = "/settings/channels/"

/** Where a conversation would stand, while none is chosen; for a desk to which nobody wrote yet, what comes first. */
export function Unchosen() {
  const all = counts.value
  const untouched = all !== null && all.all_open + all.snoozed + all.resolved === 0
  return (
    <div class="empty">
      <MessagesSquare size={30} aria-hidden="true" />
      {untouched ? <h2>Nobody has written yet</h2> : <h2>Choose a ticket</h2>}
      {!untouched ? <p><kbd>j</kbd> and <kbd>k</kbd> move through the list, <kbd>?</kbd> shows every key.</p>
        : isAdmin.value ? <p>Put the chat on your pages, or connect a mailbox or an account, in <a class="link" href={HOME} onClick={(event) => follow(event, HOME)}>Channels</a>.</p>
        : <p>What customers write appears here by itself.</p>}
    </div>
  )
}
