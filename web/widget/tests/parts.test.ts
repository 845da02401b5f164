import { describe, expect, it } from "vitest"
import { brandColours } from "../colour"
import { pageContext } from "../context"
import { imageFault } from "../images"
import { subjectOf, visitorOf } from "../session"
import { fill, speech } from "../words"

const page = (head: string, body = ""): Document => new DOMParser().parseFromString(`<title>Fell jumper</title>${head}<body>${body}`, "text/html")
const jwt = (claims: object): string => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, "")}.x`

describe("the page's context", () => {
  it("reads a product from JSON-LD inside a graph", () => {
    const data = { "@graph": [{ "@type": "WebPage" }, { "@type": ["Product"], name: "Jumper", sku: "J1", offers: [{ price: 89, priceCurrency: "EUR" }] }] }
    const found = pageContext(page(`<script type="application/ld+json">${JSON.stringify(data)}</script>`), "https://shop.example/p/1#size", {})
    expect(found).toEqual({ url: "https://shop.example/p/1", title: "Fell jumper", product: "Jumper", sku: "J1", price: "89 EUR" })
  })

  it("reads microdata past broken JSON-LD, and lets the tag's own words win", () => {
    const body = '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Cap</b><meta itemprop="price" content="12"></div>'
    const found = pageContext(page('<script type="application/ld+json">{</script>', body), "https://shop.example/", { product: "Blue cap" })
    expect(found).toMatchObject({ product: "Blue cap", price: "12" })
  })
})

describe("the brand's colour", () => {
  it("gets the text that reads better on it", () => {
    expect(brandColours("#ffd400").onBrand).toBe("#14181a")
    expect(brandColours("#123").onBrand).toBe("#ffffff")
  })

  it("is never taken from anything but a hex colour", () => {
    expect(brandColours("red;background:url(x)").brand).toMatch(/^#[0-9a-f]{6}$/)
  })
})

describe("who the visitor is", () => {
  it("keeps one slot for each verified subject and one for the anonymous", () => {
    const slots = [null, jwt({ sub: "mia" }), jwt({ sub: "ben" })].map((token) => visitorOf("key", token).slot)
    expect(new Set(slots).size).toBe(3)
    expect(visitorOf("key", jwt({ sub: "mia", exp: 2 })).slot).toBe(slots[1])
  })

  it("survives a token that is none", () => {
    expect(subjectOf("nonsense")).toBe("?")
  })
})

it("takes images of a known kind up to 10 MB", () => {
  expect(imageFault({ type: "image/png", size: 10 * 1024 * 1024 })).toBeNull()
  expect(imageFault({ type: "image/png", size: 10 * 1024 * 1024 + 1 })).toBe("large")
  expect(imageFault({ type: "image/svg+xml", size: 5 })).toBe("kind")
})

it("speaks the first language it knows, and writes dates as its speakers do", () => {
  expect(speech(["", "de", "en-GB", "de-AT"])).toMatchObject({ language: "de", locale: "de-AT" })
  expect(speech([undefined, "tlh", "pt_BR"])).toMatchObject({ language: "pt" })
  expect(speech(["tlh"]).few.chat).toBe("Chat with us")
  expect(fill("{name} is typing", { name: "Ben" })).toBe("Ben is typing")
})
