"""The rows that one message of a shopper leaves, written by one statement: what a peer writes too."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection

from shopbell.desk.ids import uuid7

TEXT = "Does it run small?"

SAME_ROWS = """
WITH t AS (
    UPDATE thread SET last_seq = last_seq + 1, version = version + 1 WHERE id = {thread}
    RETURNING id, last_seq
), k AS (
    UPDATE ticket SET last_seq = t.last_seq, last_customer_seq = t.last_seq, version = version + 1,
        preview = jsonb_build_object('author', 'customer', 'text', {text}::text), updated_at = now()
    FROM t WHERE ticket.id = {ticket}
), m AS (
    INSERT INTO message (id, thread_id, ticket_id, seq, author_kind, visibility, channel, text, at)
    SELECT {id}, t.id, {ticket}, t.last_seq, 'customer', 'public', 'webchat', {text}, now() FROM t
    RETURNING seq
), o AS (
    INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
    SELECT 'message.created', t.id, {ticket}, jsonb_build_object('id', {id}::uuid, 'seq', t.last_seq,
        'text', {text}::text), now() FROM t
)
SELECT seq FROM m
"""
IN_PSYCOPG = SAME_ROWS.format(
    thread="%(thread)s", ticket="%(ticket)s", id="%(id)s", text="%(text)s"
).encode()
IN_PG = SAME_ROWS.format(thread="$1::uuid", ticket="$2::uuid", id="$3::uuid", text="$4::text")


class Talk(Struct, frozen=True, kw_only=True):
    """A thread with an open ticket."""

    thread: UUID
    ticket: UUID


async def prepare(connection: AsyncConnection[Any]) -> None:
    """Have each statement prepared at its first use, as a server that runs for long has it."""
    connection.prepare_threshold = 0


async def new_talk(connection: AsyncConnection[Any]) -> Talk:
    """A customer with a thread and a ticket, on the first brand's first chat."""
    talk, customer = Talk(thread=uuid7(), ticket=uuid7()), uuid7()
    await connection.execute(b"INSERT INTO customer (id) VALUES (%s)", (customer,))
    await connection.execute(
        b"INSERT INTO thread (id, customer_id) VALUES (%s, %s)", (talk.thread, customer)
    )
    await connection.execute(
        b"INSERT INTO ticket (id, thread_id, customer_id, brand_id, connection_id, channel,"
        b" created_at, updated_at)"
        b" SELECT %s, %s, %s, n.brand_id, n.id, 'webchat', now(), now() FROM connection n LIMIT 1",
        (talk.ticket, talk.thread, customer),
    )
    return talk


async def same_rows(
    connection: AsyncConnection[Any], talk: Talk, message_id: UUID | None = None, text: str = TEXT
) -> int:
    """Write a message with all that goes with it, and commit. Returns its `seq`."""
    found = await connection.execute(
        IN_PSYCOPG,
        {"thread": talk.thread, "ticket": talk.ticket, "id": message_id or uuid7(), "text": text},
    )
    row = await found.fetchone()
    assert row is not None, "the talk is there"
    return int(row[0])
