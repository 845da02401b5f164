import { ChevronDown, Plus, Sparkles, Tags as TagsIcon } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { Tag, TagDraft } from "../../shared/wire"
import { wordsOf } from "../state/api"
import { isAdmin } from "../state/desk"
import { addTag, allTags, branches, changeTag, colours, family, loadTags, mergeTag, partTag, removeTag, standing, wordsIn } from "../state/tags"
import { tell } from "../state/tell"
import { Page } from "./page"

const NEW: Tag = { id: "", name: "", parent_id: null, synonyms: [], description: "", colour: "grey", suggested: true, merged_into: null, used: 0, version: 0 }

/** The page of the tree of tags. */
export function TagTree() {
  const [open, setOpen] = useState<string | null>(null)
  useEffect(() => void loadTags().catch((error: unknown) => tell(wordsOf(error))), [])
  if (allTags.value === null) return <Page title="Tags"><p class="quiet" role="status">Loading…</p></Page>
  const tree = branches(standing())
  const merged = allTags.value.filter((each) => each.merged_into !== null)
  const nameOf = (id: string | null): string => allTags.value?.find((each) => each.id === id)?.name ?? ""
  const shut = (): void => setOpen(null)
  return (
    <Page title="Tags" about="What tickets are about. The assistant tags every ticket by itself, says how sure it was and why, and learns from each correction." action={isAdmin.value && <button type="button" class="button" onClick={() => setOpen("")}><Plus size={15} aria-hidden="true" />Add a tag</button>}>
      {open === "" && <section class="step tag-new" aria-label="New tag"><Editor tag={NEW} done={shut} /></section>}
      {tree.length === 0 && open !== "" && <div class="empty"><TagsIcon size={28} aria-hidden="true" /><h2>No tags yet</h2><p>Add the first, or let agents write them on tickets.</p></div>}
      <ul class="tag-tree" aria-label="All tags">
        {tree.map(({ tag, depth }) => (
          <li key={tag.id} class={open === tag.id ? "open" : ""} style={{ "--depth": depth }}>
            <button type="button" class="tag-row" aria-expanded={open === tag.id} disabled={!isAdmin.value} onClick={() => setOpen(open === tag.id ? null : tag.id)}>
              <i class="tag-dot" data-colour={tag.colour} aria-hidden="true" />
              <span class="tag-words"><b>{tag.name}{tag.suggested && <Sparkles size={12} aria-label="the assistant may put it on" />}</b><small class="cut">{tag.description || tag.synonyms.join(", ")}</small></span>
              <span class="quiet num">{tag.used === 1 ? "1 ticket" : tag.used ? `${tag.used.toLocaleString()} tickets` : ""}</span>
              {isAdmin.value && <ChevronDown size={15} class="turn" aria-hidden="true" />}
            </button>
            {open === tag.id && <Editor key={tag.version} tag={tag} done={shut} />}
          </li>
        ))}
      </ul>
      {merged.length > 0 && (
        <section class="tag-merged" aria-label="Merged">
          <h2>Merged</h2>
          <ul>{merged.map((each) => <li key={each.id}><span><b>{each.name}</b> went into {nameOf(each.merged_into)}</span>{isAdmin.value && <button type="button" class="button small" onClick={() => void partTag(each).then(() => tell(`“${each.name}” stands again. Its tickets get it back in a moment.`)).catch((error: unknown) => tell(wordsOf(error)))}>Undo</button>}</li>)}</ul>
        </section>
      )}
    </Page>
  )
}

function Editor({ tag, done }: { tag: Tag; done: () => void }) {
  const [draft, setDraft] = useState<Required<TagDraft>>({ name: tag.name, parent_id: tag.parent_id, synonyms: tag.synonyms, description: tag.description, colour: tag.colour, suggested: tag.suggested })
  const [words, setWords] = useState(tag.synonyms.join(", "))
  const [wrong, setWrong] = useState("")
  const [into, setInto] = useState("")
  const change = (part: Partial<TagDraft>): void => setDraft({ ...draft, ...part } as Required<TagDraft>)
  const own = tag.id ? family(standing(), tag.id) : new Set<string>()
  const others = branches(standing()).filter(({ tag: one }) => !own.has(one.id))
  const attempt = async (doing: Promise<void>, said: string): Promise<void> => {
    setWrong("")
    try {
      await doing
      tell(said)
      done()
    } catch (error) {
      setWrong(wordsOf(error))
    }
  }
  const save = (): void => {
    const wanted = { ...draft, synonyms: wordsIn(words) }
    void attempt(tag.id ? changeTag(tag, wanted) : addTag(wanted), "Saved.")
  }
  const choices = others.map(({ tag: one, depth }) => <option key={one.id} value={one.id}>{"\u2003".repeat(depth)}{one.name}</option>)
  return (
    <form class="tag-form" onSubmit={(event) => { event.preventDefault(); save() }}>
      <label class="field"><span>Name</span><input autofocus={!tag.id} required maxLength={60} value={draft.name} onInput={(event) => change({ name: event.currentTarget.value })} /></label>
      <label class="field"><span>Stands below</span><select value={draft.parent_id ?? ""} onChange={(event) => change({ parent_id: event.currentTarget.value || null })}><option value="">Nothing, it is at the top</option>{choices}</select></label>
      <label class="field wide"><span>Other words for it, between commas</span><input maxLength={600} value={words} onInput={(event) => setWords(event.currentTarget.value)} /></label>
      <label class="field wide"><span>When it fits</span><input maxLength={300} value={draft.description} onInput={(event) => change({ description: event.currentTarget.value })} /></label>
      <fieldset class="tag-colours"><legend>Colour</legend>{colours.map((each) => <label key={each}><input type="radio" name={`colour-${tag.id}`} checked={draft.colour === each} onChange={() => change({ colour: each })} /><i class="tag-dot" data-colour={each} aria-hidden="true" />{each}</label>)}</fieldset>
      <label class="tag-may"><input type="checkbox" checked={draft.suggested} onChange={(event) => change({ suggested: event.currentTarget.checked })} />The assistant may put it on</label>
      {wrong && <p class="outcome red wide" role="alert">{wrong}</p>}
      <div class="tag-actions wide">
        {tag.id && others.length > 0 && <span class="tag-merge"><select aria-label={`Merge ${tag.name} into`} value={into} onChange={(event) => setInto(event.currentTarget.value)}><option value="">Merge into…</option>{choices}</select>{into && <button type="button" class="button" onClick={() => void attempt(mergeTag(tag, into), `“${tag.name}” was merged. Its tickets follow in a moment.`)}>Merge</button>}</span>}
        {tag.id && <button type="button" class="button bare" onClick={() => void attempt(removeTag(tag), `“${tag.name}” is gone.`)}>Remove</button>}
        <span class="spring" />
        <button type="button" class="button" onClick={done}>Cancel</button>
        <button class="button main">Save</button>
      </div>
    </form>
  )
}
