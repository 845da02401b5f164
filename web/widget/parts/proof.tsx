import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import type { Live } from "../live"
import type { Spoken } from "../panel"
import { Refused } from "../session"

/** For who wrote from an address before: a code goes there, and is written back as a message. */
export function Proof({ live, words }: { live: Live; words: Spoken }): JSX.Element | null {
  const asking = useSignal(false)
  const typed = useSignal("")
  const busy = useSignal(false)
  const fault = useSignal("")
  const kinds = live.session.value.elsewhere ?? []
  if (kinds.length === 0) return null

  const send = async (): Promise<void> => {
    busy.value = true
    fault.value = ""
    try {
      await live.sendCode(typed.value.trim())
      asking.value = false
      typed.value = ""
    } catch (error) {
      fault.value = error instanceof Refused ? [error.problem.title, error.problem.detail].filter(Boolean).join(". ") : words.unavailable
    } finally {
      busy.value = false
    }
  }
  if (!asking.value) {
    return (
      <p class="mark">
        <button type="button" class="again" onClick={() => (asking.value = true)}>
          {words.before}
        </button>
      </p>
    )
  }
  const label = kinds.length > 1 ? words.address : kinds[0] === "email" ? words.mail : words.phone
  return (
    <form
      class="elsewhere asking"
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy.value) void send()
      }}
    >
      <div class="row">
        <input inputMode="email" maxLength={200} required aria-label={label} placeholder={label} value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} />
      </div>
      <p class="fault" role="alert" hidden={!fault.value}>
        {fault.value}
      </p>
      <button type="submit" class="agreed" aria-disabled={busy.value || !typed.value.trim()}>
        {words.code}
      </button>
    </form>
  )
}
