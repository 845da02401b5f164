import { ChevronDown, ChevronsUp, ChevronUp, CircleUser, Clock, MessageCircleReply, Minus, Plus, Tag, UserRoundX, Users } from "lucide-preact"
import { useEffect, useMemo, useState } from "preact/hooks"
import { sheet } from "../state/commands"
import { hints, options, titleOf, type Option, type Pick as Picked } from "../state/pick"
import type { Understood } from "../state/moments"
import { Dialog } from "./sheets"

type Read = (words: string, now: Date) => Understood

const icons = { person: CircleUser, team: Users, nobody: UserRoundX, moment: Clock, reply: MessageCircleReply, add: Tag, remove: Minus, urgent: ChevronsUp, high: ChevronUp, normal: Minus, low: ChevronDown }

/** One choice for some tickets, by a few letters: a combobox over one list (WAI-ARIA APG). */
export function Pick({ pick }: { pick: Picked }) {
  const [words, setWords] = useState("")
  const [at, setAt] = useState(0)
  const [read, setRead] = useState<Read | null>(null)
  const snoozing = pick.pick === "snooze"
  useEffect(() => {
    if (snoozing) void import("../state/moments").then(({ understand }) => setRead(() => understand)).catch(() => undefined)
  }, [snoozing])
  const understood = useMemo(() => (snoozing && words.trim() && read ? read(words, new Date()) : null), [snoozing, words, read])
  const offers = useMemo(() => options(pick, words, understood), [pick, words, understood])
  const here = offers[Math.min(at, offers.length - 1)]
  const wrong = understood && "wrong" in understood ? understood.wrong : words.trim() && !offers.length && !snoozing ? "Nobody and nothing is called so." : ""
  useEffect(() => {
    document.getElementById(`option-${at}`)?.scrollIntoView({ block: "nearest" })
  }, [at])
  const choose = (option: Option): void => {
    sheet.value = null
    requestAnimationFrame(option.run)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && offers.length) setAt((Math.min(at, offers.length - 1) + step + offers.length) % offers.length)
    else if (event.key === "Enter" && here) choose(here)
    else return
    event.preventDefault()
  }
  return (
    <Dialog title={titleOf(pick)}>
      <div class="palette pick">
        <input autofocus type="text" role="combobox" aria-label={hints[pick.pick]} aria-expanded="true" aria-controls="options" aria-autocomplete="list" {...(here ? { "aria-activedescendant": `option-${offers.indexOf(here)}` } : {})} {...(wrong ? { "aria-invalid": "true" as const } : {})} aria-describedby="picked" autocomplete="off" maxLength={100} placeholder={hints[pick.pick]} value={words} onInput={(event) => { setWords(event.currentTarget.value); setAt(0) }} onKeyDown={onKeyDown} />
        <div id="options" role="listbox" aria-label={titleOf(pick)}>
          {offers.map((each, index) => {
            const Icon = each.icon ? icons[each.icon] : Plus
            return (
              <div key={each.name} id={`option-${index}`} role="option" aria-selected={each === here} onPointerMove={() => setAt(index)} onClick={() => choose(each)}>
                <Icon size={16} aria-hidden="true" /><span class="cut">{each.name}</span><span class="far">{each.far}{each.on && " ✓"}</span>
              </div>
            )
          })}
        </div>
        <p id="picked" class={wrong ? "quiet told" : "unseen"} role="status">{wrong || (here ? `${here.name} ${here.far ?? ""}` : "")}</p>
      </div>
    </Dialog>
  )
}
