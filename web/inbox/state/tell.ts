import { signal } from "@preact/signals"
import { uuid7 } from "../../shared/uuid7"

interface Toast {
  id: string
  text: string
  action?: { label: string; run: () => void }
}

/** Short words at the foot of the page; they go by themselves. */
export const toasts = signal<readonly Toast[]>([])

const SHOWN_FOR = 6_000
const TO_ACT = 10_000

export function tell(text: string, action?: Toast["action"] | undefined): string {
  const toast: Toast = action ? { id: uuid7(), text, action } : { id: uuid7(), text }
  toasts.value = [...toasts.value.slice(-2), toast]
  setTimeout(() => dismiss(toast.id), action ? TO_ACT : SHOWN_FOR)
  return toast.id
}

export function dismiss(id: string): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}
