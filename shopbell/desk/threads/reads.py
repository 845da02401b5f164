"""Threads as they are read: for agents whole, for shoppers only what is theirs to see."""

from uuid import UUID

import msgspec

from shopbell.desk.database import Desk
from shopbell.desk.errors import NotFound
from shopbell.desk.events.types import AgentRead
from shopbell.desk.messages.types import Message
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.types import ShopperAuthor, ShopperMessage, ShopperThread, Thread
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import message_from, ticket_from

PAGE = 30


async def messages_before(
    desk: Desk, thread_id: UUID, before: int | None, limit: int = PAGE, *, public: bool = False
) -> tuple[tuple[Message, ...], bool]:
    """Messages of a thread before a `seq` (None: the newest), oldest first, and whether more exist.

    `public` leaves out notes and what was withheld: the shopper's view.
    """
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT m.*, d.status AS delivery_status, d.error AS delivery_error"
            " FROM message m LEFT JOIN delivery d ON d.message_id = m.id"
            " WHERE m.thread_id = %(thread)s AND (%(before)s::bigint IS NULL OR m.seq < %(before)s)"
            " AND (NOT %(public)s OR (m.visibility = 'public'"
            "      AND coalesce(d.status, 'sent') <> 'withheld'))"
            " ORDER BY m.seq DESC LIMIT %(limit)s",
            {"thread": thread_id, "before": before, "public": public, "limit": limit + 1},
        )
        rows = await found.fetchall()
    return tuple(message_from(row) for row in reversed(rows[:limit])), len(rows) > limit


async def thread_for(desk: Desk, agent: Agent, thread_id: UUID) -> Thread:
    """The thread, if this agent may see it. Raises NotFound, also for one joined to another."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT t.* FROM thread t JOIN customer c ON c.id = t.customer_id"
            " WHERE t.id = %s AND c.merged_into IS NULL",
            (thread_id,),
        )
        row = await found.fetchone()
    if row is None or agent.disabled:
        raise NotFound("The conversation")
    return msgspec.convert(row, Thread)


async def message_for(desk: Desk, agent: Agent, message_id: UUID) -> Message:
    """The message, if this agent may see it. Raises NotFound, also for one that was removed."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT m.*, d.status AS delivery_status, d.error AS delivery_error"
            " FROM message m LEFT JOIN delivery d ON d.message_id = m.id"
            " WHERE m.id = %s AND m.removed_at IS NULL",
            (message_id,),
        )
        row = await found.fetchone()
    if row is None or agent.disabled:
        raise NotFound("The message")
    return message_from(row)


async def read_positions(
    desk: Desk, agent: Agent, threads: tuple[UUID, ...]
) -> tuple[AgentRead, ...]:
    """How far this agent has read these threads; those never read are left out."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT agent_id, thread_id, seq FROM agent_read"
            " WHERE agent_id = %s AND thread_id = ANY(%s)",
            (agent.id, list(threads)),
        )
        return tuple(msgspec.convert(row, AgentRead) for row in await found.fetchall())


async def shopper_state(desk: Desk, thread_id: UUID) -> ShopperThread:
    """Where a conversation stands for its shopper. Raises NotFound."""
    async with desk.pool.connection() as connection, connection.pipeline():
        threads = await connection.execute(
            "SELECT * FROM thread WHERE id = %(thread)s", {"thread": thread_id}
        )
        tickets = await connection.execute(
            "SELECT k.*, c.name AS customer_name, a.name AS agent_name"
            " FROM thread t JOIN ticket k ON k.id = t.current_ticket_id"
            " JOIN customer c ON c.id = k.customer_id LEFT JOIN agent a ON a.id = k.assignee_id"
            " WHERE t.id = %(thread)s",
            {"thread": thread_id},
        )
        thread, ticket = await threads.fetchone(), await tickets.fetchone()
    if thread is None:
        raise NotFound("The conversation")
    name = (ticket["agent_name"] or "") if ticket else ""
    return shopper_thread(
        msgspec.convert(thread, Thread), ticket_from(ticket) if ticket else None, name
    )


async def current_ticket(desk: Desk, thread_id: UUID) -> UUID | None:
    """The ticket that a thread is about now, if it has any."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT current_ticket_id FROM thread WHERE id = %s", (thread_id,)
        )
        row = await found.fetchone()
    return row["current_ticket_id"] if row else None


def shopper_message(message: Message) -> ShopperMessage | None:
    """A message as its shopper sees it; None for notes and withheld ones."""
    withheld = message.delivery is not None and message.delivery.status == "withheld"
    if message.visibility != "public" or withheld:
        return None
    return ShopperMessage(
        id=message.id,
        seq=message.seq,
        author=ShopperAuthor(
            kind=message.author.kind, name=message.author.name.split(" ")[0].strip()
        ),
        text="" if message.removed else message.text,
        html=None if message.removed else message.html,
        citations=() if message.removed else message.citations,
        attachments=() if message.removed else message.attachments,
        channel=message.channel,
        at=message.at.isoformat(),
        edited_at=message.edited_at.isoformat() if message.edited_at else None,
        removed=message.removed,
        version=message.version,
    )


def shopper_thread(thread: Thread, ticket: Ticket | None, agent_name: str = "") -> ShopperThread:
    """Where the conversation stands, in the shopper's words."""
    waiting = ticket is not None and ticket.control == "agents" and ticket.assignee_id is None
    promised = ticket.handoff.promised_by if ticket and ticket.handoff and waiting else None
    return ShopperThread(
        answering=ticket.control if ticket else "assistant",
        agent_name=agent_name.split(" ")[0],
        waiting=waiting,
        promised_by=promised.isoformat() if promised else None,
        resolved=ticket is not None and ticket.status in ("resolved", "closed"),
        last_seq=thread.last_seq,
        read_seq=thread.customer_read_seq,
        unread=thread.out_count - thread.customer_read_out,
        seen_seq=thread.agents_read_seq,
        version=thread.version,
    )
