/** What was sent and not yet answered, one storage key an entry so that tabs never overwrite each other. */
export class Outbox<Frame> {
  private readonly kept = new Map<string, Frame>()

  /** `name` keys the entries in `storage`; without storage they live as long as the page. */
  constructor(
    private readonly name: string,
    private readonly storage: Storage | null = null,
  ) {
    for (const [id, frame] of this.stored()) this.kept.set(id, frame)
  }

  put(id: string, frame: Frame): void {
    this.kept.set(id, frame)
    try {
      this.storage?.setItem(this.key(id), JSON.stringify(frame))
    } catch {
      // A full or forbidden storage costs only survival over a reload.
    }
  }

  drop(id: string): void {
    this.kept.delete(id)
    try {
      this.storage?.removeItem(this.key(id))
    } catch {
      // As above.
    }
  }

  /** Oldest first: ids are UUIDv7. */
  waiting(): [string, Frame][] {
    return [...this.kept].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  private key(id: string): string {
    return `${this.name}:${id}`
  }

  private *stored(): Generator<[string, Frame]> {
    if (!this.storage) return
    for (let index = 0; index < this.storage.length; index++) {
      const key = this.storage.key(index)
      if (!key?.startsWith(`${this.name}:`)) continue
      try {
        yield [key.slice(this.name.length + 1), JSON.parse(this.storage.getItem(key) ?? "") as Frame]
      } catch {
        continue
      }
    }
  }
}
