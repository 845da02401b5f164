"""The sweepers: whatever a dead worker, a wiped Redis or the mere passing of time left to do.

Each worker sweeps. Rows are claimed as everywhere else, so two sweepers never do one thing twice.
A turn or delivery found here is done in this process, without Redis, which may be the very thing
that is missing.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import structlog

from shopbell.assistant.knowledge.index import embed_pending, index_pending
from shopbell.desk.attachments.commands import forget_unattached
from shopbell.desk.database import Connection, Desk
from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.elsewhere.commands import send_on
from shopbell.desk.elsewhere.reads import due as elsewhere_due
from shopbell.desk.errors import DeskError
from shopbell.desk.held.commands import forget_held, send_held
from shopbell.desk.held.reads import due_replies
from shopbell.desk.inbound import commands as payloads
from shopbell.desk.people.housekeeping import forget_expired
from shopbell.desk.search.commands import AT_ONCE as WORDS_AT_ONCE
from shopbell.desk.search.commands import count_words
from shopbell.desk.tags.commands import follow_tags
from shopbell.desk.tickets.commands import end_snooze, let_go_of_all
from shopbell.desk.turns import reads as turns
from shopbell.desk.verification.commands import forget_codes
from shopbell.desk.windows.commands import closing, warn_of_window
from shopbell.desk.work import SYSTEM
from shopbell.jobs.acting import settle_actions
from shopbell.jobs.answering import answer_ticket
from shopbell.jobs.clocks import sweep_clocks
from shopbell.jobs.delivering import deliver_thread
from shopbell.jobs.fetching import fetch_files
from shopbell.jobs.naming import name_customers
from shopbell.jobs.proving import send_codes
from shopbell.jobs.room import DATABASE_AWAY, TURNS_AT_ONCE, Room
from shopbell.jobs.tagging import tag_waiting

log = structlog.get_logger()

GRACE = timedelta(seconds=1.5)
"""How long a job has to come by the queue before the sweeper does its work."""
WORK_EVERY = 2.0
CLOCKS_EVERY = 0.5
"""So that an alarm goes off within a second of its time."""
HELD_EVERY = 0.5
"""How exactly a held reply keeps to its seconds."""
KNOWLEDGE_EVERY = 5.0
WORDS_EVERY = 5.0
HOUSE_EVERY = 60.0
_SNOOZED = (
    b"SELECT id FROM ticket WHERE status = 'snoozed' AND snoozed_until <= clock_timestamp()"
    b" ORDER BY snoozed_until LIMIT 100"
)
_KEEP_TO_ONE = b"SELECT pg_try_advisory_lock(7305, 1) AS held"
_LET_OTHERS = b"SELECT pg_advisory_unlock(7305, 1)"


async def sweep_for_ever(room: Room) -> None:
    """Sweep work, clocks, knowledge, tags and house, each at its own pace, until cancelled.

    Gathered, since a task group cancels its members once only, and before Python 3.12 `wait_for` may
    swallow that: a second cancellation reaches all that are left.
    """
    await asyncio.gather(
        _every(WORK_EVERY, sweep_work, room),
        _every(CLOCKS_EVERY, sweep_clocks, room),
        _every(HELD_EVERY, sweep_held, room),
        _every(WORK_EVERY, sweep_windows, room),
        _every(KNOWLEDGE_EVERY, sweep_knowledge, room),
        _every(WORDS_EVERY, sweep_words, room),
        _every(WORK_EVERY, sweep_tags, room),
        _every(HOUSE_EVERY, sweep_house, room),
        return_exceptions=True,
    )


async def sweep_work(room: Room) -> None:
    """Take up turns and deliveries that nobody has, send on replies that nobody saw, settle actions
    that were cut off, and reopen tickets whose snooze is over."""
    for ticket_id in await turns.overdue(room.desk, grace=GRACE, most=TURNS_AT_ONCE):
        room.start(("turn", ticket_id), answer_ticket(room, ticket_id))
    for thread_id in await deliveries.overdue(room.desk, grace=GRACE, most=TURNS_AT_ONCE):
        room.start(("delivery", thread_id), deliver_thread(room, thread_id))
    room.start(("files",), fetch_files(room))
    room.start(("payloads",), read_overdue(room))
    room.start(("names",), name_customers(room))
    room.start(("codes",), send_codes(room))
    room.start(("actions",), settle_actions(room.desk))
    for message_id in await elsewhere_due(room.desk, TURNS_AT_ONCE):
        room.start(("missed", message_id), send_missed(room, message_id))
    for ticket_id in await _snoozed(room.desk):
        await end_snooze(room.desk, ticket_id)


async def sweep_held(room: Room) -> None:
    """Send the replies whose moment to be taken back is over, in their order. What is refused waits
    for its author."""
    for held_id in await due_replies(room.desk, TURNS_AT_ONCE):
        try:
            await send_held(room.desk, held_id)
        except DeskError as refusal:
            log.info("held reply refused", kind=refusal.kind)


async def sweep_windows(room: Room) -> None:
    """Raise the tickets of customers who wait while the window for free answers shuts."""
    for connection_id, thread_id in await closing(room.desk, TURNS_AT_ONCE):
        await warn_of_window(room.desk, connection_id, thread_id)


async def sweep_knowledge(room: Room) -> None:
    """Make changed articles searchable, in one worker at a time."""
    async with room.desk.pool.connection() as connection:
        if not await _held(connection):
            return
        try:
            cut = await index_pending(room.desk.pool, room.ports.embedder)
            embedded = await embed_pending(room.desk.pool, room.ports.embedder)
        finally:
            await connection.execute(_LET_OTHERS)
    if cut or embedded:
        log.info("knowledge indexed", articles=cut, chunks=embedded)


async def sweep_words(room: Room) -> None:
    """Have the search know the words of what was said."""
    while await count_words(room.desk) == WORDS_AT_ONCE:
        pass


async def sweep_tags(room: Room) -> None:
    """Tag what customers wrote, and have tickets follow tags that were merged or renamed."""
    room.start(("tags",), tag_waiting(room))
    await follow_tags(room.desk)


async def sweep_house(room: Room) -> None:
    """Remove what has expired, files that no message took, and payloads of a month ago; free what
    agents who were disabled still hold."""
    await forget_expired(room.desk)
    await let_go_of_all(room.desk, SYSTEM)
    await payloads.forget(room.desk)
    await forget_codes(room.desk)
    await forget_held(room.desk)
    forgotten = await forget_unattached(room.desk, room.files)
    if forgotten:
        log.info("files forgotten", files=forgotten)


async def send_missed(room: Room, message_id: UUID) -> None:
    """Send a reply that was not seen on the page to the address left there."""
    await send_on(room.desk, message_id)


async def read_overdue(room: Room) -> None:
    """Read payloads that nobody read in time, and those that were put off."""
    while (kept := await payloads.claim(room.desk)) is not None:
        await room.intake.read_kept(kept)


async def _every(seconds: float, sweep: Callable[[Room], Awaitable[None]], room: Room) -> None:
    while True:
        try:
            await sweep(room)
        except DATABASE_AWAY as away:
            log.warning("sweep database away", error=str(away).strip())
        except Exception:
            log.exception("sweep failed", sweep=getattr(sweep, "__name__", ""))
        await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - a spread, no secret


async def _snoozed(desk: Desk) -> list[UUID]:
    async with desk.pool.connection() as connection:
        rows = await (await connection.execute(_SNOOZED)).fetchall()
    return [row["id"] for row in rows]


async def _held(connection: Connection) -> bool:
    row = await (await connection.execute(_KEEP_TO_ONE)).fetchone()
    return row is not None and row["held"]
