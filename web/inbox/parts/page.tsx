import { ChevronLeft } from "lucide-preact"
import type { ComponentChildren } from "preact"
import { follow, view } from "../state/router"

/** A page of its own beside the navigation. `back` leads one step up; without it, to the list. */
export function Page({ title, about = "", back, action, children }: { title: string; about?: string; back?: { path: string; name: string }; action?: ComponentChildren; children: ComponentChildren }) {
  const up = back?.path ?? `/?view=${view.value}`
  return (
    <main class="pane page-pane" aria-label={title}>
      <header class="bar"><a class={`icon-button ${back ? "" : "only-phone"}`} href={up} aria-label={back ? `Back to ${back.name}` : "Back to the list"} onClick={(event) => follow(event, up)}><ChevronLeft size={20} aria-hidden="true" /></a><h1 class="cut">{title}</h1><span class="spring" />{action}</header>
      <div class="page-scroll"><div class="page-inner">{about && <p class="about">{about}</p>}{children}</div></div>
    </main>
  )
}
