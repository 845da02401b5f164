import { expect, test, vi } from "vitest"
import type { Attachment, Capability, Contact, Ticket } from "./model"
import { ticketOf } from "./model"
import { Conversation, me, takeConnections } from "./desk"
import { hintOf, misfit, reachOf, segments, waysOf } from "./reach"
import { chooseWay, wayOf } from "./send"

vi.hoisted(() => (globalThis.matchMedia = (() => ({ matches: false, addEventListener: () => undefined })) as unknown as typeof matchMedia))

const AGO = "2020-01-01T00:00:00Z"
const capability = (channel: string, more: Partial<Capability> = {}): Capability => ({ channel, label: channel.toUpperCase(), max_text: 1_000, media_types: [], max_file: 0, formatting: "plain", buttons: 0, reply_window: null, human_window: null, templates: false, receipts: [], typing: false, idempotent_sends: false, community: false, live: false, segments: false, copies: false, sender: "", regions: "", ...more }) as Capability
const contact = (connection: string, channel: string, more: Partial<Contact> = {}): Contact => ({ thread_id: "h1", connection_id: connection, channel, place: "p", identity: "i", community: false, window_until: null, opted_out: false, claimed: false, consent: "wrote", heard_at: AGO, ...more })
const ticket = (more: Partial<Ticket> = {}): Ticket => ticketOf({ id: "t1", number: 1, thread_id: "h1", customer_id: "c1", customer_name: "Mia Berg", brand_id: "b1", connection_id: "wa", channel: "whatsapp", created_at: AGO, updated_at: AGO, ...more })
const account = (id: string, channel: string, health: "ok" | "reconnect" = "ok") => ({ id, brand_id: "b1", channel, name: `Our ${channel}`, public_key: null, answer_mode: "first" as const, health, health_words: "", account: null, settings: {} })

me.value = { capabilities: { whatsapp: capability("whatsapp", { reply_window: 24, templates: true }), sms: capability("sms", { segments: true, sender: "phone" }), email: capability("email"), webchat: capability("webchat", { live: true }) } } as unknown as NonNullable<typeof me.value>
const accounts = [account("wa", "whatsapp"), account("sms", "sms"), account("mail", "email", "reconnect"), account("chat", "webchat")]
takeConnections(accounts)

function talking(...contacts: Contact[]): Conversation {
  const talk = new Conversation("h1")
  talk.contacts.value = contacts
  talk.loaded.value = true
  return talk
}

test("a shut window leaves templates, and every other way is told with what speaks for or against it", () => {
  const talk = talking(contact("mail", "email"), contact("sms", "sms"), contact("wa", "whatsapp", { window_until: AGO }), contact("chat", "webchat", { heard_at: null }))
  expect(reachOf(ticket(), talk)).toMatchObject({ templates: true, blocked: expect.stringContaining("Send a template") })
  expect(waysOf(ticket(), talk).map(({ connection, why, open }) => [connection, why, open])).toEqual([
    ["wa", "Template only", true],
    ["sms", "", true],
    ["chat", "", true],
    ["mail", "Not connected", false],
  ])
})

test("after the free time some channels still take what a person writes", () => {
  me.value!.capabilities["messenger"] = capability("messenger", { reply_window: 24, human_window: 168 })
  takeConnections([...accounts, account("page", "messenger")])
  const yesterday = new Date(Date.now() - 26 * 3_600_000).toISOString()
  const shut = new Date(Date.now() - 2 * 3_600_000).toISOString()
  const reach = reachOf(ticket(), talking(contact("page", "messenger", { heard_at: yesterday, window_until: shut })), "page")
  expect(reach).toMatchObject({ blocked: "", peopleOnly: true })
  expect(reachOf(ticket(), talking(contact("page", "messenger", { heard_at: AGO, window_until: AGO })), "page").blocked).toContain("is over")
})

test("a chosen way holds until they write again, and says when it is gone", () => {
  const held = ticket({ last_customer_seq: 4 })
  const talk = talking(contact("wa", "whatsapp"), contact("sms", "sms", { claimed: true }))
  expect(wayOf(held)).toBe("wa")
  chooseWay(held, "sms")
  expect(wayOf(held)).toBe("sms")
  expect(reachOf(held, talk, "sms")).toMatchObject({ blocked: "", claimed: true })
  expect(wayOf({ ...held, last_customer_seq: 5 })).toBe("wa")
  talk.contacts.value = []
  expect(reachOf(held, talk, "sms").blocked).toContain("what you wrote is kept")
})

test.each([
  ["", 1],
  ["a".repeat(160), 1],
  ["a".repeat(161), 2],
  ["€".repeat(80), 1],
  ["€".repeat(81), 2],
  ["ж".repeat(70), 1],
  ["ж".repeat(71), 2],
  ["a".repeat(459), 3],
])("a text is cut into parts as phone networks do: %#", (text, parts) => expect(segments(text)).toBe(parts))

test("what does not fit, costs more or is lost is said before it is sent", () => {
  const reach = reachOf(ticket(), talking(contact("sms", "sms")), "sms")
  const file = (media_type: string, size: number): Attachment => ({ id: "f", name: "a.png", media_type, size })
  expect(misfit(reach, [file("image/png", 1)])).toBe("SMS carries no files.")
  const carries = { ...reach, capability: capability("sms", { media_types: ["image/*"], max_file: 2_000_000 }) }
  expect(misfit(carries, [file("image/png", 1)])).toBe("")
  expect(misfit({ ...carries, claimed: true }, [file("image/png", 1)])).toContain("Nobody has proven")
  expect(misfit(carries, [file("audio/ogg", 1)])).toContain("does not take a.png")
  expect(misfit(carries, [file("image/png", 2_000_001)])).toContain("up to 2 MB")
  expect(hintOf(reach, "a".repeat(900))).toBe("100 characters left")
  expect(hintOf(reach, "a **bold** word")).toContain("the marks are left out")
  expect(hintOf(reach, "a".repeat(200))).toBe("Goes out as 2 text messages")
  expect(hintOf(reach, "Yes.")).toBe("")
})

test("a number that is only known is no way to them, and one they agreed to is", () => {
  const known = talking(contact("wa", "whatsapp"), contact("sms", "sms", { heard_at: null, consent: "known" }))
  expect(waysOf(ticket(), known).map(({ connection, why, open }) => [connection, why, open])).toEqual([
    ["wa", "Mia wrote here last", true],
    ["sms", "Has not agreed to messages there", false],
  ])
  const agreed = talking(contact("wa", "whatsapp"), contact("sms", "sms", { heard_at: null, consent: "agreed" }))
  expect(waysOf(ticket(), agreed)[1]).toMatchObject({ connection: "sms", why: "Address is proven", open: true })
})
