import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { Live } from "../live"
import type { Spoken } from "../panel"
import { Refused } from "../session"
import { fill } from "../words"
import { Close } from "./icons"

/** While people have the conversation: an address for the replies that are missed here, or the one that was left. */
export function Elsewhere({ live, words }: { live: Live; words: Spoken }): JSX.Element | null {
  const asking = useSignal(false)
  const typed = useSignal("")
  const busy = useSignal(false)
  const fault = useSignal("")
  const box = useRef<HTMLInputElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (asking.value) box.current?.focus()
  }, [asking.value])

  const { elsewhere: kinds = [], left } = live.session.value
  const { answering, resolved } = live.thread.value
  if (!left && (kinds.length === 0 || answering !== "agents" || resolved)) return null

  const shut = (): void => {
    asking.value = false
    fault.value = ""
    requestAnimationFrame(() => opener.current?.focus())
  }
  const attempt = async (done: Promise<void>): Promise<void> => {
    busy.value = true
    fault.value = ""
    try {
      await done
      shut()
    } catch (error) {
      fault.value = error instanceof Refused ? [error.problem.title, error.problem.detail].filter(Boolean).join(". ") : words.unavailable
    } finally {
      busy.value = false
    }
  }
  if (!asking.value) {
    return (
      <div class="elsewhere">
        <span>{left ? fill(words.left, { address: left }) : words.missed}</span>
        {left ? (
          <button type="button" class="again" ref={opener} disabled={busy.value} onClick={() => void attempt(live.forgetAddress())}>
            {words.stop}
          </button>
        ) : (
          <button type="button" class="again" ref={opener} onClick={() => (asking.value = true)}>
            {words.leave}
          </button>
        )}
        <span class="fault" role="alert" hidden={!fault.value}>
          {fault.value}
        </span>
      </div>
    )
  }
  const label = kinds.length > 1 ? words.address : kinds[0] === "email" ? words.mail : words.phone
  return (
    <form
      class="elsewhere asking"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return
        event.stopPropagation()
        shut()
      }}
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy.value) void attempt(live.leaveAddress(typed.value.trim(), words.agree))
      }}
    >
      <div class="row">
        <input
          ref={box}
          type={kinds.length > 1 ? "text" : kinds[0] === "email" ? "email" : "tel"}
          inputMode={kinds.length > 1 ? "email" : undefined}
          autocomplete={kinds[0] === "phone" ? "tel" : "email"}
          maxLength={254}
          required
          aria-label={label}
          aria-describedby="shopbell-agree"
          placeholder={label}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
        <button type="button" class="tool" aria-label={words.cancel} onClick={shut}>
          <Close />
        </button>
      </div>
      <p class="fault" role="alert" hidden={!fault.value}>
        {fault.value}
      </p>
      <p class="agree" id="shopbell-agree">
        {words.agree}
      </p>
      <button type="submit" class="agreed" aria-disabled={busy.value || !typed.value.trim()}>
        {words.leave}
      </button>
    </form>
  )
}
