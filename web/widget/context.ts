import type { Page } from "../shared/wire"

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value).trim().slice(0, 300) : "")

const record = (value: unknown): Record<string, unknown> => (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {})

const first = (value: unknown): Record<string, unknown> => record(Array.isArray(value) ? value[0] : value)

/** The first schema.org Product in JSON-LD, however deep in lists and graphs. */
function productIn(data: unknown, depth = 0): Record<string, unknown> | null {
  if (depth > 4 || typeof data !== "object" || data === null) return null
  if (Array.isArray(data)) {
    for (const part of data) {
      const found = productIn(part, depth + 1)
      if (found) return found
    }
    return null
  }
  const node = record(data)
  const kinds: unknown[] = Array.isArray(node["@type"]) ? node["@type"] : [node["@type"]]
  return kinds.includes("Product") ? node : productIn(node["@graph"], depth + 1)
}

function fromJson(page: Document): Partial<Page> | null {
  for (const script of page.querySelectorAll('script[type="application/ld+json"]')) {
    try {
      const product = productIn(JSON.parse(script.textContent ?? ""))
      if (!product) continue
      const offer = first(product.offers)
      const only = !Array.isArray(product.offers) || product.offers.length === 1 ? offer.sku : ""
      const price = [text(offer.price ?? offer.lowPrice), text(offer.priceCurrency)].filter(Boolean).join(" ")
      return { product: text(product.name), sku: text(product.sku ?? only), price }
    } catch {
      continue
    }
  }
  return null
}

function fromMarkup(page: Document): Partial<Page> | null {
  const product = page.querySelector('[itemtype$="schema.org/Product"]')
  if (!product) return null
  const read = (name: string): string => {
    const found = product.querySelector(`[itemprop="${name}"]`)
    return text(found?.getAttribute("content") ?? found?.textContent)
  }
  return { product: read("name"), sku: read("sku"), price: [read("price"), read("priceCurrency")].filter(Boolean).join(" ") }
}

/** The page as it describes itself: the script tag's `data-*` first, then JSON-LD, then microdata. */
export function pageContext(page: Document, address: string, tag: DOMStringMap): Page {
  const marked = page.querySelector<HTMLElement>("[data-shopbell-product]")?.dataset.shopbellProduct
  const own = { product: text(tag.product ?? marked), sku: text(tag.sku), price: text(tag.price) }
  const read = fromJson(page) ?? fromMarkup(page) ?? {}
  const context: Page = { url: address.split("#")[0]!.slice(0, 1000), title: text(page.title) }
  for (const name of ["product", "sku", "price"] as const) {
    const value = own[name] || read[name]
    if (value) context[name] = value
  }
  return context
}
