"""The rows that a webhook leaves, written by a bare psycopg loop: what intake is held against.

Each payload is four statements over a connection of its writer's own: keep the payload, find the
customer by their identity, write the message with all that goes with it, settle the payload.
"""

import asyncio
import hashlib
from time import perf_counter

import psycopg
from msgspec import Struct

from bench.process import main
from bench.rows import Talk, new_talk, prepare, same_rows
from shopbell.desk.ids import uuid7

KEEP = (
    b"INSERT INTO inbound (id, connection_id, digest, headers, body)"
    b" SELECT %s, id, %s, %s::jsonb, %s FROM connection LIMIT 1"
    b" ON CONFLICT (connection_id, digest) DO UPDATE SET seen = inbound.seen + 1 RETURNING id"
)
KNOW = (
    b"SELECT t.id, t.current_ticket_id FROM identity i JOIN thread t ON t.customer_id = i.customer_id"
    b" WHERE i.kind = 'http' AND i.value = %s AND i.verified_at IS NOT NULL"
)
SETTLE = b"UPDATE inbound SET status = 'done' WHERE id = %s"
ABOUT = (
    '{"headers": {"content-type": "application/json"}, "query": {}, "method": "POST", "url": ""}'
)


class Loop(Struct, frozen=True, kw_only=True):
    """How many writers write for how long, to how many customers."""

    database_url: str
    writers: int
    customers: int
    seconds: float
    run: str


class Looped(Struct, frozen=True, kw_only=True):
    """Payloads written a second."""

    a_second: float


async def loop(plan: Loop) -> Looped:
    """Write until the time is over."""
    async with await psycopg.AsyncConnection.connect(plan.database_url, autocommit=True) as first:
        for number in range(plan.customers):
            await _known(first, await new_talk(first), f"{plan.run}-{number}")
    began = perf_counter()
    done = await asyncio.gather(
        *(_write(plan, writer, began + plan.seconds) for writer in range(plan.writers))
    )
    return Looped(a_second=sum(done) / (perf_counter() - began))


async def _known(db: "psycopg.AsyncConnection[tuple[object, ...]]", talk: Talk, who: str) -> None:
    await db.execute(
        b"UPDATE thread SET current_ticket_id = %s WHERE id = %s", (talk.ticket, talk.thread)
    )
    await db.execute(
        b"INSERT INTO identity (id, customer_id, kind, value, verified_at)"
        b" SELECT %s, customer_id, 'http', %s, now() FROM thread WHERE id = %s",
        (uuid7(), who, talk.thread),
    )


async def _write(plan: Loop, writer: int, done: float) -> int:
    async with await psycopg.AsyncConnection.connect(plan.database_url, autocommit=True) as db:
        await prepare(db)
        written = 0
        while perf_counter() < done:
            payload, body = uuid7(), f"{plan.run} {writer} {written}".encode() + b"x" * 100
            await db.execute(KEEP, (payload, hashlib.sha256(body).digest(), ABOUT, body))
            who = f"{plan.run}-{(writer + written * plan.writers) % plan.customers}"
            found = await (await db.execute(KNOW, (who,))).fetchone()
            assert found is not None, "every customer is known"
            await same_rows(db, Talk(thread=found[0], ticket=found[1]))
            await db.execute(SETTLE, (payload,))
            written += 1
        return written


if __name__ == "__main__":
    main(Loop, loop)
