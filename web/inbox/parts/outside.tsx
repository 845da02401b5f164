import { CornerUpLeft, FileX, Globe, LoaderCircle, Mail, Megaphone, Paperclip, ShieldAlert } from "lucide-preact"
import { conversations } from "../state/desk"
import type { Attachment, Message } from "../state/model"

const safe = (url: string | null | undefined): string | undefined => (url && /^(https?:\/\/|\/(?!\/))/.test(url) ? url : undefined)

/** The ad, story or post that somebody wrote from. */
export const Context = ({ words }: { words: string }) => <span class="from-page"><Megaphone size={12} aria-hidden="true" /><span class="cut" title={words}>{words}</span></span>

/** What a message answers, and the way there. */
export function Quote({ message }: { message: Message }) {
  const quoted = message.reply_to ? conversations.get(message.thread_id)?.messages.get(message.reply_to) : undefined
  if (!quoted) return <span class="quote"><CornerUpLeft size={12} aria-hidden="true" /><span class="cut">An earlier message</span></span>
  const words = quoted.removed ? "A message that was removed" : quoted.text || quoted.attachments[0]?.name || "A message"
  return (
    <button type="button" class="quote" onClick={() => document.getElementById(`m-${quoted.id}`)?.scrollIntoView({ block: "center", behavior: "smooth" })}>
      <CornerUpLeft size={12} aria-hidden="true" />
      <span class="cut"><b>{quoted.author.kind === "assistant" ? "Assistant" : quoted.author.name || "Visitor"}</b> {words}</span>
    </button>
  )
}

/** The head of a mail: what it is about, whom it went to, and why it stands here. */
export function MailHead({ mail }: { mail: NonNullable<Message["mail"]> }) {
  const pairs = ([["From", mail.sender], ["To", mail.to?.join(", ")], ["Cc", mail.cc?.join(", ")], ["Bcc", mail.bcc?.join(", ")], ["Here because", mail.matched_by], ["Checked", mail.authentication]] as const).filter(([, told]) => told)
  return (
    <>
      <details class="mail">
        <summary><Mail size={12} aria-hidden="true" /><b class="cut">{mail.subject || (mail.sender ? "No subject" : "With copies")}</b>{mail.sender && <span class="cut">{mail.sender}</span>}</summary>
        <dl>{pairs.map(([name, told]) => <div key={name}><dt>{name}</dt><dd>{told}</dd></div>)}</dl>
      </details>
      {mail.warning && <span class="state odd"><ShieldAlert size={13} aria-hidden="true" /><span>{mail.warning}</span></span>}
    </>
  )
}

/** A mail with what it quotes, folded. */
export const Whole = ({ text }: { text: string }) => <details class="whole"><summary>Show quoted</summary><div>{text}</div></details>

/** What people put on it, each sign once with how many. */
export function Reactions({ signs }: { signs: readonly string[] }) {
  const many = new Map<string, number>()
  for (const sign of signs) many.set(sign, (many.get(sign) ?? 0) + 1)
  return <span class="reactions">{[...many].map(([sign, count]) => <span key={sign} title="Reaction">{sign}{count > 1 && <small class="num">{count}</small>}</span>)}</span>
}

export const Overheard = () => <span class="mark waiting" title="This is a public place: others can read what you answer here"><Globe size={12} aria-hidden="true" />Others read this</span>

/** A file that is here, on its way, or not to be had. */
export function Filed({ file }: { file: Attachment }) {
  if (file.state === "expected") return <span class="file quiet" role="status"><LoaderCircle class="turning" size={14} aria-hidden="true" /><span class="cut">Getting {file.name}…</span></span>
  if (file.state === "missing") return <span class="file missing"><FileX size={14} aria-hidden="true" /><span><b>{file.name} is missing.</b> {file.words || "It could not be fetched. Ask for it again."}</span></span>
  if (file.media_type.startsWith("image/") && safe(file.url)) return <a class="picture" href={safe(file.url)} target="_blank" rel="noreferrer"><img src={file.url} alt={file.name} loading="lazy" width={file.width ?? undefined} height={file.height ?? undefined} /></a>
  return <a class="file" href={safe(file.url)} download><Paperclip size={14} aria-hidden="true" /><span class="cut">{file.name}</span></a>
}
