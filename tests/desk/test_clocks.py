"""Clocks against a slow reference that looks at every minute, and what they are started and ended by."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shopbell.desk.connections.types import Opening
from shopbell.desk.ids import uuid7
from shopbell.desk.sla.clocks import Happened, advance, bill_of, due_of, elapsed, gone_off
from shopbell.desk.sla.policies import Rules
from shopbell.desk.sla.thanks import only_thanks
from shopbell.desk.sla.types import (
    Calendar,
    Clock,
    Condition,
    Policy,
    Target,
    TargetKind,
)
from shopbell.desk.tickets.types import Priority, Ticket
from tests.desk.test_calendar import ZONES, reference

MINUTE = timedelta(minutes=1)
BRAND, ANNA = uuid7(), uuid7()
ALL: tuple[TargetKind, ...] = ("first_response", "next_response", "pickup", "resolution")
ACTS = (
    "asks",
    "thanks",
    "machine",
    "answers",
    "hands_off",
    "takes",
    "replies",
    "releases",
    "snoozes",
    "wakes",
    "resolves",
    "reopens",
    "presses",
    "calms",
    "hours",
)
WEEKDAYS = tuple(Opening(day=day, start="09:00", end="17:00") for day in range(5))
NIGHTS = tuple(Opening(day=day, start="22:00", end="06:00") for day in range(7))


def ticket(at: datetime) -> Ticket:
    return Ticket(
        id=uuid7(),
        number=1,
        thread_id=uuid7(),
        customer_id=uuid7(),
        brand_id=BRAND,
        connection_id=uuid7(),
        channel="email",
        created_at=at,
        updated_at=at,
    )


def policy(name: str, minutes: int, *, pauses: bool = True, overnight: int | None = None) -> Policy:
    rest = ("customer", "snoozed") if pauses else ()
    return Policy(
        id=UUID(int=len(name)),
        name=name,
        conditions=(Condition(field="priority", any_of=("urgent",)),) if name == "urgent" else (),
        targets=tuple(
            Target(
                kind=kind,
                seconds=minutes * 60 * (4 if kind == "resolution" else 1),
                overnight_seconds=overnight * 60 if overnight else None,
                pauses=rest if kind == "resolution" else (),
            )
            for kind in ALL
        ),
    )


@dataclass
class Desk:
    """One ticket at which things happen, and the clocks that `advance` makes of them."""

    now: datetime
    rules: Rules
    ticket: Ticket = field(init=False)
    open: tuple[Clock, ...] = ()
    ended: list[Clock] = field(default_factory=list[Clock])
    log: list[tuple[datetime, Ticket, Happened, Rules]] = field(
        default_factory=list[tuple[datetime, Ticket, Happened, Rules]]
    )

    def __post_init__(self) -> None:
        self.ticket = ticket(self.now)

    def does(self, act: str) -> None:
        """One command, as the desk would do it to the ticket."""
        one, what = self.ticket, Happened(at=self.now)
        done = one.status in ("resolved", "closed")
        match act:
            case "asks" | "thanks" | "machine":
                one = replace(one, status="open", snoozed_until=None)
                if done:
                    one = replace(one, control="assistant", assignee_id=None)
                what = replace(what, asked=act == "asks")
            case "answers" if one.control == "assistant" and not done:
                what = replace(what, answered=True)
            case "hands_off" if one.control == "assistant" and not done:
                one = replace(one, control="agents", status="open")
                what = replace(what, handed_off=True)
            case "takes":
                one = replace(one, control="agents", assignee_id=ANNA, status="open")
                what = replace(what, picked_up=True)
            case "replies":
                one = replace(one, control="agents", assignee_id=ANNA, status="pending")
                what = replace(what, answered=True, by_person=True, picked_up=True)
            case "releases":
                one = replace(one, control="assistant", assignee_id=None)
            case "snoozes" if not done:
                one = replace(one, status="snoozed")
            case "wakes" | "reopens" if one.status in ("snoozed", "resolved"):
                one = replace(one, status="open")
            case "resolves":
                one = replace(one, status="resolved")
            case "presses" | "calms":
                priority: Priority = "urgent" if act == "presses" else "normal"
                one = replace(one, priority=priority)
            case "hours":
                hours = Calendar(time_zone="UTC", hours=NIGHTS)
                self.rules = replace(self.rules, calendars={BRAND: hours})
            case _:
                pass
        self.happens(one, what)

    def happens(self, one: Ticket, what: Happened) -> None:
        every = [*self.open, *self.ended]
        before = any(clock.kind == "first_response" for clock in every)
        what = replace(what, answered_before=before)
        self.ticket = one
        after = advance(self.open, one, what, self.rules)
        self.open = tuple(clock for clock in after if clock.ended_at is None)
        self.ended += [clock for clock in after if clock.ended_at is not None]
        self.log.append((self.now, one, what, self.rules))


@dataclass
class Counted:
    """A clock of the reference: every minute of its life, and whether it was let run in it."""

    kind: TargetKind
    start: datetime
    minutes: list[tuple[datetime, bool]] = field(default_factory=list[tuple[datetime, bool]])
    end: datetime | None = None
    end_rules: Rules | None = None
    end_ticket: Ticket | None = None
    dropped: bool = False


def by_the_minute(desk: Desk, until: datetime) -> list[Counted]:
    """What the log says, read again from the start by somebody with a wrist watch."""
    clocks: list[Counted] = []
    for place, (at, one, what, rules) in enumerate(desk.log):
        here = [clock for clock in clocks if clock.end is None]
        done = one.status in ("resolved", "closed")
        for clock in here:
            if clock.kind == "resolution":
                over, dropped = done, False
            elif clock.kind == "pickup":
                over = what.picked_up or what.by_person
                dropped = not over and (done or one.control == "assistant")
            else:
                over, dropped = what.answered, not what.answered and done
            if over or dropped:
                clock.end, clock.dropped = at, dropped
                clock.end_rules, clock.end_ticket = (
                    _last_rules(desk, place),
                    _last_ticket(desk, place),
                )
        kinds = {clock.kind for clock in clocks if clock.end is None}
        starts: list[TargetKind] = []
        if not done:
            if "resolution" not in kinds:
                starts.append("resolution")
            waits = kinds & {"first_response", "next_response"}
            if what.asked and not what.answered and not waits:
                first = all(clock.kind != "first_response" for clock in clocks)
                starts.append("first_response" if first else "next_response")
            if what.handed_off and "pickup" not in kinds:
                starts.append("pickup")
        clocks += [Counted(kind, at) for kind in starts]
        asked = any(
            clock.end is None and clock.kind in ("first_response", "next_response")
            for clock in clocks
        )
        following = desk.log[place + 1][0] if place + 1 < len(desk.log) else until
        while at < following:
            for clock in clocks:
                if clock.end is None:
                    stands = clock.kind == "resolution" and (one.status == "snoozed" or not asked)
                    clock.minutes.append((at, not stands or not _pauses(one, rules)))
            at += MINUTE
    return clocks


def _last_rules(desk: Desk, place: int) -> Rules:
    return desk.log[place - 1][3]


def _last_ticket(desk: Desk, place: int) -> Ticket:
    return desk.log[place - 1][1]


def _pauses(one: Ticket, rules: Rules) -> bool:
    chosen = rules.policies[0] if one.priority == "urgent" else rules.policies[1]
    return bool(chosen.targets[3].pauses)


def opens_at(rules: Rules, at: datetime) -> bool:
    return next(reference(rules.calendars[BRAND], at, at + MINUTE))


def worth(clock: Counted, one: Ticket, rules: Rules) -> tuple[int, int]:
    """The minutes that count of this clock's life under these rules, and its goal in minutes."""
    chosen = rules.policies[0] if one.priority == "urgent" else rules.policies[1]
    target = chosen.targets[ALL.index(clock.kind)]
    night = target.overnight_seconds is not None and not opens_at(rules, clock.start)
    goal = (target.overnight_seconds or 0) if night else target.seconds
    if not clock.minutes:
        return 0, goal // 60
    last = clock.minutes[-1][0] + MINUTE
    shown = dict(
        zip(
            (clock.start + MINUTE * number for number in range(len(clock.minutes))),
            reference(rules.calendars[BRAND], clock.start, last),
            strict=True,
        )
    )
    return sum(ran and (night or shown[at]) for at, ran in clock.minutes), goal // 60


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.dates(datetime(2023, 12, 20).date(), datetime(2026, 4, 10).date()))  # noqa: DTZ001
    start = datetime(day.year, day.month, day.day, draw(st.integers(0, 23)), tzinfo=UTC)
    hours = draw(st.sampled_from((WEEKDAYS, NIGHTS, (), (*WEEKDAYS, *NIGHTS))))
    calendar = Calendar(time_zone=zone, hours=hours, country=draw(st.sampled_from(("", "DE"))))
    rules = Rules(
        version=1,
        policies=(
            policy("urgent", draw(st.integers(5, 90)), pauses=draw(st.booleans())),
            policy(
                "usual", draw(st.integers(30, 400)), overnight=draw(st.sampled_from((None, 600)))
            ),
        ),
        calendars={BRAND: calendar},
    )
    desk = Desk(start, rules)
    desk.does("asks")
    for act, minutes in draw(
        st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 900)), max_size=8)
    ):
        desk.now += MINUTE * minutes
        desk.does(act)
    return desk


@settings(max_examples=120, deadline=None)
@given(desks(), st.integers(1, 600))
def test_clocks_agree_with_whoever_counts_minutes(desk: Desk, more: int) -> None:
    until = desk.now + MINUTE * more
    counted = by_the_minute(desk, until)
    ours = sorted([*desk.open, *desk.ended], key=lambda one: (one.started_at, one.kind))
    theirs = sorted(counted, key=lambda one: (one.start, one.kind))

    assert [(one.kind, one.started_at, one.ended_at) for one in ours] == [
        (one.kind, one.start, one.end) for one in theirs
    ]
    for clock, other in zip(ours, theirs, strict=True):
        bill = bill_of(clock, until)
        assert sum(bill.counted_s) == round(elapsed(clock, until).total_seconds())
        assert all(
            seconds == 0
            for one, seconds in zip(clock.segments, bill.counted_s, strict=True)
            if one.pause
        )
        if other.end is None:
            minutes, goal = worth(other, desk.ticket, desk.rules)
            assert elapsed(clock, until) == MINUTE * minutes
            late = gone_off(clock, until).step == 100
            assert late == (minutes >= goal)
            assert (clock.due_at is not None and clock.due_at <= until) == (minutes >= goal)
        else:
            assert other.end_rules is not None
            assert other.end_ticket is not None
            minutes, goal = worth(other, other.end_ticket, other.end_rules)
            assert clock.elapsed_s == minutes * 60
            assert (clock.outcome == "dropped") == other.dropped
            if not other.dropped:
                assert (clock.outcome == "missed") == (minutes > goal)


def test_a_handoff_starts_the_pick_up_and_does_not_restart_the_answer() -> None:
    desk = usual()
    desk.now += MINUTE
    desk.does("hands_off")

    assert {one.kind for one in desk.open} == {"first_response", "pickup", "resolution"}
    assert [one.started_at for one in desk.open if one.kind == "first_response"] == [START]


def test_thanks_and_machines_start_nothing_and_a_reopened_matter_is_not_late_at_once() -> None:
    desk = usual()
    for act in ("replies", "thanks", "machine", "resolves"):
        desk.now += MINUTE * 400
        desk.does(act)
    assert desk.open == ()
    desk.does("asks")

    assert {one.kind for one in desk.open} == {"next_response", "resolution"}
    assert all(one.due_at is not None and one.due_at > desk.now for one in desk.open)


def test_another_policy_keeps_the_deadline_that_stood() -> None:
    desk = usual()
    was = next(one for one in desk.open if one.kind == "first_response")
    desk.now += MINUTE
    desk.does("presses")
    now = next(one for one in desk.open if one.kind == "first_response")

    assert (now.policy, now.seconds) == ("urgent", 600)
    assert [(one.due_at, one.policy, one.because) for one in now.earlier] == [
        (was.due_at, "usual", "policy")
    ]


def test_who_held_it_is_on_the_bill() -> None:
    desk = usual()
    for act in ("hands_off", "takes"):
        desk.now += MINUTE
        desk.does(act)
    bill = next(one for one in desk.open if one.kind == "first_response").segments

    assert [(one.holder_kind, one.holder) for one in bill] == [
        ("assistant", None),
        (None, None),
        ("agent", ANNA),
    ]
    assert [one.end for one in bill] == [START + MINUTE, START + 2 * MINUTE, None]


def test_what_is_due_first_is_told_and_a_clock_that_stands_comes_last() -> None:
    desk = usual()
    due = due_of(desk.open)
    assert due is not None
    assert (due.kind, due.at) == ("first_response", START + MINUTE * 60)
    desk.does("replies")
    due = due_of(desk.open)
    assert due is not None
    assert (due.kind, due.at, due.pause) == ("resolution", None, "customer")


@pytest.mark.parametrize(
    "text",
    ["Thanks!", "ok", "Vielen Dank 🙏", "Merci beaucoup !", "👍", "ありがとうございます。", "شكرا"],
)
def test_these_only_say_thanks(text: str) -> None:
    assert only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks, but it is the wrong size",
        "ok?",
        "No",
        "Thanks for nothing, I want my money back",
        "Where is it",
        "😡",
        "Thank you " * 30,
    ],
)
def test_these_do_not(text: str) -> None:
    assert not only_thanks(text)


START = datetime(2026, 3, 4, 10, tzinfo=UTC)


def usual() -> Desk:
    """A ticket of a shop that is always open, with an hour for an answer, ten minutes when urgent."""
    rules = Rules(
        version=1,
        policies=(policy("urgent", 10), policy("usual", 60)),
        calendars={BRAND: Calendar()},
    )
    desk = Desk(START, rules)
    desk.does("asks")
    return desk
