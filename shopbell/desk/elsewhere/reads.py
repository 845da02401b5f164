"""What a thread's shopper left, which replies wait to be seen, and whose an answer from there is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.connections.types import Capability
from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.elsewhere.types import Address, AddressKind, Left

SQL = load_queries(__file__)
ANSWERED_WITHIN = timedelta(days=30)
"""How long after our last reply a text from there is an answer to it."""


async def left_in(connection: Connection, thread_id: UUID) -> Left | None:
    """What the thread's shopper left, as it stands in a transaction that is under way."""
    found = await connection.execute(SQL["of_thread"].encode(), {"thread_id": thread_id})
    row = await found.fetchone()
    return _left(row) if row else None


async def left(desk: Desk, thread_id: UUID) -> Left | None:
    """What the thread's shopper left."""
    async with desk.pool.connection() as connection:
        return await left_in(connection, thread_id)


async def ways(desk: Desk, brand_id: UUID) -> dict[AddressKind, UUID]:
    """By which connection of a brand each kind of address can be written to now."""
    kinds = _kinds(desk.capabilities.values())
    values = {"brand_id": brand_id, "channels": list(kinds)}
    rows = await desk.run(SQL["ways"], **values)
    found: dict[AddressKind, UUID] = {}
    for row in rows:
        found.setdefault(kinds[row["channel"]], row["id"])
    return found


async def due(desk: Desk, most: int) -> tuple[UUID, ...]:
    """Replies that were not known to be seen within their time."""
    rows = await desk.run(SQL["due"], at=desk.now(), most=most)
    return tuple(row["message_id"] for row in rows)


async def thread_answered(desk: Desk, connection_id: UUID, value: str) -> UUID | None:
    """The thread whose reply went to this address last. Whoever has proven the address writes in their
    own: what they say is not for a page where somebody else may have left it."""
    since: datetime = desk.now() - ANSWERED_WITHIN
    values = {"connection_id": connection_id, "value": value, "since": since}
    rows = await desk.run(SQL["answered_elsewhere"], **values)
    return rows[0]["thread_id"] if rows else None


async def is_claimed(desk: Desk, connection_id: UUID, thread_id: UUID, value: str) -> bool:
    """Whether this address of the thread's was only left on the page."""
    values = {"connection_id": connection_id, "thread_id": thread_id, "value": value}
    return bool(await desk.run(SQL["is_claimed"], **values))


async def was_left(desk: Desk, connection_id: UUID, thread_id: UUID, value: str) -> bool:
    """Whether the thread's shopper left this address, or did and nobody has proven it."""
    values = {"connection_id": connection_id, "thread_id": thread_id, "value": value}
    if await desk.run(SQL["is_left"], **values):
        return True
    return await is_claimed(desk, connection_id, thread_id, value)


def _kinds(known: Iterable[Capability]) -> dict[str, AddressKind]:
    """By channel, for those by which anybody can be written to."""
    named: dict[str, AddressKind] = {"email": "email", "phone": "phone"}
    return {
        one.channel: named[one.sender]
        for one in known
        if one.sender in named and one.reply_window is None and not one.community
    }


def _left(row: dict[str, Any]) -> Left:
    address = msgspec.convert({"kind": row["kind"], "value": row["value"]}, Address)
    return Left(
        thread_id=row["thread_id"],
        address=address,
        connection_id=row["connection_id"],
        agreed_at=row["agreed_at"],
        consent=row["consent"],
    )
