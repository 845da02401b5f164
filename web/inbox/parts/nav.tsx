import { Bot, CheckCheck, ChevronDown, CircleUser, Clock, Hourglass, Inbox, LoaderCircle, MailWarning, MessageSquareQuote, Plug, PlugZap, Search, Tags as TagsIcon, Target, Timer, UserRoundX, Wifi, WifiOff } from "lucide-preact"
import { connections, counts, isAdmin, me } from "../state/desk"
import type { ComponentChildren } from "preact"
import { sheet } from "../state/commands"
import { connection, signOut } from "../state/live"
import { follow, go, page, showView, view } from "../state/router"
import { viewNames, views } from "../state/views"
import { Brand } from "./doors"
import { Avatar, Menu } from "./small"

const icons = { mine: CircleUser, unassigned: UserRoundX, waiting: Hourglass, due: Timer, assistant: Bot, open: Inbox, snoozed: Clock, resolved: CheckCheck }

export function setTheme(theme: string): void {
  localStorage.setItem("shopbell:theme", theme)
  if (theme === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme
}

export function Nav() {
  return (
    <nav class="pane nav" aria-label="Views">
      <Brand />
      <div class="views">
        {viewNames.map((name) => {
          const Icon = icons[name]
          const count = counts.value?.[views[name].count] ?? 0
          return (
            <a key={name} class={`view ${name === "waiting" && count ? "urgent" : ""}`} href={`/?view=${name}`} title={views[name].label} {...(page.value === "inbox" && view.value === name ? { "aria-current": "page" as const } : {})}
              onClick={(event) => { follow(event, `/?view=${name}`); if (event.defaultPrevented) showView(name) }}>
              <Icon size={16} aria-hidden="true" />
              <span class="cut">{views[name].label}</span>
              {count > 0 && name !== "resolved" && <span class="num">{count}</span>}
            </a>
          )
        })}
        <hr />
        <Place path="/search" name="Search" here={page.value === "search"} count={0}><Search size={16} aria-hidden="true" /></Place>
        <Place path="/unsent" name="Not sent" here={page.value === "unsent"} count={counts.value?.unsent ?? 0}><MailWarning size={16} aria-hidden="true" /></Place>
        <Place path="/settings/targets" name="Targets" here={page.value === "targets"} count={0}><Target size={16} aria-hidden="true" /></Place>
        <Place path="/settings/tags" name="Tags" here={page.value === "tags"} count={0}><TagsIcon size={16} aria-hidden="true" /></Place>
        <Place path="/settings/replies" name="Saved replies" here={page.value === "replies"} count={0}><MessageSquareQuote size={16} aria-hidden="true" /></Place>
        {isAdmin.value && <Place path="/settings/channels/" name="Channels" here={page.value === "channels"} count={broken()}>{broken() ? <PlugZap size={16} aria-hidden="true" /> : <Plug size={16} aria-hidden="true" />}</Place>}
      </div>
      <div class="nav-foot">
        <ConnectionState />
        <MyMenu side="up left" />
      </div>
    </nav>
  )
}

const broken = (): number => [...connections.value.values()].filter((each) => each.health === "reconnect").length

function Place({ path, name, here, count, children }: { path: string; name: string; here: boolean; count: number; children: ComponentChildren }) {
  return <a class={`view ${count ? "alarm" : ""}`} href={path} title={name} {...(here ? { "aria-current": "page" as const } : {})} onClick={(event) => follow(event, path)}>{children}<span class="cut">{name}</span>{count > 0 && <span class="num">{count}</span>}</a>
}

/** The views as a menu, where there is no room for them beside the list. */
export const ViewMenu = () => (
  <Menu name="views" look="view-picker" side="left" label={`View: ${views[view.value].label}`} button={<><b>{views[view.value].label}</b><ChevronDown size={16} aria-hidden="true" /></>}
    choices={[...viewNames.map((name) => {
      const Icon = icons[name]
      const count = counts.value?.[views[name].count] ?? 0
      return { name: views[name].label, icon: <Icon size={17} aria-hidden="true" />, checked: view.value === name, far: count > 0 && name !== "resolved" ? String(count) : undefined, run: () => showView(name) }
    }),
    { name: "Search", icon: <Search size={17} aria-hidden="true" />, run: () => go("/search") },
    { name: "Targets", icon: <Target size={17} aria-hidden="true" />, run: () => go("/settings/targets") },
    { name: "Tags", icon: <TagsIcon size={17} aria-hidden="true" />, run: () => go("/settings/tags") },
    { name: "Saved replies", icon: <MessageSquareQuote size={17} aria-hidden="true" />, run: () => go("/settings/replies") },
    { name: "Not sent", icon: <MailWarning size={17} aria-hidden="true" />, far: counts.value?.unsent ? String(counts.value.unsent) : undefined, run: () => go("/unsent") },
    ...(isAdmin.value ? [{ name: "Channels", icon: <Plug size={17} aria-hidden="true" />, far: broken() ? String(broken()) : undefined, run: () => go("/settings/channels/") }] : [])]} />
)

export function MyMenu({ side }: { side: string }) {
  const theme = localStorage.getItem("shopbell:theme") ?? "system"
  const agent = me.value?.agent
  if (!agent) return null
  return (
    <Menu name={`me ${side}`} look="me" label={`${agent.name} ${agent.role}, your menu`} side={side} button={<><Avatar name={agent.name} /><span class="me-name"><span class="cut">{agent.name}</span>{" "}<small>{agent.role}</small></span></>}
      choices={[
        ...["system", "light", "dark"].map((each) => ({ name: `${each[0]!.toUpperCase()}${each.slice(1)} theme`, checked: theme === each, run: () => setTheme(each) })),
        { name: "Keyboard shortcuts", far: "?", run: () => (sheet.value = "keys") },
        { name: "Change password", run: () => (sheet.value = "password") },
        { name: "Sign out", run: () => void signOut() },
      ]} />
  )
}

export function ConnectionState() {
  const state = connection.state.value
  const [kind, word, Icon] = state === "live" ? (["live", "Live", Wifi] as const) : state === "offline" || state === "stopped" ? (["offline", "Offline", WifiOff] as const) : (["catching-up", "Catching up", LoaderCircle] as const)
  return <div class="connection" role="status" data-state={kind}><Icon size={14} aria-hidden="true" /><span>{word}</span></div>
}
