let lastMillisecond = 0
let counter = 0

/** A UUIDv7 (RFC 9562): later ones sort after earlier ones, also within one millisecond. */
export function uuid7(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  if (now > lastMillisecond) {
    lastMillisecond = now
    counter = ((bytes[6]! & 0x07) << 8) | bytes[7]!
  } else if (++counter > 0xfff) {
    lastMillisecond += 1
    counter = 0
  }
  let time = lastMillisecond
  for (let index = 5; index >= 0; index--) {
    bytes[index] = time % 256
    time = Math.floor(time / 256)
  }
  bytes[6] = 0x70 | (counter >> 8)
  bytes[7] = counter & 0xff
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
