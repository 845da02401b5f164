"""Two threads of one person become one, under both threads' locks.

The anonymous thread's messages come after the customer's own, in their order; each keeps where it
came from. The emptied thread and its customer stay as they are known, pointing to the other.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from psycopg.types.json import Jsonb

from shopbell.desk.customers.reads import SQL, customer_in
from shopbell.desk.customers.types import Customer, Visitor
from shopbell.desk.database import Connection, Desk
from shopbell.desk.events.types import AgentRead, Event, EventKind
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author, Message
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import message_from, ticket_from

SYSTEM = Author(kind="system")


async def join(desk: Desk, visitor: Visitor, customer_id: UUID, thread_id: UUID) -> None:
    """Bring what an anonymous visitor wrote into the thread of the customer they proved to be.

    Ends the visitor. Emits `customer.joined` for both threads, then each moved ticket and message.
    Joining what was joined before changes nothing.
    """
    if visitor.thread_id is None or visitor.customer_id is None:
        return
    async with desk.pool.connection() as connection, connection.transaction():
        await _Join(connection, desk.now(), visitor, customer_id, thread_id).run()
    desk.wake()


class _Join:
    def __init__(
        self,
        connection: Connection,
        at: datetime,
        visitor: Visitor,
        customer_id: UUID,
        thread_id: UUID,
    ) -> None:
        assert visitor.thread_id is not None
        assert visitor.customer_id is not None
        self.connection = connection
        self.at = at
        self.visitor = visitor
        self.old_customer, self.customer_id = visitor.customer_id, customer_id
        self.old_thread, self.thread_id = visitor.thread_id, thread_id

    async def run(self) -> None:
        both = [self.old_thread, self.thread_id]
        await self.rows("lock_threads", ids=both)
        threads = {
            row["id"]: msgspec.convert(row, Thread)
            for row in await self.rows("load_threads", ids=both)
        }
        merged = {"into": self.customer_id, "old": self.old_customer}
        if not await self.rows("merge_customer", **merged):
            return
        emptied, kept = threads[self.old_thread], threads[self.thread_id]
        tickets = [ticket_from(row) for row in await self.rows("load_thread_tickets", ids=both)]
        reads = await self._move(kept.last_seq)
        emptied, kept = await self._counted(emptied, kept, _current(tickets, emptied, kept))
        for thread in (emptied, kept):
            await self.run_query("save_joined_thread", **msgspec.structs.asdict(thread))
        await self.run_query("raise_customer", id=self.customer_id)
        for row in await self.rows("visitors_of_customer", customer=self.old_customer):
            await self.run_query("end_visitor", visitor=UUID(row["value"]))
        await self.run_query(
            "insert_join",
            id=uuid7(),
            into=self.customer_id,
            visitor=self.visitor.id,
            shift=threads[self.thread_id].last_seq,
            at=self.at,
            old=self.old_customer,
        )
        await self._tell(threads[self.old_thread].last_seq, emptied, kept, reads)

    async def _move(self, shift: int) -> list[AgentRead]:
        place = {"into": self.thread_id, "old": self.old_thread}
        await self.run_query("move_messages", shift=shift, **place)
        await self.run_query("move_tickets", shift=shift, customer=self.customer_id, **place)
        await self.run_query("move_deliveries", **place)
        await self.run_query("move_turns", shift=shift, **place)
        await self.run_query("move_attachments", **place)
        reads = await self.rows("move_reads", shift=shift, **place)
        return [msgspec.convert(row, AgentRead) for row in reads]

    async def _counted(
        self, emptied: Thread, kept: Thread, current: UUID | None
    ) -> tuple[Thread, Thread]:
        """Both threads with their new counters: what was read stays read, the rest stays unread."""
        shift = kept.last_seq

        def upto(own: int, come: int) -> int:
            return shift + come if own >= shift and come else own

        read_seq = upto(kept.customer_read_seq, emptied.customer_read_seq)
        counted = await self.rows("count_public_out", thread=self.thread_id, seq=read_seq)
        joined = msgspec.structs.replace(
            kept,
            last_seq=shift + emptied.last_seq,
            out_count=kept.out_count + emptied.out_count,
            customer_read_seq=read_seq,
            customer_read_out=counted[0]["n"],
            agents_read_seq=upto(kept.agents_read_seq, emptied.agents_read_seq),
            current_ticket_id=current,
            version=kept.version + 1,
        )
        bare = Thread(id=emptied.id, customer_id=emptied.customer_id, version=emptied.version + 1)
        return bare, joined

    async def _tell(
        self, moved: int, emptied: Thread, kept: Thread, reads: list[AgentRead]
    ) -> None:
        former = await customer_in(self.connection, self.old_customer)
        customer = await customer_in(self.connection, self.customer_id)
        rows = await self.rows("load_thread_tickets", ids=[kept.id])
        tickets = {row["id"]: ticket_from(row) for row in rows}
        await self.emit("customer.joined", emptied, customer=former)
        current = tickets.get(kept.current_ticket_id) if kept.current_ticket_id else None
        await self.emit("customer.joined", kept, customer=customer, ticket=current)
        for row in rows:
            if row["origin_thread_id"] == emptied.id:
                await self.emit("ticket.updated", kept, ticket=tickets[row["id"]])
        messages = await self.rows("messages_after", thread=kept.id, seq=kept.last_seq - moved)
        for row in messages:
            message = message_from(row)
            await self.emit(
                "message.updated", kept, message=message, ticket=tickets[message.ticket_id]
            )
        for read in reads:
            await self.emit("read.moved", kept, read=read)

    async def emit(
        self,
        kind: EventKind,
        thread: Thread,
        *,
        ticket: Ticket | None = None,
        message: Message | None = None,
        customer: Customer | None = None,
        read: AgentRead | None = None,
    ) -> None:
        event = Event(
            kind=kind,
            at=self.at,
            actor=SYSTEM,
            thread_id=thread.id,
            ticket_id=ticket.id if ticket else None,
            thread=thread,
            ticket=ticket or UNSET,
            message=message or UNSET,
            customer=customer or UNSET,
            read=read or UNSET,
        )
        await self.run_query(
            "insert_outbox",
            kind=kind,
            thread_id=event.thread_id,
            ticket_id=event.ticket_id,
            payload=Jsonb(event),
            at=self.at,
        )

    async def run_query(self, query: str, **values: Any) -> None:
        await self.connection.execute(SQL[query].encode(), values)

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        return await (await self.connection.execute(SQL[query].encode(), values)).fetchall()


def _current(tickets: list[Ticket], emptied: Thread, kept: Thread) -> UUID | None:
    """The matter that goes on: one that is not done before one that is, then the newest word."""
    named = {emptied.current_ticket_id, kept.current_ticket_id} - {None}
    standing = [ticket for ticket in tickets if ticket.id in named]
    if not standing:
        return None
    best = max(standing, key=lambda one: (one.status not in ("resolved", "closed"), one.updated_at))
    return best.id
