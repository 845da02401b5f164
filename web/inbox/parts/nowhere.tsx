import { Compass } from "lucide-preact"
import { follow } from "../state/router"
import { Page } from "./page"

/** For an address that names nothing here. */
export const Nowhere = () => (
  <Page title="Not found">
    <div class="empty">
      <Compass size={28} aria-hidden="true" />
      <h2>There is nothing at this address</h2>
      <p>Check how it is written, or <a class="link" href="/" onClick={(event) => follow(event, "/")}>go to the inbox</a>.</p>
    </div>
  </Page>
)
