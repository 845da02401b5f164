"""Working time against a slow reference that looks at a clock, minute by minute."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shopbell.desk.connections.types import BrandSettings, Opening
from shopbell.desk.sla.calendar import (
    add_working,
    calendar_of,
    is_open,
    next_opening,
    working_time,
)
from shopbell.desk.sla.types import Calendar

MINUTE = timedelta(minutes=1)
RUN_UP = timedelta(hours=27)
"""Longer than any clock was ever put back."""
ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Europe/Athens",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Europe/Chisinau",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Monrovia",
    "Africa/Lagos",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/St_Johns",
    "America/Halifax",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Asuncion",
    "America/Caracas",
    "Asia/Tehran",
    "Asia/Gaza",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Asia/Pyongyang",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
)
COUNTRIES = ("", "DE", "GB", "US", "JP", "ZA")
EVERY_DAY = tuple(Opening(day=day, start="09:00", end="17:00") for day in range(7))
BERLIN = Calendar(time_zone="Europe/Berlin", hours=EVERY_DAY)


def reference(calendar: Calendar, start: datetime, end: datetime) -> Iterator[bool]:
    """For each minute, whether somebody who looks at a clock on the wall would be at work.

    They go by the latest time that the clock has shown so far, so a clock that is put back does
    not call them twice.
    """
    zone = ZoneInfo(calendar.time_zone)
    public = holidays.country_holidays(calendar.country) if calendar.country else ()
    latest = datetime.min  # noqa: DTZ901 - a time on a wall has no zone
    at = start - RUN_UP
    while at < end:
        latest = max(latest, at.astimezone(zone).replace(tzinfo=None))
        if at >= start:
            yield any(
                at_work(calendar, latest, latest.date() - timedelta(days=ago), public)
                for ago in (0, 1)
            )
        at += MINUTE


def at_work(calendar: Calendar, shown: datetime, day: date, public: object) -> bool:
    if day in calendar.closed or day in public:  # pyright: ignore[reportOperatorIssue]
        return False
    if not calendar.hours:
        return shown.date() == day
    passed = (shown - datetime.combine(day, time())) // MINUTE
    for one in calendar.hours:
        begin, stop = (int(each[:2]) * 60 + int(each[3:]) for each in (one.start, one.end))
        if one.day == day.weekday() and begin <= passed < (stop if stop > begin else stop + 1440):
            return True
    return False


@cache
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The hours of this year at whose start the zone's clock is changed."""
    info, hour, day = ZoneInfo(zone), timedelta(hours=1), timedelta(days=1)

    def changed(start: datetime, span: timedelta) -> bool:
        ends = (each.astimezone(info) for each in (start, start + span))
        return len({each.utcoffset() for each in ends}) > 1

    days = [datetime(year, 1, 1, tzinfo=UTC) + number * day for number in range(365)]
    hours = [at + number * hour for at in days if changed(at, day) for number in range(24)]
    return tuple(at + hour for at in hours if changed(at, hour))


@st.composite
def remarkable(draw: st.DrawFn, zone: str) -> datetime:
    """Mostly when a clock is changed; else a leap day, or the turn of a year with holidays."""
    year = draw(st.integers(1996, 2034))
    leap, turn = datetime(2028, 2, 29, tzinfo=UTC), datetime(year, 12, 25, tzinfo=UTC)
    return draw(st.sampled_from([*changes(zone, year) * 8, leap, turn]))


@st.composite
def blocks(draw: st.DrawFn, near: datetime) -> Opening:
    """Any block, or one that starts or ends on this day about the time that its clock shows."""
    beside = st.integers(-90, 90).map(lambda off: f"{near + off * MINUTE:%H:%M}")
    clocks = st.one_of(beside, st.times().map("{:%H:%M}".format))
    return Opening(
        day=draw(st.one_of(st.just(near.weekday()), st.integers(0, 6))),
        start=draw(clocks),
        end=draw(st.one_of(clocks, st.just("24:00"))),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime, datetime]:
    zone = draw(st.sampled_from(ZONES))
    around = draw(remarkable(zone))
    start = around - MINUTE * draw(st.integers(-60, 900))
    near = around.astimezone(ZoneInfo(zone))
    calendar = Calendar(
        time_zone=zone,
        hours=tuple(draw(st.lists(blocks(near), max_size=5))),
        country=draw(st.sampled_from(COUNTRIES)),
        closed=tuple(
            near.date() + timedelta(days=day)
            for day in draw(st.one_of(st.just(()), st.sets(st.integers(-2, 3), max_size=2)))
        ),
    )
    return calendar, start, start + MINUTE * draw(st.integers(0, 3 * 1440))


@settings(max_examples=500, deadline=None)
@given(cases())
@example(
    (
        Calendar(time_zone="Pacific/Apia"),
        datetime(2011, 12, 29, tzinfo=UTC),
        datetime(2012, 1, 1, tzinfo=UTC),
    )
)
def test_every_figure_is_what_a_look_at_the_clock_gives(
    case: tuple[Calendar, datetime, datetime],
) -> None:
    calendar, start, end = case
    minutes = list(reference(calendar, start, end + MINUTE))
    worked = sum(minutes[:-1])
    assert working_time(calendar, start, end) == worked * MINUTE
    assert is_open(calendar, start) == minutes[0]
    assert is_open(calendar, end) == minutes[-1]
    opens = next((start + at * MINUTE for at, one in enumerate(minutes) if one), None)
    if opens is not None:
        assert next_opening(calendar, start) == opens
    if worked:
        last = max(at for at, one in enumerate(minutes[:-1]) if one)
        assert add_working(calendar, start, worked * MINUTE) == start + (last + 1) * MINUTE


@settings(max_examples=200, deadline=None)
@given(cases(), st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_what_is_due_is_as_much_work_away_as_was_given(
    case: tuple[Calendar, datetime, datetime], span: timedelta
) -> None:
    calendar, start, _ = case
    due = add_working(calendar, start, span)
    if due is None:
        assert next_opening(calendar, start + timedelta(days=400)) is None
    else:
        assert working_time(calendar, start, due) == span
        assert working_time(calendar, start, due - timedelta(microseconds=1)) < span


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_there_are_forty_zones_whose_names_are_known() -> None:
    assert len(set(ZONES)) >= 40
    assert all(ZoneInfo(zone).key == zone for zone in ZONES)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-24T08:00:00Z", 8, "2026-11-24T16:00:00Z"),
        ("2026-11-24T15:30:00Z", 1, "2026-11-25T08:30:00Z"),
        ("2028-02-28T15:00:00Z", 9, "2028-02-29T16:00:00Z"),
        ("2026-03-28T15:00:00Z", 2, "2026-03-29T08:00:00Z"),
        ("2026-10-24T14:00:00Z", 2, "2026-10-25T09:00:00Z"),
    ],
)
def test_known_answers(start: str, hours: int, due: str) -> None:
    assert add_working(BERLIN, at(start), timedelta(hours=hours)) == at(due)


def test_a_night_shift_is_as_long_as_the_night() -> None:
    night = Calendar(time_zone="Europe/Berlin", hours=(Opening(day=5, start="22:00", end="06:00"),))
    nights = [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-21", 8)]
    for day, hours in nights:
        evening = at(f"{day}T12:00:00Z")
        assert working_time(night, evening, evening + timedelta(days=1)) == timedelta(hours=hours)


def test_hours_that_begin_in_a_skipped_hour_begin_when_the_clock_has_skipped_it() -> None:
    early = Calendar(time_zone="Europe/Berlin", hours=(Opening(day=6, start="02:30", end="05:00"),))
    assert next_opening(early, at("2026-03-29T00:00:00Z")) == at("2026-03-29T01:00:00Z")
    assert next_opening(early, at("2026-10-25T00:00:00Z")) == at("2026-10-25T00:30:00Z")


def test_public_holidays_of_country_and_region_and_own_days_are_closed() -> None:
    def opens(on: str, **closed: object) -> datetime | None:
        shop = calendar_of(
            BrandSettings(time_zone="Europe/Berlin", hours=EVERY_DAY, **closed)  # pyright: ignore[reportArgumentType]
        )
        return next_opening(shop, at(f"{on}T00:00:00Z"))

    assert opens("2026-12-25") == at("2026-12-25T08:00:00Z")
    assert opens("2026-12-25", country="DE") == at("2026-12-27T08:00:00Z")
    assert opens("2026-12-25", country="DE", closed=(date(2026, 12, 27),)) == at(
        "2026-12-28T08:00:00Z"
    )
    assert opens("2026-01-06", country="DE") == at("2026-01-06T08:00:00Z")
    assert opens("2026-01-06", country="DE", region="BY") == at("2026-01-07T08:00:00Z")


def test_a_place_that_nobody_knows_has_no_holidays() -> None:
    for country, region in (("XX", ""), ("DE", "QQ")):
        shop = Calendar(country=country, region=region)
        assert is_open(shop, at("2026-01-01T00:00:00Z"))


def test_no_hours_are_all_hours_but_holidays() -> None:
    always = Calendar(time_zone="Asia/Tokyo", closed=(date(2026, 1, 2),))
    assert add_working(always, at("2026-01-01T14:00:00Z"), timedelta(hours=3)) == at(
        "2026-01-02T17:00:00Z"
    )
    assert next_opening(always, at("2026-01-01T15:00:00Z")) == at("2026-01-02T15:00:00Z")


def test_a_calendar_that_never_opens_says_so() -> None:
    never = Calendar(hours=(Opening(day=9, start="09:00", end="17:00"),))
    start = at("2026-01-01T00:00:00Z")
    assert next_opening(never, start) is None
    assert add_working(never, start, timedelta(seconds=1)) is None
    assert working_time(never, start, start + timedelta(days=3000)) == timedelta()


def test_moments_of_any_zone_are_meant_as_the_moments_they_are() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    always = Calendar(time_zone="Europe/Berlin")
    start = datetime(2026, 3, 28, 12, tzinfo=berlin)
    assert working_time(always, start, datetime(2026, 3, 29, 12, tzinfo=berlin)) == timedelta(
        hours=23
    )
    assert add_working(always, start, timedelta(hours=23)) == at("2026-03-29T10:00:00Z")


def test_a_clock_that_was_set_back_counts_nothing() -> None:
    later = at("2026-11-24T12:00:00Z")
    assert working_time(BERLIN, later, later - timedelta(hours=2)) == timedelta()


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    night = Calendar(hours=(Opening(day=0, start="22:00", end="02:00"),))
    assert is_open(night, at("2026-11-24T01:00:00Z"))
    shut = at("2026-11-24T03:00:00Z")
    assert next_opening(night, shut) == at("2026-11-30T22:00:00Z")
    holiday = Calendar(hours=night.hours, closed=(date(2026, 11, 24),))
    assert is_open(holiday, at("2026-11-24T01:00:00Z"))
