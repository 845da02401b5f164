"""When a person will answer: from the queue, the published targets and the brand's hours."""

from datetime import UTC, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from shopbell.desk.connections.types import BrandSettings, Opening
from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.ids import UUID

SQL = load_queries(__file__)
STEP = 5
FAR = 15
"""Days looked ahead for staffed hours."""


class Wait(Struct, frozen=True, kw_only=True):
    """What a handoff may promise: `by` (UTC; None when nobody can say) in the brand's `zone`, and
    the language of this customer, or the brand's while it is unknown."""

    by: datetime | None
    zone: str
    language: str


async def wait_for(
    connection: Connection,
    brand_id: UUID,
    customer_id: UUID | None,
    at: datetime,
    ticket_id: UUID | None,
) -> Wait:
    """The honest wait of a customer who is handed to people at this moment."""
    found = await connection.execute(
        SQL["queue_of_brand"].encode(),
        {"brand": brand_id, "customer": customer_id, "ticket": ticket_id},
    )
    row = await found.fetchone() or {}
    settings = msgspec.convert(row.get("settings") or {}, BrandSettings)
    return Wait(
        by=answer_by(settings, at, waiting=row.get("waiting", 0), people=row.get("people", 0)),
        zone=settings.time_zone,
        language=row.get("language") or settings.language,
    )


async def wait_at(desk: Desk, brand_id: UUID, at: datetime, language: str) -> Wait:
    """The wait that somebody without a conversation would have, in the language they ask in."""
    async with desk.pool.connection() as connection:
        wait = await wait_for(connection, brand_id, None, at, None)
    return msgspec.structs.replace(wait, language=language or wait.language)


def answer_by(
    settings: BrandSettings, at: datetime, *, waiting: int, people: int
) -> datetime | None:
    """By when a person answers, in UTC on a full five minutes; None when there is nobody at all.

    The target is reached first, then each one who waits before takes one of `people` a while; only
    staffed minutes count. A brand without hours is staffed around the clock.
    """
    if people < 1:
        return None
    minutes = settings.pickup_minutes + ceil(waiting / people) * settings.handle_minutes
    reached = _after_staffed(settings, at, timedelta(minutes=minutes))
    if reached is None:
        return None
    late = timedelta(
        minutes=-reached.minute % STEP, seconds=-reached.second, microseconds=-reached.microsecond
    )
    rounded = reached + late
    return rounded if rounded >= reached else rounded + timedelta(minutes=STEP)


def is_open(settings: BrandSettings, at: datetime) -> bool:
    """Whether people are there at this moment."""
    return not settings.hours or any(
        start <= at < end for start, end in _staffed(settings, at, days=1)
    )


def opens_at(settings: BrandSettings, at: datetime) -> datetime | None:
    """The next moment from `at` on at which people are there; None when there is none."""
    if is_open(settings, at):
        return at
    return next((start for start, _ in _staffed(settings, at, days=FAR) if start > at), None)


def _after_staffed(settings: BrandSettings, at: datetime, work: timedelta) -> datetime | None:
    if not settings.hours:
        return at + work
    left = work
    for start, end in _staffed(settings, at, days=FAR):
        begin = max(start, at)
        if begin >= end:
            continue
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def _staffed(settings: BrandSettings, at: datetime, days: int) -> list[tuple[datetime, datetime]]:
    """Staffed blocks from yesterday on, in UTC and in order. Local clocks decide, so days with a
    change of the clock are as long as they are."""
    zone = ZoneInfo(settings.time_zone)
    today = at.astimezone(zone).date()
    blocks: list[tuple[datetime, datetime]] = []
    for offset in range(-1, days + 1):
        date = today + timedelta(days=offset)
        for opening in settings.hours:
            if opening.day == date.weekday():
                start, end = (
                    datetime.combine(date, clock, zone).astimezone(UTC)
                    for clock in _clocks(opening)
                )
                blocks.append((start, end if end > start else end + timedelta(days=1)))
    return sorted(blocks)


def _clocks(opening: Opening) -> tuple[time, time]:
    end = "00:00" if opening.end == "24:00" else opening.end
    return time.fromisoformat(opening.start), time.fromisoformat(end)
