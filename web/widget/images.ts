export const IMAGES = ["image/jpeg", "image/png", "image/webp", "image/gif"]
const MOST = 10 * 1024 * 1024

/** Why a file cannot be sent as an image, by its name among the words; null when it can. */
export function imageFault(file: { type: string; size: number }): "kind" | "large" | null {
  if (!IMAGES.includes(file.type)) return "kind"
  return file.size > MOST ? "large" : null
}
