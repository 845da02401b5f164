"""Many conversations of the past into the desk at once.

A batch is one transaction: the customers are locked as a first message locks them, what stands is
read, and the rest goes in by COPY. Everything has a name for good (an identity, a ticket's and a
message's external id), so an import that broke off is simply run again and goes on where it was.
What comes in is over: no assistant is called, no clock starts, nothing is sent, and agents find it
read. A customer who is known already gets it after what stands in their thread, under its own dates.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from psycopg import sql
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import Connection
from shopbell.desk.database import Connection as Database
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.events.types import Event, EventKind
from shopbell.desk.ids import uuid7
from shopbell.desk.importing.rows import Identity, Rows, ticket_id, together
from shopbell.desk.importing.types import Brought, PastThread
from shopbell.desk.messages.types import Message
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import SYSTEM, message_from, ticket_from

SQL = load_queries(__file__)
MOST_THREADS = 500
"""Customers in a batch: each is an advisory lock, of which Postgres holds some thousands."""
MOST_MESSAGES = 5_000
MOST_TRIES = 3


class Moved(Exception):
    """A customer was joined to another while the batch waited for their thread."""


async def bring_in(desk: Desk, connection: Connection, past: Iterable[PastThread]) -> Brought:
    """Write conversations of the past that came by this connection; those written before are only
    counted. Batches that are written stay when a later one fails."""
    brought = Brought()
    for batch in _batches(past):
        brought.add(await _tried(desk, connection, batch))
    return brought


def _batches(past: Iterable[PastThread]) -> Iterator[list[PastThread]]:
    batch: list[PastThread] = []
    messages = 0
    for one in past:
        batch.append(one)
        messages += sum(len(ticket.messages) for ticket in one.tickets)
        if len(batch) >= MOST_THREADS or messages >= MOST_MESSAGES:
            yield together(batch)
            batch, messages = [], 0
    if batch:
        yield together(batch)


async def _tried(desk: Desk, connection: Connection, batch: list[PastThread]) -> Brought:
    """Again when a hook wrote one of the messages, or an agent joined customers, in between."""
    for _ in range(MOST_TRIES - 1):
        try:
            return await _bring(desk, connection, batch)
        except (UniqueViolation, Moved):
            continue
    return await _bring(desk, connection, batch)


async def _bring(desk: Desk, connection: Connection, batch: list[PastThread]) -> Brought:
    async with desk.pool.connection() as db, db.transaction():
        rows = Rows(connection, await _standing(db, batch), await _tickets(db, connection, batch))
        came = await _came(db, connection, batch)
        capability = desk.capabilities.get(connection.channel)
        shut = capability is not None and capability.reply_window is not None
        for one in batch:
            rows.add(one, came, shut)
        await _write(db, rows)
        told = await _tell(desk, db, rows)
    if told:
        desk.wake()
    return rows.brought


async def _standing(db: Database, batch: list[PastThread]) -> dict[Identity, Thread]:
    """The threads of those who are known, locked. Raises Moved."""
    named = {"kinds": [one.kind for one in batch], "names": [one.value for one in batch]}
    keys = [f"{one.kind}:{one.value}" for one in batch]
    async with db.pipeline():
        await db.execute(SQL["lock_identities"].encode(), {"keys": keys})
        locking = await db.execute(SQL["lock_threads"].encode(), named)
        loading = await db.execute(SQL["threads"].encode(), named)
    locked = {row["id"] for row in await locking.fetchall()}
    loaded = await loading.fetchall()
    if locked != {row["id"] for row in loaded}:
        raise Moved
    return {(row["kind"], row["value"]): msgspec.convert(row, Thread) for row in loaded}


async def _tickets(
    db: Database, connection: Connection, batch: list[PastThread]
) -> dict[Any, Ticket]:
    ids = [ticket_id(connection, ticket) for one in batch for ticket in one.tickets]
    found = await db.execute(SQL["tickets"].encode(), {"ids": ids})
    return {row["id"]: ticket_from(row) for row in await found.fetchall()}


async def _came(db: Database, connection: Connection, batch: list[PastThread]) -> set[str]:
    tickets = chain.from_iterable(one.tickets for one in batch)
    named = [message.external_id for ticket in tickets for message in ticket.messages]
    values = {"connection_id": connection.id, "external_ids": named}
    found = await db.execute(SQL["messages"].encode(), values)
    return {row["external_id"] for row in await found.fetchall()}


async def _write(db: Database, rows: Rows) -> None:
    new = rows.new_customers
    first = {thread.id: min(_times(past)) for past, thread in new}
    await _copy(
        db,
        "customer",
        "id name language created_at",
        ((thread.customer_id, past.name, past.language, first[thread.id]) for past, thread in new),
    )
    await _copy(
        db,
        "identity",
        "id customer_id kind value verified_at verified_by",
        (
            (uuid7(), thread.customer_id, past.kind, past.value, first[thread.id], "import")
            for past, thread in new
        ),
    )
    await _copy(db, "thread", _THREAD, (msgspec.structs.astuple(thread) for _, thread in new))
    await _copy(db, "ticket", _TICKET, (_ticket(one) for one in rows.new_tickets.values()))
    await _copy(db, "message", _MESSAGE, rows.messages)
    async with db.pipeline():
        if rows.moved_threads:
            moved = Jsonb([msgspec.structs.asdict(one) for one in rows.moved_threads.values()])
            await db.execute(SQL["move_threads"].encode(), {"threads": moved})
        if rows.moved_tickets:
            changed = Jsonb([_changes(one) for one in rows.moved_tickets.values()])
            await db.execute(SQL["move_tickets"].encode(), {"tickets": changed})
        if rows.contacts:
            values = {"connection_id": rows.connection.id, "contacts": Jsonb(rows.contacts)}
            await db.execute(SQL["contacts"].encode(), values)


_THREAD = (
    "id customer_id last_seq out_count customer_read_seq customer_read_out agents_read_seq"
    " current_ticket_id version"
)
_TICKET = (
    "id thread_id customer_id brand_id connection_id channel subject status priority tags control"
    " engaged_from_seq last_seq last_customer_seq preview created_at updated_at resolved_at"
)
_MESSAGE = (
    "id thread_id ticket_id seq author_kind author_id author_name visibility connection_id channel"
    " external_id text html at"
)


def _ticket(ticket: Ticket) -> tuple[Any, ...]:
    values: dict[str, Any] = msgspec.structs.asdict(ticket)
    values |= {"tags": list(ticket.tags), "preview": Jsonb(ticket.preview)}
    return tuple(values[name] for name in _TICKET.split())


def _times(past: PastThread) -> Iterator[datetime]:
    return (message.at for ticket in past.tickets for message in ticket.messages)


def _changes(ticket: Ticket) -> dict[str, Any]:
    names = ("id", "last_seq", "last_customer_seq", "preview", "updated_at", "version")
    return {name: getattr(ticket, name) for name in names}


async def _tell(desk: Desk, db: Database, rows: Rows) -> bool:
    """Show clients the threads that stood before, as they are now, and that there are new tickets,
    of which nobody has one open. Returns whether there is anything to tell."""
    if not rows.messages:
        return False
    at, moved = desk.now(), {one.id: one for one in rows.moved_threads.values()}
    events = [*await _moved(db, rows, moved, at)] if moved else []
    events.append(Event(kind="import.came", at=at, actor=SYSTEM))
    told = [
        {"kind": one.kind, "thread_id": one.thread_id, "ticket_id": one.ticket_id, "payload": one}
        for one in events
    ]
    await db.execute(SQL["insert_outbox"].encode(), {"events": Jsonb(told), "at": at})
    return True


async def _moved(
    db: Database, rows: Rows, moved: dict[UUID, Thread], at: datetime
) -> Iterator[Event]:
    since = [{"id": one, "seq": rows.stood_at[one]} for one in moved]
    found = await db.execute(SQL["messages_since"].encode(), {"threads": Jsonb(since)})
    messages = [message_from(row) for row in await found.fetchall()]
    current = {one.current_ticket_id for one in moved.values()}
    ids = {*(one.ticket_id for one in messages), *(one for one in current if one is not None)}
    found = await db.execute(SQL["tickets"].encode(), {"ids": list(ids)})
    tickets = {row["id"]: ticket_from(row) for row in await found.fetchall()}
    return chain(
        (_event("message.imported", at, tickets[one.ticket_id], moved, one) for one in messages),
        (_event("ticket.updated", at, tickets[one], moved) for one in current if one is not None),
    )


def _event(
    kind: EventKind,
    at: datetime,
    ticket: Ticket,
    moved: dict[UUID, Thread],
    message: Message | UnsetType = UNSET,
) -> Event:
    return Event(
        kind=kind,
        at=at,
        actor=SYSTEM,
        thread_id=ticket.thread_id,
        ticket_id=ticket.id,
        message=message,
        ticket=ticket,
        thread=moved[ticket.thread_id],
    )


async def _copy(db: Database, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns.split())
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    async with db.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            await copy.write_row(row)
