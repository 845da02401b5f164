export interface Versioned {
  id: string
  version?: number
}

const versionOf = (entity: Versioned): number => entity.version ?? 1

/** The newer of two states of one entity; of equals, the held one, so that nothing redraws. */
export function newer<T extends { version?: number }>(held: T | undefined, come: T): T {
  return held !== undefined && (held.version ?? 1) >= (come.version ?? 1) ? held : come
}

/** `held` with `come` merged in, the higher version of each id kept. Returns `held` itself when nothing changed. */
export function keepNewer<T extends Versioned>(held: ReadonlyMap<string, T>, come: Iterable<T>): ReadonlyMap<string, T> {
  let merged: Map<string, T> | undefined
  for (const entity of come) {
    const before = (merged ?? held).get(entity.id)
    if (before !== undefined && versionOf(before) >= versionOf(entity)) continue
    merged ??= new Map(held)
    merged.set(entity.id, entity)
  }
  return merged ?? held
}
