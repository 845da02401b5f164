"""What did not go out, for the people who have to see to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from shopbell.desk.connections.reads import contacts
from shopbell.desk.connections.types import Contact
from shopbell.desk.database import Desk
from shopbell.desk.deliveries.commands import SQL
from shopbell.desk.deliveries.types import Unsent
from shopbell.desk.messages.reach import lacks_consent
from shopbell.desk.work import message_from, ticket_from

UnsentState = Literal["failed", "uncertain"]
UNSENT: tuple[UnsentState, ...] = ("failed", "uncertain")


async def unsent(
    desk: Desk,
    states: tuple[UnsentState, ...] = UNSENT,
    *,
    after: tuple[datetime, UUID] | None = None,
    most: int = 50,
) -> tuple[Unsent, ...]:
    """Messages in these states on tickets that are not settled, the newest first, beyond `after`."""
    at, message_id = after or (None, None)
    values = {"states": list(states), "at": at, "id": message_id, "most": most}
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["unsent"].encode(), values)
        rows = await found.fetchall()
    known = await contacts(desk, list({row["thread_id"] for row in rows})) if rows else ()
    return tuple(
        Unsent(
            message=message_from(row),
            ticket=ticket_from(row["ticket"]),
            connection_id=row["sent_by"],
            at=row["unsent_at"],
            ways=_ways(desk, known, row["thread_id"], row["sent_by"]),
        )
        for row in rows
    )


async def count_unsent(desk: Desk) -> int:
    """How many of them there are."""
    async with desk.pool.connection() as connection:
        row = await (await connection.execute(SQL["count_unsent"].encode())).fetchone()
    return row["n"] if row else 0


def _ways(desk: Desk, known: Iterable[Contact], thread_id: UUID, besides: UUID) -> tuple[UUID, ...]:
    return tuple(
        one.connection_id
        for one in known
        if one.thread_id == thread_id
        and one.connection_id != besides
        and not one.opted_out
        and not lacks_consent(desk.capabilities, one)
        and (one.window_until is None or one.window_until > desk.now())
    )
