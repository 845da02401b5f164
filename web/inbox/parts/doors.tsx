import { BellRing, CircleAlert } from "lucide-preact"
import { useState } from "preact/hooks"
import { call, wordsOf } from "../state/api"
import { entered, sentOut } from "../state/live"
import type { Me } from "../state/model"
import { go } from "../state/router"

export const Brand = () => <div class="brand"><BellRing size={16} aria-hidden="true" /><span class="words">Shopbell</span></div>

function useDoor(path: string, then: () => void) {
  const [wrong, setWrong] = useState("")
  const [busy, setBusy] = useState(false)
  const submit = async (body: object): Promise<void> => {
    setBusy(true)
    setWrong("")
    try {
      entered(await call<Me>("POST", path, body))
      then()
    } catch (error) {
      setWrong(wordsOf(error))
      setBusy(false)
    }
  }
  return { wrong, busy, submit }
}

export const Wrong = ({ words }: { words: string }) => (words ? <div class="wrong" role="alert"><CircleAlert size={16} aria-hidden="true" />{words}</div> : null)

export const typed = (event: Event): Record<string, string> => {
  event.preventDefault()
  return Object.fromEntries([...new FormData(event.currentTarget as HTMLFormElement)].map(([name, value]) => [name, String(value)]))
}

export function SignIn() {
  const { wrong, busy, submit } = useDoor("/api/session", () => undefined)
  return (
    <main class="door">
      <form onSubmit={(event) => void submit(typed(event))}>
        <Brand />
        <h1>Sign in to your inbox</h1>
        <Wrong words={wrong || (sentOut.value ? "You were signed out. Sign in to go on. What you wrote is kept." : "")} />
        <label class="field"><span>Email</span><input name="email" type="email" autocomplete="username" required autofocus /></label>
        <label class="field"><span>Password</span><input name="password" type="password" autocomplete="current-password" required /></label>
        <button class="button main" disabled={busy}>Sign in</button>
        <p class="quiet small">No password yet, or lost it? Ask your admin for a link.</p>
      </form>
    </main>
  )
}

export function Invitation({ token }: { token: string }) {
  const { wrong, busy, submit } = useDoor("/api/invitation", () => go("/"))
  const first = new URLSearchParams(location.search).has("first")
  return (
    <main class="door">
      <form onSubmit={(event) => void submit({ ...typed(event), token })}>
        <Brand />
        <h1>{first ? "Open your shop's desk" : "Welcome to the team"}</h1>
        <p>{first ? "You are its first admin. Say how customers should know you, and how you sign in." : "Say how customers should know you, and choose a password."}</p>
        <Wrong words={wrong} />
        {first && <label class="field"><span>Email</span><input name="email" type="email" autocomplete="username" required maxLength={200} /></label>}
        <label class="field"><span>Name</span><input name="name" autocomplete="name" required maxLength={200} /></label>
        <label class="field"><span>Password</span><input name="password" type="password" autocomplete="new-password" required minLength={10} /></label>
        <button class="button main" disabled={busy}>Start</button>
      </form>
    </main>
  )
}
