"""One transaction over one thread: what was read under its lock, and what leaves with the commit.

Every command of the desk that changes a thread runs inside `work`. The thread's row is locked
first, so commands on one thread happen one after the other and `seq` and `version` are its order.
Beginning and reading takes one round trip, writing and committing another (psycopg's pipeline
mode), in five statements for a customer's message; tests/desk/test_round_trips.py counts both.
Events go to the outbox in the same transaction, whole entities with their versions; after the
commit the relay is woken.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from psycopg import OperationalError
from psycopg.types.json import Jsonb

from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Connection, Desk, unless_frozen
from shopbell.desk.errors import Fenced, NotFound
from shopbell.desk.events.types import AgentRead, Event, EventKind
from shopbell.desk.messages.types import Author, Delivery, Message, MessageRow
from shopbell.desk.opening import SQL, Found, begin, found_in, what_is_missing
from shopbell.desk.sla.clocks import Happened, advance, due_of
from shopbell.desk.sla.policies import Rules
from shopbell.desk.sla.reads import rules_of
from shopbell.desk.sla.thanks import only_thanks
from shopbell.desk.sla.types import Alarm, Clock
from shopbell.desk.statements import Write, run_writes
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket

SYSTEM = Author(kind="system")


class Work:
    """The thread and ticket as they stand under the lock, and what is to be written."""

    def __init__(
        self,
        connection: Connection,
        at: datetime,
        thread: Thread,
        customer_name: str,
        rules: Rules,
        written: Message | None = None,
    ) -> None:
        self.connection = connection
        self.at = at
        self.thread = thread
        self.customer_name = customer_name
        self.written = written
        self.rules = rules
        self.quiet = False
        """Whether what is written here calls for no answer, since a machine wrote it."""
        self.clocks: tuple[Clock, ...] = ()
        """The ticket's open clocks, as they were before this."""
        self._answered_before = False
        self._set_clocks: set[UUID] = set()
        self._ticket: Ticket | None = None
        self._changed_thread = False
        self._changed_ticket = False
        self._writes: list[Write] = []
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

    def set_ticket(
        self, ticket: Ticket, clocks: tuple[Clock, ...] = (), *, answered_before: bool = False
    ) -> None:
        """Work on this ticket from here on, with its open clocks and whether it ever had one for a
        first answer."""
        self._ticket = ticket
        self.clocks, self._answered_before = clocks, answered_before

    async def turn_to(self, ticket_id: UUID) -> None:
        """Work on another ticket of the thread, while nothing is changed yet. Raises Fenced where it
        is another thread's by now."""
        if self._ticket is not None and self._ticket.id == ticket_id:
            return
        assert not self._changed_ticket, "changes to the ticket at hand would be lost"
        named = {"ticket_id": ticket_id, "message_id": None}
        row = await (
            await self.connection.execute(SQL["load_thread_of_ticket"].encode(), named)
        ).fetchone()
        found = found_in.decode(row["found"]) if row else None
        if found is None or found.ticket is None or found.thread.id != self.thread.id:
            raise Fenced
        self.set_ticket(found.ticket, found.clocks or (), answered_before=found.answered_before)

    def set_clock(self, clock: Clock) -> None:
        """Have this clock, which is one of the ticket's, be as it is given."""
        self.clocks = tuple(clock if one.id == clock.id else one for one in self.clocks)
        self._set_clocks.add(clock.id)

    def set_clocks(self, clocks: tuple[Clock, ...], written: set[UUID]) -> None:
        """Go on with these as the ticket's open clocks; those named in `written` are written down."""
        self.clocks = clocks
        self._set_clocks |= written

    def clocks_would_change(self) -> bool:
        """Whether the clocks, counted by what is known now, are others than they are."""
        return self._clocks_now() != self.clocks

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
        self._writes.append((SQL[query], values))

    def emit(
        self,
        kind: EventKind,
        actor: Author,
        *,
        message: Message | None = None,
        customer: Customer | None = None,
        read: AgentRead | None = None,
        session_id: UUID | None = None,
        alarm: Alarm | None = None,
    ) -> None:
        """Say that something happened. The ticket and thread go along as they are at the commit."""
        entities = {
            "message": message,
            "customer": customer,
            "read": read,
            "session_id": session_id,
            "alarm": alarm,
        }
        self._events.append((kind, actor, {k: v for k, v in entities.items() if v is not None}))

    async def commit(self) -> bool:
        """Write everything and commit, in one round trip; True when events left."""
        await self.finish()
        async with self.connection.pipeline():
            await run_writes(self.connection, self._writes)
            await self.connection.execute(b"COMMIT")
        return bool(self._events)

    async def finish(self) -> Sequence[Write]:
        """All that this is to write, events too, once nothing more is to be changed.

        A change that no event tells of would leave every listening client behind for ever.
        """
        assert self._events or not (self._changed_ticket or self._changed_thread)
        await self._tell_of_the_current_ticket()
        if self._changed_ticket:
            self._keep_clocks()
            self.write("save_ticket", **_ticket_columns(self.ticket))
        if self._changed_thread:
            self.write("save_thread", **msgspec.structs.asdict(self.thread))
        for kind, actor, entities in self._events:
            self.write("insert_outbox", **self._outbox_row(kind, actor, entities))
        return self._writes

    def _keep_clocks(self) -> None:
        """Write the clocks as this leaves them, and on the ticket what is due."""
        now = self._clocks_now()
        before = {one.id: one for one in self.clocks}
        changed = [one for one in now if before.get(one.id) != one or one.id in self._set_clocks]
        if changed:
            self.write("save_clocks", clocks=Jsonb(changed), rules=self.rules.version)
        self._ticket = msgspec.structs.replace(self.ticket, due=due_of(now))

    def _clocks_now(self) -> tuple[Clock, ...]:
        return advance(self.clocks, self.ticket, self._happened(), self.rules)

    def _happened(self) -> Happened:
        """What the events of this say to the clocks. A handoff's message is no answer, nor is one
        that the assistant writes while people have control."""
        said = [
            (message.author.kind, message.text)
            for kind, _, entities in self._events
            if kind in ("message.created", "ticket.created")
            and (message := entities.get("message")) is not None
            and message.visibility == "public"
        ]
        authors = {author for author, _ in said}
        kinds = {kind for kind, _, _ in self._events}
        asked = any(author == "customer" and not only_thanks(text) for author, text in said)
        by_assistant = "assistant" in authors and self.ticket.control == "assistant"
        return Happened(
            at=self.at,
            asked=asked and not self.quiet,
            answered="agent" in authors or by_assistant,
            by_person="agent" in authors,
            picked_up="control.taken" in kinds,
            handed_off="control.handed_off" in kinds,
            answered_before=self._answered_before,
        )

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
    desk: Desk,
    *,
    thread_id: UUID | None = None,
    ticket_id: UUID | None = None,
    message_id: UUID | None = None,
) -> AsyncGenerator[Work]:
    """Lock the thread (named itself, or by a ticket of it) and commit what was done to it.

    With `thread_id` alone the thread's current ticket is loaded, if it has one; with `message_id`
    the unit's `written` is that message, if it stands. Raises NotFound for an unknown id, a thread
    joined to another, or a message of another thread, and Fenced when the ticket was joined to
    another thread while this waited for the lock. Any error inside rolls everything back.
    """
    async with unless_frozen(), desk.pool.connection() as connection, or_undone(connection):
        locked, found = await begin(connection, thread_id, ticket_id, message_id)
        missing = what_is_missing(locked, found, ticket_id)
        if missing is not None:
            # Nothing was written, and rolling back would cost the connection its prepared queries.
            await connection.execute(b"COMMIT")
            raise missing
        assert found is not None
        unit = await unit_of(desk, connection, found)
        yield unit
        left = await unit.commit()
    if left:
        desk.wake()


async def unit_of(desk: Desk, connection: Connection, found: Found) -> Work:
    """The unit of work over what was found under the lock."""
    written = message_from(found.message) if found.message is not None else None
    if desk.rules.version != found.rules:
        desk.rules = await rules_of(connection)
    unit = Work(connection, desk.now(), found.thread, found.customer_name, desk.rules, written)
    if found.ticket is not None:
        unit.set_ticket(found.ticket, found.clocks or (), answered_before=found.answered_before)
    return unit


@asynccontextmanager
async def or_undone(connection: Connection) -> AsyncGenerator[None]:
    """Roll back whatever the block did when it fails; a connection that is lost has done so."""
    try:
        yield
    except BaseException:
        with suppress(OperationalError):
            await connection.rollback()
        raise


def ticket_from(row: dict[str, Any]) -> Ticket:
    """A ticket from its row joined with the customer's name."""
    return msgspec.convert(row, Ticket)


def message_from(row: dict[str, Any] | MessageRow) -> Message:
    """A message from its row joined with its delivery's status and error."""
    held = row if isinstance(row, MessageRow) else msgspec.convert(row, MessageRow)
    status, extra = held.delivery_status, held.extra
    return Message(
        id=held.id,
        thread_id=held.thread_id,
        ticket_id=held.ticket_id,
        seq=held.seq,
        author=Author(kind=held.author_kind, id=held.author_id, name=held.author_name),
        visibility=held.visibility,
        channel=held.channel,
        text=held.text,
        html=held.html,
        citations=extra.citations,
        attachments=extra.attachments,
        page=extra.page,
        why=extra.why,
        delivery=Delivery(status=status, error=held.delivery_error) if status else None,
        turn_id=held.turn_id,
        at=held.at,
        edited_at=held.edited_at,
        removed=held.removed_at is not None,
        reactions=extra.reactions,
        reply_to=extra.reply_to,
        whole=extra.whole,
        context=extra.context,
        mail=extra.mail,
        sender=extra.sender,
        template=extra.template,
        version=held.version,
    )


def _ticket_columns(ticket: Ticket) -> dict[str, Any]:
    columns = msgspec.structs.asdict(ticket)
    for name in ("preview", "handoff", "suggestion", "due"):
        columns[name] = Jsonb(columns[name]) if columns[name] is not None else None
    columns["due_at"] = ticket.due.at if ticket.due else None
    columns["tags"] = list(ticket.tags)
    return columns
