import { signal, type Signal } from "@preact/signals"
import { newer, type Versioned } from "../../shared/entities"

/** Entities by id, the higher version of each kept. Each row is its own signal, so one changed ticket redraws one row. */
export class Table<T extends Versioned> {
  readonly #rows = new Map<string, Signal<T>>()
  readonly #changed = signal(0)

  put(come: Iterable<T>): void {
    let changed = false
    for (const entity of come) {
      const row = this.#rows.get(entity.id)
      if (!row) this.#rows.set(entity.id, signal(entity))
      else if (newer(row.peek(), entity) === row.peek()) continue
      else row.value = entity
      changed = true
    }
    if (changed) this.#changed.value += 1
  }

  get(id: string | null | undefined): T | undefined {
    if (!id) return undefined
    const row = this.#rows.get(id)
    if (row) return row.value
    void this.#changed.value
    return undefined
  }

  peek(id: string): T | undefined {
    return this.#rows.get(id)?.peek()
  }

  /** All rows; whoever reads them is redrawn by any change of any row. */
  all(): T[] {
    void this.#changed.value
    return [...this.#rows.values()].map((row) => row.peek())
  }

  clear(): void {
    this.#rows.clear()
    this.#changed.value += 1
  }
}
