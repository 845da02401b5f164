/** What the launcher itself says; everything else comes with the panel (`words/`). */
export interface FewWords {
  chat: string
  unread: string
  unavailable: string
}

const few: Record<string, FewWords> = {
  en: { chat: "Chat with us", unread: "{count} unread", unavailable: "The chat can't be reached right now. Try again in a moment." },
  de: { chat: "Chatten Sie mit uns", unread: "{count} ungelesen", unavailable: "Der Chat ist gerade nicht erreichbar. Versuchen Sie es gleich noch einmal." },
  es: { chat: "Chatea con nosotros", unread: "{count} sin leer", unavailable: "El chat no está disponible ahora. Inténtalo de nuevo en un momento." },
  fr: { chat: "Discutez avec nous", unread: "{count} non lus", unavailable: "Le chat est injoignable pour le moment. Réessayez dans un instant." },
  it: { chat: "Chatta con noi", unread: "{count} non letti", unavailable: "La chat non è raggiungibile ora. Riprova tra un momento." },
  nl: { chat: "Chat met ons", unread: "{count} ongelezen", unavailable: "De chat is nu niet bereikbaar. Probeer het zo nog eens." },
  pt: { chat: "Fale connosco", unread: "{count} por ler", unavailable: "O chat não está disponível agora. Tente de novo daqui a pouco." },
  pl: { chat: "Porozmawiaj z nami", unread: "Nieprzeczytane: {count}", unavailable: "Czat jest teraz niedostępny. Spróbuj ponownie za chwilę." },
  sv: { chat: "Chatta med oss", unread: "{count} olästa", unavailable: "Chatten går inte att nå just nu. Försök igen om en stund." },
  da: { chat: "Chat med os", unread: "{count} ulæste", unavailable: "Chatten kan ikke nås lige nu. Prøv igen om lidt." },
  ja: { chat: "チャットで相談", unread: "未読{count}件", unavailable: "現在チャットに接続できません。しばらくしてからお試しください。" },
}

/** The language to speak: the first wish that there are words for, else English. `locale` is how to write dates in it. */
export function speech(wishes: readonly (string | undefined)[]): { language: string; locale: string; few: FewWords } {
  const asked = wishes.flatMap((wish) => (wish?.trim() ? [wish.trim()] : []))
  const language = asked.map(primary).find((one) => one in few) ?? "en"
  const regional = asked.find((one) => primary(one) === language && /^\w{2,3}-\w[\w-]*$/.test(one))
  return { language, locale: regional ?? language, few: few[language]! }
}

const primary = (locale: string): string => locale.split(/[-_]/)[0]!.toLowerCase()

export const fill = (words: string, values: Record<string, string>): string => words.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")
