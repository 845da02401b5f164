import { useState } from "preact/hooks"
import { sheet } from "../state/commands"
import { call, wordsOf } from "../state/api"
import { me } from "../state/desk"
import { tell } from "../state/tell"
import { typed, Wrong } from "./doors"
import { Dialog } from "./sheets"

export function PasswordSheet() {
  const [wrong, setWrong] = useState("")
  const [busy, setBusy] = useState(false)
  const submit = async (event: Event): Promise<void> => {
    const body = typed(event)
    setBusy(true)
    setWrong("")
    try {
      await call("POST", "/api/me/password", body)
      sheet.value = null
      tell("Your password is changed. Your other browsers are signed out.")
    } catch (error) {
      setWrong(wordsOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title="Change your password">
      <form onSubmit={(event) => void submit(event)}>
        <Wrong words={wrong} />
        <input type="hidden" autocomplete="username" value={me.value?.agent.email ?? ""} />
        <label class="field"><span>Password now</span><input name="old" type="password" autocomplete="current-password" required maxLength={200} /></label>
        <label class="field"><span>New password</span><input name="new" type="password" autocomplete="new-password" required minLength={10} maxLength={200} /></label>
        <div class="dialog-actions"><button class="button main" disabled={busy}>Change it</button></div>
      </form>
    </Dialog>
  )
}
