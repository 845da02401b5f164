import { render } from "preact"
import { App } from "./app"
import { onKey } from "./state/commands"
import { begin } from "./state/live"
import { setTheme } from "./parts/nav"
import "./styles/index.css"

setTheme(localStorage.getItem("shopbell:theme") ?? "system")
render(<App />, document.getElementById("app")!)
addEventListener("keydown", onKey)
void begin()
