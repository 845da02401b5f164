import { ListChecks, MessageSquareQuote, Plus, Search } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { SavedReply } from "../../shared/wire"
import { call, wordsOf } from "../state/api"
import { canWrite, me, nameOf } from "../state/desk"
import { found, isMacro, loadReplies, replies, stepWords, tongue, visibilityWords } from "../state/replies"
import { follow, go, replyKey } from "../state/router"
import { tell } from "../state/tell"
import { Page } from "./page"
import { usedWords } from "./replies"
import { Editor } from "./saved-editor"

export const LIST = "/settings/replies"

/** Saved replies and macros: found, looked at, written. */
export function SavedPage() {
  useEffect(() => void loadReplies().catch((error: unknown) => tell(wordsOf(error))), [])
  const key = replyKey.value
  const one = replies.value?.find((each) => each.id === key) ?? null
  if (replies.value === null) return <Page title="Saved replies"><p class="quiet" role="status">Loading…</p></Page>
  if (key === "new" || key === "new-macro") return <Editor key={key} known={null} macro={key === "new-macro"} />
  if (key) return one ? <Editor key={`${one.id} ${one.version}`} known={one} macro={isMacro(one)} /> : <Page title="Saved replies" back={{ path: LIST, name: "the saved replies" }}><div class="empty"><h2>It is not there any more</h2><p>Somebody removed it, or it is not yours to see.</p></div></Page>
  return <All all={replies.value} />
}

function All({ all }: { all: readonly SavedReply[] }) {
  const [words, setWords] = useState("")
  const shown = words.trim() ? found(all, words) : [...all].sort((a, b) => a.title.localeCompare(b.title))
  const add = canWrite.value && <><button type="button" class="button not-phone" onClick={() => go(`${LIST}/new-macro`)}><ListChecks size={15} aria-hidden="true" />New macro</button><button type="button" class="button main" onClick={() => go(`${LIST}/new`)}><Plus size={15} aria-hidden="true" />New reply</button></>
  return (
    <Page title="Saved replies" about="What you say often, and what you then do. Type / where you answer to put one in; m runs a macro on the open ticket." action={add}>
      {all.length > 0 && <label class="template-search"><Search size={14} aria-hidden="true" /><input type="search" aria-label="Search saved replies" placeholder="Search by title, shortcut or words" value={words} onInput={(event) => setWords(event.currentTarget.value)} /></label>}
      {shown.length > 0 && (
        <ul class="saved-list" role="list">
          {shown.map((each) => {
            const path = `${LIST}/${each.id}`
            const Icon = isMacro(each) ? ListChecks : MessageSquareQuote
            return (
              <li key={each.id}>
                <a href={path} onClick={(event) => follow(event, path)}>
                  <Icon size={16} aria-hidden="true" />
                  <span class="saved-title"><b class="cut" dir="auto">{each.title}</b>{each.shortcut && <kbd>/{each.shortcut}</kbd>}</span>
                  <span class="mark">{visibilityWords(each)}</span>
                  <span class="saved-words cut" dir="auto">{isMacro(each) ? each.steps.map(stepWords).join(" · ") : each.texts[0]?.middle}</span>
                  <small class="quiet">{each.texts.length > 1 && <span title={each.texts.map((text) => tongue(text.language)).join(", ")}>{each.texts.length} languages · </span>}{usedWords(each)}{each.owner_id !== me.value?.agent.id && <> · {nameOf(each.owner_id)}</>}</small>
                </a>
              </li>
            )
          })}
        </ul>
      )}
      {all.length === 0 && <div class="empty"><MessageSquareQuote size={28} aria-hidden="true" /><h2>Nothing is saved yet</h2><p>Save what you write every day, once, in your best words.</p></div>}
      {all.length > 0 && shown.length === 0 && <p class="quiet" role="status">Nothing has these words.</p>}
      {canWrite.value && <UndoChoice />}
      {canWrite.value && <div class="only-phone"><button type="button" class="button" onClick={() => go(`${LIST}/new-macro`)}><ListChecks size={15} aria-hidden="true" />New macro</button></div>}
    </Page>
  )
}

const WAITS = [0, 5, 10, 20, 30]

/** How long this agent's replies wait before they go. */
function UndoChoice() {
  const now = me.value?.undo_s ?? 0
  const choose = async (seconds: number): Promise<void> => {
    try {
      await call("PUT", "/api/me/undo-send", { seconds })
      if (me.peek()) me.value = { ...me.peek()!, undo_s: seconds }
      tell(seconds ? `Your replies wait ${seconds} seconds now.` : "Your replies go at once now.")
    } catch (error) {
      tell(wordsOf(error))
    }
  }
  return <label class="undo-choice">After you press Send, your replies<select value={now} onChange={(event) => void choose(Number(event.currentTarget.value))}>{[...new Set([...WAITS, now])].sort((a, b) => a - b).map((each) => <option key={each} value={each}>{each ? `wait ${each} seconds` : "go at once"}</option>)}</select>and can be taken back while they wait.</label>
}
