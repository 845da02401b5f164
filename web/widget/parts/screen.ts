import { useEffect } from "preact/hooks"

const FULL = "(max-width: 480px), (max-height: 480px)"
const SHORT = 520

/** Whether the panel takes the whole screen, as on a phone. */
export const fillsScreen = (): boolean => matchMedia(FULL).matches

/** Keeps Tab inside `sheet`, the only thing to be seen. */
export function keepFocus(event: KeyboardEvent, sheet: HTMLElement): void {
  const stops = [...sheet.querySelectorAll<HTMLElement>("button, a[href], input, textarea, [tabindex='0']")].filter((one) => one.getClientRects().length > 0)
  const from = event.shiftKey ? stops[0] : stops.at(-1)
  const to = event.shiftKey ? stops.at(-1) : stops[0]
  const held = (sheet.getRootNode() as ShadowRoot).activeElement
  if (held !== from && held !== sheet) return
  event.preventDefault()
  to?.focus()
}

/** Keeps the full-screen sheet above a phone's keyboard, and its head small while there is little room. */
export function useKeyboardRoom(sheet: { current: HTMLElement | null }, open: boolean): void {
  useEffect(() => {
    const view = window.visualViewport
    if (!open || !view) return
    const fit = (): void => {
      const element = sheet.current
      element?.style.setProperty("--room", `${view.height}px`)
      element?.style.setProperty("--above", `${view.offsetTop}px`)
      element?.toggleAttribute("data-short", view.height < SHORT)
    }
    fit()
    view.addEventListener("resize", fit)
    view.addEventListener("scroll", fit)
    return () => {
      view.removeEventListener("resize", fit)
      view.removeEventListener("scroll", fit)
    }
  }, [open])
}
