"""When a person will answer: from the queue, the published targets and the hours of those who do."""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import msgspec
from msgspec import Struct

from shopbell.desk.connections.types import BrandSettings
from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.ids import uuid7
from shopbell.desk.sla.calendar import add_working
from shopbell.desk.sla.policies import Rules, goal, target_of
from shopbell.desk.sla.reads import rules_for
from shopbell.desk.sla.types import Calendar
from shopbell.desk.tickets.types import Ticket

SQL = load_queries(__file__)
STEP = 5
UNPROMISED_S = 2 * 3600
"""What is reckoned with where nothing is published."""
Goal = tuple[int, Calendar]
"""Seconds, and the hours in which they count."""


class Wait(Struct, frozen=True, kw_only=True):
    """What a handoff may promise: `by` (UTC; None when nobody can say) in the brand's `zone`, and
    the language of this customer, or the brand's while it is unknown."""

    by: datetime | None
    zone: str
    language: str


async def wait_for(desk: Desk, connection: Connection, ticket: Ticket, at: datetime) -> Wait:
    """The honest wait of a ticket's customer who is handed to people at this moment."""
    rules = await rules_for(desk, connection)
    found = await connection.execute(
        SQL["queue_of_brand"].encode(),
        {"brand": ticket.brand_id, "customer": ticket.customer_id, "ticket": ticket.id},
    )
    row = await found.fetchone() or {}
    settings = msgspec.convert(row.get("settings") or {}, BrandSettings)
    by = answer_by(
        rules.calendar_for(ticket),
        at,
        pickup=pickup_of(rules, ticket, at),
        each=timedelta(minutes=settings.handle_minutes),
        waiting=row.get("waiting", 0),
        people=row.get("people", 0),
    )
    return Wait(by=by, zone=settings.time_zone, language=row.get("language") or settings.language)


async def wait_at(
    desk: Desk, brand_id: UUID, channel: str, connection_id: UUID, at: datetime, language: str
) -> Wait:
    """The wait that somebody without a conversation would have, in the language they ask in."""
    nobodys = Ticket(
        id=uuid7(),
        number=0,
        thread_id=uuid7(),
        customer_id=uuid7(),
        brand_id=brand_id,
        connection_id=connection_id,
        channel=channel,
        control="agents",
        created_at=at,
        updated_at=at,
    )
    async with desk.pool.connection() as connection:
        wait = await wait_for(desk, connection, nobodys, at)
    return msgspec.structs.replace(wait, language=language or wait.language)


def pickup_of(rules: Rules, ticket: Ticket, at: datetime) -> Goal:
    """What is promised for a person's pick-up, or for an answer where no pick-up is."""
    policy = rules.policy_for(ticket)
    target = target_of(policy, "pickup") or target_of(policy, "next_response")
    calendar = rules.calendar_for(ticket)
    return goal(target, calendar, at) if target else (UNPROMISED_S, calendar)


def answer_by(
    calendar: Calendar, at: datetime, *, pickup: Goal, each: timedelta, waiting: int, people: int
) -> datetime | None:
    """By when a person answers, in UTC on a full five minutes; None when there is nobody at all.

    The target of the pick-up is reached first, in its own calendar; then each one who waits before
    takes one of `people` a while, in the people's hours (docs/sla.md).
    """
    if people < 1:
        return None
    seconds, hours = pickup
    reached = add_working(hours, at, timedelta(seconds=seconds))
    if reached is not None and waiting:
        reached = add_working(calendar, reached, ceil(waiting / people) * each)
    if reached is None:
        return None
    late = timedelta(
        minutes=-reached.minute % STEP, seconds=-reached.second, microseconds=-reached.microsecond
    )
    rounded = reached + late
    return rounded if rounded >= reached else rounded + timedelta(minutes=STEP)
