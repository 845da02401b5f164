"""Who writes: from an outside identity to the customer and their one thread."""

from uuid import UUID

from shopbell.desk.database import Desk
from shopbell.desk.ids import uuid7

_THREAD_OF = (
    "SELECT t.id FROM identity i JOIN thread t ON t.customer_id = i.customer_id"
    " WHERE i.kind = %(kind)s AND i.value = %(value)s AND i.verified_at IS NOT NULL"
)


async def thread_of(
    desk: Desk, kind: str, value: str, *, name: str = "", thread_id: UUID | None = None
) -> UUID:
    """The thread of the customer who proved this identity, made when there is none yet.

    For identities that a channel itself vouches for (a visitor's signed token, a platform's id),
    so the new identity is verified. A new thread gets the given id, if any: a visitor's is their
    own, so that all their open pages can listen before the first message. Two first messages at once
    make one customer: the identity's advisory lock lets one pass first.
    """
    known = await desk.run(_THREAD_OF, kind=kind, value=value)
    if known:
        return known[0]["id"]
    async with desk.pool.connection() as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{kind}:{value}",)
        )
        found = await connection.execute(_THREAD_OF.encode(), {"kind": kind, "value": value})
        row = await found.fetchone()
        if row is not None:
            return row["id"]
        customer_id, thread_id = uuid7(), thread_id or uuid7()
        async with connection.pipeline():
            await connection.execute(
                "INSERT INTO customer (id, name) VALUES (%s, %s)", (customer_id, name)
            )
            await connection.execute(
                "INSERT INTO identity (id, customer_id, kind, value, verified_at, verified_by)"
                " VALUES (%s, %s, %s, %s, now(), 'channel')",
                (uuid7(), customer_id, kind, value),
            )
            await connection.execute(
                "INSERT INTO thread (id, customer_id) VALUES (%s, %s)", (thread_id, customer_id)
            )
    return thread_id


async def claimed_thread(desk: Desk, kind: str, value: str, *, name: str = "") -> UUID:
    """The thread of whoever writes under this identity without having proved it: a customer of
    their own, made when there is none yet, apart from anybody who has proved something: were an
    agent to join the two, the next claim would still not be believed."""
    async with desk.pool.connection() as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"claimed:{kind}:{value}",)
        )
        found = await connection.execute(
            "SELECT t.id FROM identity i JOIN thread t ON t.customer_id = i.customer_id"
            " JOIN customer c ON c.id = i.customer_id"
            " WHERE i.kind = %s AND i.value = %s AND i.verified_at IS NULL"
            " AND i.verified_by = 'claim' AND c.merged_into IS NULL AND NOT EXISTS (SELECT 1"
            " FROM identity v WHERE v.customer_id = c.id AND v.verified_at IS NOT NULL)"
            " ORDER BY i.created_at LIMIT 1",
            (kind, value),
        )
        row = await found.fetchone()
        if row is not None:
            return row["id"]
        customer_id, thread_id = uuid7(), uuid7()
        await connection.execute(
            "INSERT INTO customer (id, name) VALUES (%s, %s)", (customer_id, name)
        )
        await connection.execute(
            "INSERT INTO identity (id, customer_id, kind, value, verified_by)"
            " VALUES (%s, %s, %s, %s, 'claim')",
            (uuid7(), customer_id, kind, value),
        )
        await connection.execute(
            "INSERT INTO thread (id, customer_id) VALUES (%s, %s)", (thread_id, customer_id)
        )
    return thread_id
