const DEFAULT = "#1f5c48"

const channels = (hex: string): number[] => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)

/** WCAG relative luminance of `#rrggbb`, 0 to 1. */
export function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

/** The brand's colour as `#rrggbb`, and whichever of near-black and white reads better on it. */
export function brandColours(colour: string | undefined): { brand: string; onBrand: string } {
  const given = (colour ?? "").trim().toLowerCase()
  const long = /^#[0-9a-f]{3}$/.test(given) ? "#" + [...given.slice(1)].map((digit) => digit + digit).join("") : given
  const brand = /^#[0-9a-f]{6}$/.test(long) ? long : DEFAULT
  const light = luminance(brand)
  return { brand, onBrand: 1.05 / (light + 0.05) >= (light + 0.05) / (luminance("#14181a") + 0.05) ? "#ffffff" : "#14181a" }
}
