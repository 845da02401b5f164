import type { ComponentChildren, JSX } from "preact"

const Icon = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    {children}
  </svg>
)

export const Close = (): JSX.Element => <Icon><path d="M6 6l12 12M18 6L6 18" /></Icon>
export const Person = (): JSX.Element => <Icon><circle cx="12" cy="8" r="3.5" /><path d="M5 20c.6-4 3.4-6 7-6s6.4 2 7 6" /></Icon>
export const Picture = (): JSX.Element => <Icon><rect x="4" y="5" width="16" height="14" rx="2.5" /><circle cx="9" cy="10" r="1.4" /><path d="M5 17l4.5-4 3 2.5L16 12l4 4" /></Icon>
export const Up = (): JSX.Element => <Icon><path d="M12 19V5M6 11l6-6 6 6" /></Icon>
export const Down = (): JSX.Element => <Icon><path d="M12 5v14M6 13l6 6 6-6" /></Icon>
export const Clock = (): JSX.Element => <Icon><circle cx="12" cy="12" r="8" /><path d="M12 7.5V12l3 2" /></Icon>
export const Source = (): JSX.Element => <Icon><path d="M14 4H7.5A1.5 1.5 0 0 0 6 5.5v13A1.5 1.5 0 0 0 7.5 20h9a1.5 1.5 0 0 0 1.5-1.5V8zM14 4v4h4M9.5 12.5h5M9.5 16h3.5" /></Icon>
