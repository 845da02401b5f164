"""One transaction over one thread: what was read under its lock, and what leaves with the commit.

Every command of the desk that changes a thread runs inside `work`. The thread's row is locked
first, so commands on one thread happen one after the other and `seq` and `version` are its order.
Reading takes one round trip, writing and committing another (psycopg's pipeline mode). Events go
to the outbox in the same transaction, whole entities with their versions; after the commit the
relay is woken.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from psycopg.types.json import Jsonb

from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Connection, Desk, load_queries, unless_frozen
from shopbell.desk.errors import Fenced, NotFound
from shopbell.desk.events.types import AgentRead, Event, EventKind
from shopbell.desk.messages.types import Author, Delivery, Message, MessageExtra
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket

SQL = load_queries(__file__)
SYSTEM = Author(kind="system")


class Work:
    """The thread and ticket as they stand under the lock, and what is to be written."""

    def __init__(
        self, connection: Connection, at: datetime, thread: Thread, customer_name: str
    ) -> None:
        self.connection = connection
        self.at = at
        self.thread = thread
        self.customer_name = customer_name
        self._ticket: Ticket | None = None
        self._changed_thread = False
        self._changed_ticket = False
        self._writes: list[tuple[str, dict[str, Any]]] = []
        self._events: list[tuple[EventKind, Author, dict[str, Any]]] = []

    @property
    def has_ticket(self) -> bool:
        """Whether the thread has a ticket to work on."""
        return self._ticket is not None

    @property
    def ticket(self) -> Ticket:
        """The ticket worked on; asking for one that is not there is a fault of the caller."""
        if self._ticket is None:
            raise NotFound("The ticket")
        return self._ticket

    def set_ticket(self, ticket: Ticket) -> None:
        """Work on this ticket from here on."""
        self._ticket = ticket

    def change_ticket(self, **changes: Any) -> Ticket:
        """Replace fields of the ticket; its version, and the thread's, rise once a transaction."""
        self.change_thread()
        version = self.ticket.version + (0 if self._changed_ticket else 1)
        self._ticket = msgspec.structs.replace(
            self.ticket, **{"updated_at": self.at, "version": version, **changes}
        )
        self._changed_ticket = True
        return self._ticket

    def change_thread(self, **changes: Any) -> Thread:
        """Replace fields of the thread; its version rises once a transaction."""
        version = self.thread.version + (0 if self._changed_thread else 1)
        self.thread = msgspec.structs.replace(self.thread, version=version, **changes)
        self._changed_thread = True
        return self.thread

    def write(self, query: str, **values: Any) -> None:
        """Have a named query of `queries.sql` run with the commit."""
        self._writes.append((query, values))

    def emit(
        self,
        kind: EventKind,
        actor: Author,
        *,
        message: Message | None = None,
        customer: Customer | None = None,
        read: AgentRead | None = None,
        session_id: UUID | None = None,
    ) -> None:
        """Say that something happened. The ticket and thread go along as they are at the commit."""
        entities = {
            "message": message,
            "customer": customer,
            "read": read,
            "session_id": session_id,
        }
        self._events.append((kind, actor, {k: v for k, v in entities.items() if v is not None}))

    async def flush(self) -> bool:
        """Write everything in one round trip; True when events left.

        A change that no event tells of would leave every listening client behind for ever.
        """
        assert self._events or not (self._changed_ticket or self._changed_thread)
        await self._tell_of_the_current_ticket()
        if self._changed_ticket:
            self.write("save_ticket", **_ticket_columns(self.ticket))
        if self._changed_thread:
            self.write("save_thread", **msgspec.structs.asdict(self.thread))
        for kind, actor, entities in self._events:
            self.write("insert_outbox", **self._outbox_row(kind, actor, entities))
        async with self.connection.pipeline():
            for query, values in self._writes:
                await self.connection.execute(SQL[query].encode(), values)
        return bool(self._events)

    async def _tell_of_the_current_ticket(self) -> None:
        """Work on an older ticket moves the thread too: one more event shows it as it stands."""
        current = self.thread.current_ticket_id
        if not self._changed_thread or current is None or current == self.ticket.id:
            return
        found = await self.connection.execute(SQL["load_ticket"].encode(), {"ticket_id": current})
        row = await found.fetchone()
        if row is not None:
            self._events.append(("ticket.updated", SYSTEM, {"ticket": ticket_from(row)}))

    def _outbox_row(
        self, kind: EventKind, actor: Author, entities: dict[str, Any]
    ) -> dict[str, Any]:
        ticket: Ticket | None = entities.pop("ticket", self._ticket)
        event = Event(
            kind=kind,
            at=self.at,
            actor=actor,
            thread_id=self.thread.id,
            ticket_id=ticket.id if ticket else None,
            ticket=ticket or UNSET,
            thread=self.thread,
            **entities,
        )
        return {
            "kind": kind,
            "thread_id": event.thread_id,
            "ticket_id": event.ticket_id,
            "payload": Jsonb(event),
            "at": self.at,
        }


@asynccontextmanager
async def work(
    desk: Desk, *, thread_id: UUID | None = None, ticket_id: UUID | None = None
) -> AsyncGenerator[Work]:
    """Lock the thread (named itself, or by a ticket of it) and commit what was done to it.

    With `thread_id` alone the thread's current ticket is loaded, if it has one. Raises NotFound
    for an unknown id or a thread joined to another, and Fenced when the ticket was joined to
    another thread while this waited for the lock. Any error inside rolls everything back.
    """
    async with (
        unless_frozen(),
        desk.pool.connection() as connection,
        connection.transaction(),
    ):
        if ticket_id is not None:
            locked = await connection.execute(
                SQL["lock_thread_of_ticket"].encode(), {"ticket_id": ticket_id}
            )
            found = await locked.fetchone()
            if found is None:
                raise NotFound("The ticket")
            thread_id = found["id"]
        async with connection.pipeline():
            if ticket_id is None:
                await connection.execute(SQL["lock_thread"].encode(), {"thread_id": thread_id})
            threads = await connection.execute(
                SQL["load_thread"].encode(), {"thread_id": thread_id}
            )
            tickets = (
                await connection.execute(SQL["load_ticket"].encode(), {"ticket_id": ticket_id})
                if ticket_id
                else await connection.execute(
                    SQL["load_current_ticket"].encode(), {"thread_id": thread_id}
                )
            )
        thread_row, ticket_row = await threads.fetchone(), await tickets.fetchone()
        if ticket_row is not None and ticket_row["thread_id"] != thread_id:
            raise Fenced
        if thread_row is None or thread_row["merged_into"]:
            raise NotFound("The conversation")
        unit = Work(
            connection,
            desk.now(),
            msgspec.convert(thread_row, Thread),
            str(thread_row["customer_name"]),
        )
        if ticket_row is not None:
            unit.set_ticket(ticket_from(ticket_row))
        yield unit
        left = await unit.flush()
    if left:
        desk.wake()


def ticket_from(row: dict[str, Any]) -> Ticket:
    """A ticket from its row joined with the customer's name."""
    return msgspec.convert(row, Ticket)


def message_from(row: dict[str, Any]) -> Message:
    """A message from its row joined with its delivery's status and error."""
    extra = msgspec.convert(row["extra"], MessageExtra)
    status = row["delivery_status"]
    return Message(
        id=row["id"],
        thread_id=row["thread_id"],
        ticket_id=row["ticket_id"],
        seq=row["seq"],
        author=Author(kind=row["author_kind"], id=row["author_id"], name=row["author_name"]),
        visibility=row["visibility"],
        channel=row["channel"],
        text=row["text"],
        html=row["html"],
        citations=extra.citations,
        attachments=extra.attachments,
        page=extra.page,
        why=extra.why,
        delivery=Delivery(status=status, error=row["delivery_error"]) if status else None,
        turn_id=row["turn_id"],
        at=row["at"],
        version=row["version"],
    )


def _ticket_columns(ticket: Ticket) -> dict[str, Any]:
    columns = msgspec.structs.asdict(ticket)
    for name in ("preview", "handoff", "suggestion"):
        columns[name] = Jsonb(columns[name]) if columns[name] is not None else None
    columns["tags"] = list(ticket.tags)
    return columns
