import type { Attachment, Problem } from "./model"

/** What the server said no to; `problem` is in words for people. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

export const unreachable: Problem = {
  type: "unreachable",
  title: "Shopbell can't be reached",
  status: 0,
  detail: "Check your connection, then try again. What you wrote is kept.",
}

let signedOut: () => void = () => undefined

/** What to do when the session is no longer good. */
export function onSignedOut(then: () => void): void {
  signedOut = then
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const request: RequestInit = { method, credentials: "same-origin" }
  if (body !== undefined) {
    request.body = JSON.stringify(body)
    request.headers = { "content-type": "application/json" }
  }
  const answer = await fetch(path, request).catch(() => {
    throw new Refused(unreachable)
  })
  if (answer.status === 204) return undefined as T
  if (answer.ok) return (await answer.json()) as T
  const problem = await problemOf(answer)
  if (answer.status === 401 && path !== "/api/session") signedOut()
  throw new Refused(problem)
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem
  } catch {
    return { type: "unknown", title: "That did not work", status: answer.status, detail: "Try again in a moment." }
  }
}

/** Uploads one file; `progress` is called with 0 to 1. */
export function upload(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append("file", file)
    request.open("POST", "/api/attachments")
    request.responseType = "json"
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total)
    request.onload = () => {
      if (request.status < 300) resolve(request.response as Attachment)
      else reject(new Refused((request.response as Problem | null) ?? { ...unreachable, title: "The file was not taken" }))
    }
    request.onerror = () => reject(new Refused(unreachable))
    signal.addEventListener("abort", () => request.abort())
    request.send(form)
  })
}

export const wordsOf = (error: unknown): string => {
  if (!(error instanceof Refused)) return "That did not work. Try again."
  const { title, detail } = error.problem
  return detail ? `${title.replace(/[.!]$/, "")}. ${detail}` : title
}
