"""Calendars, policies and clocks: what is promised, and how much of it has run."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Opening
from shopbell.desk.messages.types import AuthorKind

TargetKind = Literal["first_response", "next_response", "pickup", "resolution"]
Pause = Literal["customer", "snoozed", "assistant"]
"""Why a clock stands: the customer's answer is waited for, the ticket is snoozed, or the assistant
has it."""
Outcome = Literal["met", "missed", "dropped"]
"""How a clock ended. `dropped`: what it measured fell away, such as a question resolved unanswered."""
Field = Literal["channel", "brand", "priority", "tag", "team", "control"]
STEPS = (50, 75, 90, 100)
"""Parts of the goal, in per cent, at which an alarm goes off; the last one is the breach."""


class Calendar(Struct, frozen=True, kw_only=True):
    """Open hours on the clock of one place. `hours` may overlap; none at all is around the clock.

    `time_zone` is an IANA name, `country` an ISO 3166-1 code whose public holidays are closed (""
    for none), `region` a part of it by its ISO 3166-2 suffix, `closed` more closed days.
    """

    time_zone: str = "UTC"
    hours: tuple[Opening, ...] = ()
    country: str = ""
    region: str = ""
    closed: tuple[date, ...] = ()


AROUND_THE_CLOCK = Calendar()


class Condition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """True of a ticket whose field is one of these; with `unless`, of every other."""

    field: Field
    any_of: tuple[str, ...]
    unless: bool = False


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure of a policy: `seconds`, in the calendar's open hours or around the clock.

    `overnight_seconds` is what counts instead, around the clock, for what begins while it is shut.
    """

    kind: TargetKind
    seconds: int
    hours: Literal["open", "always"] = "open"
    overnight_seconds: int | None = None
    pauses: tuple[Pause, ...] = ()


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is promised to tickets that meet all conditions. The first that fits counts."""

    id: UUID
    name: str
    conditions: tuple[Condition, ...] = ()
    targets: tuple[Target, ...] = ()
    enabled: bool = True


class Segment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch in which a clock ran, or stood for one `pause`, in the hands of one holder.

    `holder` names an agent; the assistant and a queue that nobody took have no name.
    """

    start: datetime
    end: datetime | None = None
    pause: Pause | None = None
    holder_kind: AuthorKind | None = None
    holder: UUID | None = None


class Deadline(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A deadline that once stood, and why another took its place at `until`."""

    due_at: datetime | None
    seconds: int
    policy: str
    until: datetime
    because: str


class Clock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The timer of one ticket for one target.

    `due_at` and `alarm_at` are None while it stands, or where its calendar never opens again.
    `step` is the last alarm that went off, in per cent of the goal, `elapsed_s` the time counted
    at its end.
    """

    id: UUID
    ticket_id: UUID
    kind: TargetKind
    policy_id: UUID
    policy: str
    seconds: int
    calendar: Calendar = AROUND_THE_CLOCK
    pauses: tuple[Pause, ...] = ()
    started_at: datetime
    due_at: datetime | None = None
    alarm_at: datetime | None = None
    step: int = 0
    segments: tuple[Segment, ...] = ()
    earlier: tuple[Deadline, ...] = ()
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    elapsed_s: int | None = None


class Bill(Struct, frozen=True, kw_only=True):
    """A clock with what each of its segments counts for, in seconds: they sum up to its figure."""

    clock: Clock
    counted_s: tuple[int, ...]


class Due(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a ticket is due next: by when, or None while it stands for `pause`. `step` is the
    highest alarm of its running clocks."""

    kind: TargetKind
    at: datetime | None = None
    pause: Pause | None = None
    step: int = 0


class Alarm(Struct, frozen=True, kw_only=True):
    """A clock reached `step` per cent of its goal; 100 is the breach."""

    clock_id: UUID
    kind: TargetKind
    step: int
    due_at: datetime
