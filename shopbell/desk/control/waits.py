"""When a person will answer: from the queue, the published targets and the brand's hours."""

from datetime import datetime, timedelta
from math import ceil

import msgspec
from msgspec import Struct

from shopbell.desk.connections.types import BrandSettings
from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.ids import UUID
from shopbell.desk.sla.calendar import add_working, calendar_of

SQL = load_queries(__file__)
STEP = 5


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
    minutes of the brand's calendar count (docs/sla.md).
    """
    if people < 1:
        return None
    minutes = settings.pickup_minutes + ceil(waiting / people) * settings.handle_minutes
    reached = add_working(calendar_of(settings), at, timedelta(minutes=minutes))
    if reached is None:
        return None
    late = timedelta(
        minutes=-reached.minute % STEP, seconds=-reached.second, microseconds=-reached.microsecond
    )
    rounded = reached + late
    return rounded if rounded >= reached else rounded + timedelta(minutes=STEP)
