"""A ticket's clocks: when they start, stand, go on and end, and by when each is due.

All of it is arithmetic on what is given: `advance` is told what one transaction did to a ticket and
returns the clocks that it changed. Time is only ever summed from segments, so a clock can be opened
and read like a bill, and counted anew under another goal or calendar.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import AuthorKind
from shopbell.desk.sla.calendar import add_working, working_time
from shopbell.desk.sla.policies import Rules, goal, target_of
from shopbell.desk.sla.types import (
    STEPS,
    Bill,
    Clock,
    Deadline,
    Due,
    Outcome,
    Pause,
    Policy,
    Segment,
    TargetKind,
)
from shopbell.desk.tickets.types import Ticket

RESPONSES: tuple[TargetKind, ...] = ("first_response", "next_response")


class Happened(Struct, frozen=True, kw_only=True):
    """What one transaction did, as far as clocks care.

    `asked`: the customer wrote something that calls for an answer. `answered`: somebody whose turn
    it was answered, `by_person` if that was an agent. `picked_up`: an agent took control.
    `handed_off`: people are now waited for. `answered_before`: an answer was ever waited for.
    """

    at: datetime
    asked: bool = False
    answered: bool = False
    by_person: bool = False
    picked_up: bool = False
    handed_off: bool = False
    answered_before: bool = False


def advance(
    clocks: Iterable[Clock], ticket: Ticket, what: Happened, rules: Rules
) -> tuple[Clock, ...]:
    """The open clocks of a ticket after this, and those that it ended; `ticket` as it is now."""
    kept = [_ended(one, what.at, _ends(one, ticket, what)) for one in clocks]
    policy = rules.policy_for(ticket)
    open_kinds: set[TargetKind] = {one.kind for one in kept if one.ended_at is None}
    for kind in _begins(open_kinds, ticket, what):
        clock = _begun(kind, ticket, policy, rules, what.at)
        if clock is not None:
            kept.append(clock)
    answered = not any(one.kind in RESPONSES and one.ended_at is None for one in kept)
    return tuple(
        one
        if one.ended_at is not None
        else _carried_on(_refitted(one, ticket, policy, rules, what.at), ticket, what.at, answered)
        for one in kept
    )


def elapsed(clock: Clock, at: datetime) -> timedelta:
    """How much of the clock's time has run by `at`: the sum of its running segments."""
    spans = (
        working_time(clock.calendar, one.start, at if one.end is None else min(one.end, at))
        for one in clock.segments
        if one.pause is None
    )
    return sum(spans, timedelta())


def bill_of(clock: Clock, at: datetime) -> Bill:
    """The clock with the seconds that each segment counts for by `at`; rounded so that they sum up."""
    counted: list[int] = []
    whole, told = timedelta(), 0
    for one in clock.segments:
        whole += elapsed(replace(clock, segments=(one,)), at)
        counted.append(round(whole.total_seconds()) - told)
        told += counted[-1]
    return Bill(clock=clock, counted_s=tuple(counted))


def reaches(clock: Clock, span: timedelta) -> datetime | None:
    """When so much of it has run; None when it stands before that, or its calendar stays shut."""
    left = span
    for one in clock.segments:
        if one.pause is not None:
            continue
        if one.end is None:
            return add_working(clock.calendar, one.start, left)
        worked = working_time(clock.calendar, one.start, one.end)
        if worked >= left:
            return add_working(clock.calendar, one.start, left)
        left -= worked
    return None


def gone_off(clock: Clock, at: datetime) -> Clock:
    """The clock once the alarms of this moment have gone off: the highest step that it reached."""
    step = clock.step
    for one in STEPS:
        due = reaches(clock, _part(clock, one))
        if due is not None and due <= at:
            step = max(step, one)
    return _timed(replace(clock, step=step))


def taken_up(clock: Clock) -> Clock:
    """The clock as it ran before it ended: its end is taken back."""
    last = clock.segments[-1] if clock.segments else None
    if last is not None and last.end == clock.ended_at:
        clock = replace(clock, segments=(*clock.segments[:-1], replace(last, end=None)))
    return _timed(replace(clock, ended_at=None, outcome=None, elapsed_s=None))


def due_of(clocks: Iterable[Clock]) -> Due | None:
    """What of these is due first; one that stands comes after all that run."""
    running = [one for one in clocks if one.ended_at is None]
    if not running:
        return None
    first = min(running, key=lambda one: (one.due_at is None, one.due_at or one.started_at))
    return Due(
        kind=first.kind,
        at=first.due_at,
        pause=first.segments[-1].pause if first.segments else None,
        step=max(one.step for one in running),
    )


def _ends(clock: Clock, ticket: Ticket, what: Happened) -> Outcome | None:
    """Whether this ends the clock: `met` for reached, for which it may yet be too late."""
    done = ticket.status in ("resolved", "closed")
    if clock.kind == "resolution":
        return "met" if done else None
    if clock.kind == "pickup":
        if what.picked_up or (what.answered and what.by_person):
            return "met"
        return "dropped" if done or ticket.control == "assistant" else None
    if what.answered:
        return "met"
    return "dropped" if done else None


def _begins(open_kinds: set[TargetKind], ticket: Ticket, what: Happened) -> Iterable[TargetKind]:
    if ticket.status in ("resolved", "closed"):
        return
    if "resolution" not in open_kinds:
        yield "resolution"
    if what.asked and not what.answered and not open_kinds.intersection(RESPONSES):
        yield "next_response" if what.answered_before else "first_response"
    if what.handed_off and ticket.control == "agents" and "pickup" not in open_kinds:
        yield "pickup"


def _begun(
    kind: TargetKind, ticket: Ticket, policy: Policy | None, rules: Rules, at: datetime
) -> Clock | None:
    target = target_of(policy, kind)
    if policy is None or target is None:
        return None
    seconds, calendar = goal(target, rules.calendar_for(ticket), at)
    return Clock(
        id=uuid7(),
        ticket_id=ticket.id,
        kind=kind,
        policy_id=policy.id,
        policy=policy.name,
        seconds=seconds,
        calendar=calendar,
        pauses=target.pauses,
        started_at=at,
    )


def _ended(clock: Clock, at: datetime, outcome: Outcome | None) -> Clock:
    if outcome is None:
        return clock
    shut = replace(clock, segments=_shut(clock.segments, at))
    due = reaches(shut, timedelta(seconds=clock.seconds))
    late = outcome == "met" and due is not None and due < at
    return replace(
        shut,
        ended_at=at,
        outcome="missed" if late else outcome,
        elapsed_s=round(elapsed(shut, at).total_seconds()),
        due_at=due,
        alarm_at=None,
    )


def _refitted(
    clock: Clock, ticket: Ticket, policy: Policy | None, rules: Rules, at: datetime
) -> Clock:
    """The clock under the policy and hours that hold for its ticket now; the old deadline is kept."""
    target = target_of(policy, clock.kind)
    if policy is None or target is None:
        return _ended(clock, at, "dropped")
    seconds, calendar = goal(target, rules.calendar_for(ticket), clock.started_at)
    now = replace(
        clock,
        policy_id=policy.id,
        policy=policy.name,
        seconds=seconds,
        calendar=calendar,
        pauses=target.pauses,
    )
    if (seconds, calendar) == (clock.seconds, clock.calendar):
        return now
    was = Deadline(
        due_at=clock.due_at,
        seconds=clock.seconds,
        policy=clock.policy,
        until=at,
        because="policy" if clock.policy_id != policy.id else "hours or figure",
    )
    return _timed(replace(now, earlier=(*clock.earlier, was)))


def _carried_on(clock: Clock, ticket: Ticket, at: datetime, answered: bool) -> Clock:
    """The clock running or standing as its ticket has it now, in the hands of who has it."""
    if clock.ended_at is not None:
        return clock
    pause = _pause(clock, ticket, answered)
    kind, holder = _holder(ticket)
    last = clock.segments[-1] if clock.segments else None
    if last is not None and (last.pause, last.holder_kind, last.holder) == (pause, kind, holder):
        return clock
    now = Segment(start=at, pause=pause, holder_kind=kind, holder=holder)
    return _timed(replace(clock, segments=(*_shut(clock.segments, at), now)))


def _pause(clock: Clock, ticket: Ticket, answered: bool) -> Pause | None:
    holds: dict[Pause, bool] = {
        "snoozed": ticket.status == "snoozed",
        "assistant": ticket.control == "assistant",
        "customer": answered,
    }
    return next((one for one, true in holds.items() if true and one in clock.pauses), None)


def _holder(ticket: Ticket) -> tuple[AuthorKind | None, UUID | None]:
    if ticket.control == "assistant":
        return "assistant", None
    return ("agent", ticket.assignee_id) if ticket.assignee_id else (None, None)


def _shut(segments: tuple[Segment, ...], at: datetime) -> tuple[Segment, ...]:
    """The segments with the last one ended; one that took no time goes."""
    if not segments or segments[-1].end is not None:
        return segments
    last = segments[-1]
    return (*segments[:-1], replace(last, end=at)) if at > last.start else segments[:-1]


def _timed(clock: Clock) -> Clock:
    """The clock with its deadline and the time of its next alarm."""
    following = next((one for one in STEPS if one > clock.step), None)
    stands = clock.segments and clock.segments[-1].pause is not None
    alarm = None if following is None or stands else reaches(clock, _part(clock, following))
    return replace(clock, due_at=reaches(clock, timedelta(seconds=clock.seconds)), alarm_at=alarm)


def _part(clock: Clock, step: int) -> timedelta:
    return timedelta(seconds=clock.seconds) * step / 100
