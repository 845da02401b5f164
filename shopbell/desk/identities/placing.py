"""Messages and tickets put into another thread's order, under the locks of both threads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from psycopg.types.json import Jsonb

from shopbell.desk.customers.reads import customer_in
from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.events.types import AgentRead, Event, EventKind
from shopbell.desk.identities.order import Line
from shopbell.desk.messages.types import Author, Message
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import SYSTEM, message_from, ticket_from

SQL = load_queries(__file__)


class Placing:
    """One transaction on two threads: what it reads, writes and tells."""

    def __init__(self, connection: Connection, at: datetime, actor: Author) -> None:
        self.connection = connection
        self.at = at
        self.actor = actor

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        return await (await self.connection.execute(SQL[query].encode(), values)).fetchall()

    async def do(self, query: str, **values: Any) -> None:
        await self.connection.execute(SQL[query].encode(), values)

    async def lines(self, thread_id: UUID) -> list[Line]:
        return [msgspec.convert(row, Line) for row in await self.rows("lines", thread=thread_id)]

    async def tickets(self, *threads: UUID) -> list[Ticket]:
        return [ticket_from(row) for row in await self.rows("tickets", threads=list(threads))]

    async def place(self, thread_id: UUID, lines: Sequence[tuple[Line, int, UUID]]) -> None:
        """Have these messages stand in the thread, each under its new seq and with its home."""
        ids = [line.id for line, _, _ in lines]
        if not ids:
            return
        await self.do("clear_seqs", ids=ids)
        await self.do(
            "place_messages",
            thread=thread_id,
            ids=ids,
            seqs=[seq for _, seq, _ in lines],
            homes=[home for _, _, home in lines],
        )
        await self.do("move_deliveries", ids=ids)
        await self.do("move_attachments", ids=ids)

    async def save(self, ticket: Ticket, home_id: UUID) -> None:
        """Write a ticket as it is placed; `home_id` is the thread it began in."""
        columns = msgspec.structs.asdict(ticket)
        preview = Jsonb(ticket.preview) if ticket.preview is not None else None
        await self.do("save_ticket", **{**columns, "preview": preview, "home": home_id})

    async def move_turns(
        self, tickets: Iterable[Ticket], before: Mapping[UUID, list[Line]], seqs: Mapping[UUID, int]
    ) -> None:
        """Have the assistant's turns on these tickets go by the new seqs; one that is thought about
        is thought anew."""
        by_id = {one.id: one for one in tickets}
        for row in await self.rows("turns", tickets=list(by_id)):
            lines = before.get(row["ticket_id"], [])
            upto = [seqs[one.id] for one in lines if one.seq <= row["upto_seq"]]
            ticket = by_id[row["ticket_id"]]
            await self.do(
                "move_turn",
                id=row["id"],
                thread=ticket.thread_id,
                from_seq=moved_from(lines, row["from_seq"], seqs),
                upto_seq=max(upto, default=row["upto_seq"]),
            )

    async def customer(self, customer_id: UUID) -> Customer:
        return await customer_in(self.connection, customer_id)

    async def read_out(self, thread_id: UUID, seq: int) -> int:
        """How many of our messages the customer has seen who has seen the thread to `seq`."""
        return (await self.rows("count_read", thread=thread_id, seq=seq))[0]["n"]

    async def tell_of_tickets(self, thread: Thread, ids: Iterable[UUID]) -> dict[UUID, Ticket]:
        """Say how these tickets of the thread stand now; all of the thread's, by id."""
        standing = {one.id: one for one in await self.tickets(thread.id)}
        for ticket_id in ids:
            await self.emit("ticket.updated", thread, ticket=standing[ticket_id])
        return standing

    async def tell_of_messages(
        self, thread: Thread, tickets: Mapping[UUID, Ticket], ids: Sequence[UUID]
    ) -> None:
        """Say how these messages of the thread stand now."""
        found = await self.rows("messages", ids=list(ids))
        async with self.connection.pipeline():
            for row in found:
                message = message_from(row)
                await self.emit(
                    "message.updated", thread, message=message, ticket=tickets[message.ticket_id]
                )

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
            actor=self.actor,
            thread_id=thread.id,
            ticket_id=ticket.id if ticket else None,
            thread=thread,
            ticket=ticket or UNSET,
            message=message or UNSET,
            customer=customer or UNSET,
            read=read or UNSET,
        )
        await self.do(
            "insert_outbox",
            kind=kind,
            thread_id=event.thread_id,
            ticket_id=event.ticket_id,
            payload=Jsonb(event),
            at=self.at,
        )


async def tell_customer(desk: Desk, connection: Connection, customer_id: UUID) -> None:
    """Say how a customer stands after a change of what they go by, in a transaction under way."""
    placing = Placing(connection, desk.now(), SYSTEM)
    (row,) = await placing.rows("people_of", customers=[customer_id])
    await placing.rows("lock_threads", ids=[row["id"]])
    (row,) = await placing.rows("people_of", customers=[customer_id])
    await placing.do("raise_customer", id=customer_id, name=None, language=row["language"])
    thread = msgspec.convert(row, Thread)
    await placing.emit("customer.updated", thread, customer=await placing.customer(customer_id))


def moved(ticket: Ticket, lines: Sequence[Line], seqs: Mapping[UUID, int]) -> Ticket:
    """The ticket with the seqs of its own messages, `lines`, as they are now."""
    customers = [seqs[one.id] for one in lines if one.author_kind == "customer"]
    return msgspec.structs.replace(
        ticket,
        last_seq=max((seqs[one.id] for one in lines), default=ticket.last_seq),
        last_customer_seq=max(customers, default=0),
        engaged_from_seq=moved_from(lines, ticket.engaged_from_seq, seqs),
        version=ticket.version + 1,
    )


def moved_from(lines: Sequence[Line], seq: int, seqs: Mapping[UUID, int]) -> int:
    """Where what began at `seq` begins now: with the first of its messages from there on."""
    following = [seqs[one.id] for one in lines if one.seq >= seq]
    behind = max((seqs[one.id] for one in lines), default=seq - 1) + 1
    return min(following, default=behind)


def goes_on(tickets: Sequence[Ticket], named: Iterable[UUID | None]) -> UUID | None:
    """The matter that goes on of those named: one that is not done before one that is, then the
    one of the newest word."""
    wanted = set(named)
    standing = [ticket for ticket in tickets if ticket.id in wanted]
    if not standing:
        return None
    return max(
        standing, key=lambda one: (one.status not in ("resolved", "closed"), one.updated_at)
    ).id
