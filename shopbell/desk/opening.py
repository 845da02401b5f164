"""How a unit of work begins: the thread is locked, and what stands under the lock is read."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from shopbell.desk.database import Connection, load_queries
from shopbell.desk.errors import DeskError, Fenced, NotFound
from shopbell.desk.messages.types import MessageRow
from shopbell.desk.sla.types import Clock
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket

SQL = load_queries(__file__)


class Found(Struct, frozen=True, kw_only=True):
    """The thread, with its customer, the ticket with its open clocks, and the message as they stand
    under the lock. `rules` is the version of what clocks are counted by."""

    thread: Thread
    customer_name: str
    merged_into: UUID | None = None
    ticket: Ticket | None = None
    clocks: tuple[Clock, ...] | None = None
    answered_before: bool = False
    rules: int
    message: MessageRow | None = None


found_in = msgspec.json.Decoder(Found)


async def begin(
    connection: Connection, thread_id: UUID | None, ticket_id: UUID | None, message_id: UUID | None
) -> tuple[UUID | None, Found | None]:
    """The locked thread's id, and what was found.

    Each query sees what was committed when it begins, so the second sees what the lock waited
    for. It answers with one JSON text, which is read straight into types.
    """
    named = {"thread_id": thread_id, "ticket_id": ticket_id, "message_id": message_id}
    lock, load = _OPENING["thread" if ticket_id is None else "ticket"]
    async with connection.pipeline():
        await connection.execute(b"BEGIN")
        locking = await connection.execute(SQL[lock].encode(), named)
        loading = await connection.execute(SQL[load].encode(), named)
    locked, loaded = await locking.fetchone(), await loading.fetchone()
    return (
        locked["id"] if locked else None,
        found_in.decode(loaded["found"]) if loaded else None,
    )


_OPENING = {
    "thread": ("lock_thread", "load_thread"),
    "ticket": ("lock_thread_of_ticket", "load_thread_of_ticket"),
}


def what_is_missing(
    locked: UUID | None, found: Found | None, ticket_id: UUID | None = None
) -> DeskError | None:
    """Why there is nothing to work on; None when there is."""
    if locked is None and ticket_id is not None:
        return NotFound("The ticket")
    if found is None or locked is None or found.merged_into:
        return NotFound("The conversation")
    if found.thread.id != locked:
        return Fenced()
    if found.message is not None and found.message.thread_id != locked:
        return NotFound("The conversation")
    return None


async def begin_several(
    connection: Connection, threads: Sequence[UUID], messages: Sequence[UUID]
) -> dict[UUID, tuple[UUID | None, Found | None]]:
    """What was found of these threads, each with its message, by the thread's id; the locked id is
    None where another transaction has the lock."""
    values = {"threads": threads, "messages": messages}
    async with connection.pipeline():
        await connection.execute(b"BEGIN")
        locking = await connection.execute(SQL["lock_threads"].encode(), values)
        loading = await connection.execute(SQL["load_threads"].encode(), values)
    locked = {row["id"] for row in await locking.fetchall()}
    found = [found_in.decode(row["found"]) for row in await loading.fetchall()]
    return {
        one.thread.id: (one.thread.id if one.thread.id in locked else None, one) for one in found
    }
