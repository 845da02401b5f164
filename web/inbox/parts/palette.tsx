import { useEffect, useMemo, useState } from "preact/hooks"
import { choose, found, offered } from "../state/palette"
import { loadReplies } from "../state/replies"
import { Dialog } from "./sheets"

/** Everything that can be done and opened, by a few letters: a combobox over one list (WAI-ARIA APG). */
export function Palette() {
  const ready = useMemo(offered, [])
  useEffect(() => void loadReplies().catch(() => undefined), [])
  const [words, setWords] = useState("")
  const [at, setAt] = useState(0)
  const offers = found(ready, words)
  const here = offers[Math.min(at, offers.length - 1)]
  useEffect(() => {
    if (here) document.getElementById(here.id)?.scrollIntoView({ block: "nearest" })
  }, [here?.id])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setAt((Math.min(at, offers.length - 1) + step + offers.length) % offers.length)
    else if (event.key === "Enter" && here) choose(here)
    else return
    event.preventDefault()
  }
  const groups = [...new Set(offers.map((each) => each.group))]
  return (
    <Dialog title="Command palette">
      <div class="palette">
        <input autofocus type="text" role="combobox" aria-label="Type a command, a view or a ticket" aria-expanded="true" aria-controls="offers" aria-autocomplete="list" {...(here ? { "aria-activedescendant": here.id } : {})} autocomplete="off" placeholder="Type a command, a view or a ticket" value={words} onInput={(event) => { setWords(event.currentTarget.value); setAt(0) }} onKeyDown={onKeyDown} />
        <div id="offers" role="listbox" aria-label="What can be done">
          {groups.map((group) => (
            <div key={group} role="group" aria-label={group}>
              <h3 aria-hidden="true">{group}</h3>
              {offers.map((each, index) => each.group === group && (
                <div key={each.id} id={each.id} role="option" aria-selected={each === here} onPointerMove={() => setAt(index)} onClick={() => choose(each)}>
                  <span class="cut">{each.name}</span><span class="keys">{each.far.split(" ").map((key) => key && <kbd key={key}>{key}</kbd>)}</span>
                </div>
              ))}
            </div>
          ))}
        </div>
        <p class="unseen" role="status">{offers.length === 1 ? "1 match" : `${offers.length} matches`}</p>
      </div>
    </Dialog>
  )
}
