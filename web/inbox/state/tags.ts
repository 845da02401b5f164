import { signal } from "@preact/signals"
import type { Marked, Marks, Tag, TagDraft, Tags } from "../../shared/wire"
import { call } from "./api"

/** All tags, those that were merged too; null until they were read. */
export const allTags = signal<readonly Tag[] | null>(null)

let loading: Promise<void> | null = null

/** Reads the tags anew; who asks while that goes on gets the same. */
export function loadTags(): Promise<void> {
  loading ??= call<Tags>("GET", "/api/tags")
    .then((come) => void (allTags.value = come.tags))
    .finally(() => (loading = null))
  return loading
}

export const standing = (): readonly Tag[] => (allTags.value ?? []).filter((each) => each.merged_into === null)

export const tagCalled = (name: string): Tag | undefined => allTags.value?.find((each) => each.name === name)

export const colours = ["grey", "green", "amber", "red", "violet"] as const

export interface Branch {
  tag: Tag
  depth: number
}

/** The tree from the top, each tag followed by those below it. */
export function branches(tags: readonly Tag[]): readonly Branch[] {
  const known = new Set(tags.map((each) => each.id))
  const below = (parent: string | null, depth: number): Branch[] =>
    tags.filter((each) => (each.parent_id && known.has(each.parent_id) ? each.parent_id : null) === parent).flatMap((tag) => [{ tag, depth }, ...below(tag.id, depth + 1)])
  return below(null, 0)
}

/** The tag and all below it: none of them can stand above it. */
export function family(tags: readonly Tag[], id: string): ReadonlySet<string> {
  const found = new Set([id])
  for (const { tag } of branches(tags)) if (tag.parent_id && found.has(tag.parent_id)) found.add(tag.id)
  return found
}

/** Words between commas, each once. */
export const wordsIn = (text: string): string[] => [...new Set(text.split(",").map((each) => each.trim().toLowerCase()).filter(Boolean))]

export const marksOf = async (ticket: string): Promise<readonly Marked[]> => (await call<Marks>("GET", `/api/tickets/${ticket}/tags`)).marks

async function changed(doing: Promise<unknown>): Promise<void> {
  await doing
  await loadTags()
}

export const addTag = (tag: TagDraft): Promise<void> => changed(call("POST", "/api/tags", { tag }))
export const changeTag = (known: Tag, tag: TagDraft): Promise<void> => changed(call("PUT", `/api/tags/${known.id}`, { tag, version: known.version }))
export const removeTag = (known: Tag): Promise<void> => changed(call("DELETE", `/api/tags/${known.id}`))
export const mergeTag = (known: Tag, into: string): Promise<void> => changed(call("POST", `/api/tags/${known.id}/merge`, { into }))
export const partTag = (known: Tag): Promise<void> => changed(call("POST", `/api/tags/${known.id}/part`))
