import type { Page, Problem, WidgetSession } from "../shared/wire"

/** What the loader hands to the parts that come later. */
export interface Shop {
  origin: string
  key: string
  page: () => Page
  /** Who the shopper is now; the slot names their storage. */
  visitor: Visitor
  /** A session after the token was refused. */
  renew: () => Promise<WidgetSession>
}

export interface Visitor {
  slot: string
  identityToken: string | null
}

/** A refused request, with words for people. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

export const storage: Storage | null = (() => {
  try {
    return window.localStorage
  } catch {
    return null
  }
})()

export function remember(name: string, value: string | null): void {
  try {
    if (value === null) storage?.removeItem(name)
    else storage?.setItem(name, value)
  } catch {
    // A full or forbidden storage costs only the memory across pages.
  }
}

export function recall(name: string): string | null {
  try {
    return storage?.getItem(name) ?? null
  } catch {
    return null
  }
}

/** The `sub` of a JWT, unchecked: it only keeps two people's tokens on one computer apart. */
export function subjectOf(token: string): string {
  try {
    const body = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")
    const claims = JSON.parse(atob(body)) as { sub?: unknown }
    return typeof claims.sub === "string" || typeof claims.sub === "number" ? String(claims.sub) : "?"
  } catch {
    return "?"
  }
}

/** One slot for the anonymous visitor of a key, one for each verified subject. */
export function visitorOf(key: string, identityToken: string | null): Visitor {
  const slot = identityToken ? `shopbell:${key}:as:${encodeURIComponent(subjectOf(identityToken))}` : `shopbell:${key}`
  return { slot, identityToken }
}

export async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  const problem = (await response.json().catch(() => null)) as Problem | null
  throw new Refused(problem ?? { type: "error", title: response.statusText, status: response.status })
}

/** Asks for the visitor's session and keeps its token. */
export async function openSession(origin: string, key: string, visitor: Visitor, fresh = false): Promise<WidgetSession> {
  const post = (token: string | null): Promise<WidgetSession> =>
    fetch(`${origin}/api/widget/session`, {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key, token, identity_token: visitor.identityToken }),
    }).then((response) => answer<WidgetSession>(response))
  const held = fresh ? null : recall(`${visitor.slot}:token`)
  const session = await post(held).catch((error: unknown) => {
    if (held && error instanceof Refused && error.problem.status === 401) return post(null)
    throw error
  })
  remember(`${visitor.slot}:token`, session.token)
  remember(`shopbell:${key}:colour`, session.color)
  return session
}
