import { useSignal, type ReadonlySignal } from "@preact/signals"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"

const NEAR = 64
const EARLY = 400

interface Place {
  atEnd: boolean
  scrolled: number
  id: string
  top: number
}

export interface Holding {
  box: { current: HTMLDivElement | null }
  /** Something newer stands below what is seen. */
  below: ReadonlySignal<boolean>
  atEnd: () => boolean
  toEnd: () => void
  onScroll: () => void
}

/**
 * Holds a conversation where its reader is: at its end while they are there, else at the message
 * they look at, whatever comes above or below it. `last` names the newest message and `own` says
 * that the reader wrote it; `earlier` is called near the top, `settled` whenever the end is reached.
 */
export function useHold(last: string, own: boolean, earlier: () => void, settled: () => void): Holding {
  const box = useRef<HTMLDivElement>(null)
  const place = useRef<Place>({ atEnd: true, scrolled: 0, id: "", top: 0 })
  const before = useRef(last)
  const below = useSignal(false)

  const topOf = (element: Element): number => element.getBoundingClientRect().top - box.current!.getBoundingClientRect().top
  const note = (): void => {
    const element = box.current!
    const scrolled = element.scrollTop
    const seen = [...element.querySelectorAll<HTMLElement>("[data-id]")].find((one) => one.offsetTop + one.offsetHeight > scrolled)
    const atEnd = element.scrollHeight - scrolled - element.clientHeight < NEAR
    place.current = { atEnd, scrolled, id: seen?.dataset.id ?? "", top: seen ? topOf(seen) : 0 }
    if (atEnd) below.value = false
  }
  const keep = (): void => {
    const element = box.current!
    const { atEnd, scrolled, id, top } = place.current
    if (element.clientHeight === 0) return
    const seen = atEnd ? null : element.querySelector(`[data-id="${id}"]`)
    if (atEnd) element.scrollTop = element.scrollHeight
    else if (seen) {
      const moved = topOf(seen) - top + element.scrollTop - scrolled
      if (Math.abs(moved) >= 1) element.scrollTop += moved
    }
    note()
  }
  const toEnd = (): void => {
    place.current.atEnd = true
    keep()
    settled()
  }

  useLayoutEffect(() => {
    if (last !== before.current) {
      if (own) place.current.atEnd = true
      else if (!place.current.atEnd) below.value = true
    }
    before.current = last
    keep()
  })
  useEffect(() => {
    const watch = new ResizeObserver(keep)
    watch.observe(box.current!)
    watch.observe(box.current!.firstElementChild!)
    return () => watch.disconnect()
  }, [])

  return {
    box,
    below,
    toEnd,
    atEnd: () => place.current.atEnd,
    onScroll: () => {
      note()
      if (place.current.atEnd) settled()
      if (box.current!.scrollTop < EARLY) earlier()
    },
  }
}
