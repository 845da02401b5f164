"""Working time: how long people were there, and when so much of it will have passed.

Hours are read on the local clock: a stretch lasts from the moment at which the clock first shows
its start, or a later time, until it first shows its end, or a later one. So when the clock goes
back, the hour that it shows twice counts twice for those who work through it; when it goes forward,
the hour that it skips counts for nobody. A stretch that ends no later than it starts ends the next
day. It belongs to the day on which it starts: a holiday takes its own day's stretches away.
Moments are aware and may be of any zone; what is returned is in UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import import_module
from itertools import count
from zoneinfo import ZoneInfo

import holidays
from holidays.registry import EntityLoader

from shopbell.desk.connections.types import BrandSettings, Opening
from shopbell.desk.sla.types import Calendar

DAY = timedelta(days=1)
SHUT_FOR_GOOD = 400
"""Days in a row without an open hour after which a calendar is taken never to open again."""


def learn_holidays() -> None:
    """Load the countries' tables, which takes half a second: before anybody waits, not at the first
    clock."""
    import_module("holidays.countries")


def calendar_of(settings: BrandSettings) -> Calendar:
    """The calendar of a brand's own people."""
    return Calendar(
        time_zone=settings.time_zone,
        hours=settings.hours,
        country=settings.country,
        region=settings.region,
        closed=settings.closed,
    )


def working_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How long the calendar was open between two moments; nothing when they are in reverse."""
    worked = timedelta()
    for opened, shut in _stretches(calendar, start):
        if opened >= end:
            break
        worked += min(shut, end) - opened
    return worked


def add_working(calendar: Calendar, start: datetime, span: timedelta) -> datetime | None:
    """The first moment by which `span` of open time has passed since `start`; None when so much
    never comes. No span at all ends when the calendar is open next."""
    left = span
    for opened, shut in _stretches(calendar, start):
        if left <= shut - opened:
            return opened + left
        left -= shut - opened
    return None


def next_opening(calendar: Calendar, at: datetime) -> datetime | None:
    """The first moment from `at` on at which the calendar is open; None when there is none."""
    return add_working(calendar, at, timedelta())


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether the calendar is open at this moment. It is at a start and no longer at an end."""
    return next_opening(calendar, at) == at


def _stretches(calendar: Calendar, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is open from `since` on, in order and in UTC; no two share a moment, but they may touch."""
    zone = ZoneInfo(calendar.time_zone)
    first = since.astimezone(zone).date() - 2 * DAY
    reached, shut_for = since.astimezone(UTC), 0
    for days in count():
        shut_for += 1
        for opened, shut in _stretches_of(calendar, zone, first + timedelta(days=days)):
            opened = max(opened, reached)
            if opened < shut:
                yield opened, shut
                reached, shut_for = shut, 0
        if shut_for > SHUT_FOR_GOOD:
            return


def _stretches_of(
    calendar: Calendar, zone: ZoneInfo, day: date
) -> Iterator[tuple[datetime, datetime]]:
    if day in calendar.closed or day in _holidays(calendar.country, calendar.region, day.year):
        return
    midnight = datetime.combine(day, time())
    for start, end in sorted(_clocks(calendar.hours, day.weekday())):
        yield (
            _first_shown(midnight + start, zone),
            _first_shown(midnight + (end if end > start else end + DAY), zone),
        )


def _clocks(hours: tuple[Opening, ...], weekday: int) -> Iterator[tuple[timedelta, timedelta]]:
    if not hours:
        yield timedelta(), DAY
    for opening in hours:
        if opening.day == weekday:
            yield _since_midnight(opening.start), _since_midnight(opening.end)


def _since_midnight(clock: str) -> timedelta:
    hour, minute = clock.split(":")
    return timedelta(hours=int(hour), minutes=int(minute))


def _first_shown(clock: datetime, zone: ZoneInfo) -> datetime:
    """When the clock of this zone first shows this time or, where it skips it, a later one."""
    after = clock.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _shown(after, zone) == clock:
        return after
    before = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while (seconds := int((after - before).total_seconds()) // 2) > 0:
        between = before + timedelta(seconds=seconds)
        if _shown(between, zone) < clock:
            before = between
        else:
            after = between
    return after


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=512)
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    """Public holidays by the `holidays` package; it knows none of a place that it does not know."""
    if country not in _countries():
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError:
        return frozenset()


@cache
def _countries() -> frozenset[str]:
    """Their codes; `list_supported_countries` would load every table for them."""
    return frozenset(EntityLoader.get_country_codes())
