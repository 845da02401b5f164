import { isActive, isDone, type Counts, type Ticket } from "./model"

export const viewNames = ["mine", "unassigned", "waiting", "due", "assistant", "open", "snoozed", "resolved"] as const
export type ViewName = (typeof viewNames)[number]

interface View {
  label: string
  count: keyof Counts
  key: string
  holds: (ticket: Ticket, me: string) => boolean
  empty: string
  /** Longest wait first; else newest change first. */
  byWait?: boolean
  /** What is due first, first. */
  byDue?: boolean
}

/** The built-in views. `holds` says the same as the server's SQL, so that events alone keep a list right. */
export const views: Record<ViewName, View> = {
  mine: {
    label: "Mine",
    count: "mine",
    key: "m",
    holds: (ticket, me) => isActive(ticket) && ticket.assignee_id === me,
    empty: "Nothing is assigned to you. Take one from Waiting for a person.",
  },
  unassigned: {
    label: "Unassigned",
    count: "unassigned",
    key: "u",
    holds: (ticket) => isActive(ticket) && ticket.control === "agents" && ticket.assignee_id === null,
    empty: "Every ticket that people have is somebody's.",
  },
  waiting: {
    label: "Waiting for a person",
    count: "waiting",
    key: "w",
    holds: (ticket) => ticket.status === "open" && ticket.waiting_since !== null,
    empty: "Nobody is waiting for a person.",
    byWait: true,
  },
  due: {
    label: "Due soon",
    count: "due",
    key: "d",
    holds: (ticket) => isActive(ticket) && (ticket.due?.step ?? 0) >= 50,
    empty: "Nothing has used up half of its time.",
    byDue: true,
  },
  assistant: {
    label: "Assistant has it",
    count: "assistant",
    key: "b",
    holds: (ticket) => isActive(ticket) && ticket.control === "assistant",
    empty: "The assistant is in no conversation right now.",
  },
  open: {
    label: "All open",
    count: "all_open",
    key: "o",
    holds: (ticket) => isActive(ticket),
    empty: "No open tickets. New ones appear here by themselves.",
  },
  snoozed: {
    label: "Snoozed",
    count: "snoozed",
    key: "z",
    holds: (ticket) => ticket.status === "snoozed",
    empty: "Nothing is snoozed.",
  },
  resolved: {
    label: "Resolved",
    count: "resolved",
    key: "r",
    holds: isDone,
    empty: "Nothing is resolved yet.",
  },
}
