import { isActive, isDone, type Counts, type Ticket } from "./model"

export const viewNames = ["mine", "unassigned", "waiting", "due", "assistant", "open", "snoozed", "resolved"] as const
export type ViewName = (typeof viewNames)[number]

/** What a list can be sorted by, as the server's `sort` names it. */
export const sortNames = ["newest", "wait", "deadline"] as const
export type Sort = (typeof sortNames)[number]

export const sorts: Record<Sort, { label: string; key: string }> = {
  newest: { label: "Newest first", key: "n" },
  wait: { label: "Longest wait first", key: "w" },
  deadline: { label: "Due first", key: "d" },
}

interface View {
  label: string
  count: keyof Counts
  key: string
  holds: (ticket: Ticket, me: string) => boolean
  empty: string
  /** How it is sorted while nobody chose otherwise; by newest where nothing is said. */
  sort?: Sort
  /** Whether it can be sorted otherwise. */
  sorts: boolean
}

/** The built-in views. `holds` says the same as the server's SQL, so that events alone keep a list right. */
export const views: Record<ViewName, View> = {
  mine: {
    label: "Mine",
    count: "mine",
    key: "m",
    holds: (ticket, me) => isActive(ticket) && ticket.assignee_id === me,
    sorts: true,
    empty: "Nothing is assigned to you. Take one from Waiting for a person.",
  },
  unassigned: {
    label: "Unassigned",
    count: "unassigned",
    key: "u",
    holds: (ticket) => isActive(ticket) && ticket.control === "agents" && ticket.assignee_id === null,
    sorts: true,
    empty: "Every ticket that people have is somebody's.",
  },
  waiting: {
    label: "Waiting for a person",
    count: "waiting",
    key: "w",
    holds: (ticket) => ticket.status === "open" && ticket.waiting_since !== null,
    sorts: true,
    empty: "Nobody is waiting for a person.",
    sort: "wait",
  },
  due: {
    label: "Due soon",
    count: "due",
    key: "d",
    holds: (ticket) => isActive(ticket) && (ticket.due?.step ?? 0) >= 50,
    sorts: true,
    empty: "Nothing has used up half of its time.",
    sort: "deadline",
  },
  assistant: {
    label: "Assistant has it",
    count: "assistant",
    key: "b",
    holds: (ticket) => isActive(ticket) && ticket.control === "assistant",
    sorts: true,
    empty: "The assistant is in no conversation right now.",
  },
  open: {
    label: "All open",
    count: "all_open",
    key: "o",
    holds: (ticket) => isActive(ticket),
    sorts: true,
    empty: "No open tickets. New ones appear here by themselves.",
  },
  snoozed: {
    label: "Snoozed",
    count: "snoozed",
    key: "z",
    holds: (ticket) => ticket.status === "snoozed",
    sorts: true,
    empty: "Nothing is snoozed.",
  },
  resolved: {
    label: "Resolved",
    count: "resolved",
    key: "r",
    holds: isDone,
    sorts: false,
    empty: "Nothing is resolved yet.",
  },
}
