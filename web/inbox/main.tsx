import { effect } from "@preact/signals"
import { render } from "preact"
import { App } from "./app"
import { onKey } from "./state/commands"
import { counts, openTicket } from "./state/desk"
import { begin } from "./state/live"
import { setTheme } from "./parts/nav"
import "./styles/index.css"

setTheme(localStorage.getItem("shopbell:theme") ?? "system")
render(<App />, document.getElementById("app")!)
addEventListener("keydown", onKey)
effect(() => {
  const waiting = counts.value?.waiting ?? 0
  document.title = `${waiting ? `(${waiting}) ` : ""}${openTicket.value ? `${openTicket.value.customer_name || "Visitor"} · ` : ""}Shopbell`
})
void begin()
