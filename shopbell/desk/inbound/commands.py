"""Payloads: kept whole before anything is read in them, read once, put off, or flagged.

The row is committed before the platform is told yes, so whatever happens to the reader, a sweeper
finds the payload again. The same bytes for one connection are one row, however often they come.
"""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shopbell.desk.database import Desk, load_queries
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import MOST_BYTES, Kept, Raw

SQL = load_queries(__file__)
GRACE = timedelta(seconds=5)
"""How long whoever kept a payload has to read it, before a sweeper does."""
LEASE = timedelta(seconds=30)
KEPT_FOR = timedelta(days=30)
BATCH = 1_000


class Noted(Struct, frozen=True, kw_only=True):
    """The payload's id, and whether it still has to be read by whoever just brought it."""

    id: UUID
    fresh: bool


async def keep(desk: Desk, connection_id: UUID, raw: Raw) -> Noted:
    """Keep a verified payload, at most 30 MB; one that came before is only counted."""
    assert len(raw.body) <= MOST_BYTES
    digest = hashlib.sha256(
        b"\0".join((raw.method.encode(), msgspec.json.encode(raw.query, order="sorted"), raw.body))
    )
    rows = await desk.run(
        SQL["keep"],
        id=uuid7(),
        connection_id=connection_id,
        digest=digest.digest(),
        headers=Jsonb(
            {"headers": raw.headers, "query": raw.query, "method": raw.method, "url": raw.url}
        ),
        body=raw.body,
        grace=GRACE,
        at=desk.now(),
    )
    return Noted(id=rows[0]["id"], fresh=rows[0]["fresh"])


async def claim(desk: Desk) -> Kept | None:
    """The next payload that nobody read in time, or whose time to be read again has come."""
    rows = await desk.run(SQL["claim"], at=desk.now(), lease=LEASE)
    return kept_from(rows[0]) if rows else None


async def done(desk: Desk, payload_id: UUID) -> None:
    """Everything in it was taken in."""
    await _settle(desk, payload_id, "done")


async def put_off(desk: Desk, payload_id: UUID, why: str, delay: timedelta) -> None:
    """Something in it came before what it is about: read it again after `delay`."""
    await _settle(desk, payload_id, "waiting", why, delay)


async def flag(desk: Desk, payload_id: UUID, why: str) -> None:
    """It, or a part of it, was not understood: kept, and replayed when the connector has learnt."""
    await _settle(desk, payload_id, "unread", why)


async def forget(desk: Desk) -> None:
    """Remove payloads older than 30 days; what still waits to be read stays."""
    async with desk.pool.connection() as connection:
        while True:
            values = {"before": desk.now() - KEPT_FOR, "most": BATCH}
            done = await connection.execute(SQL["forget"].encode(), values)
            if done.rowcount < BATCH:
                return


def kept_from(row: dict[str, Any]) -> Kept:
    """A payload from its row."""
    about = row["headers"]
    raw = Raw(
        body=bytes(row["body"]),
        headers=about["headers"],
        query=about["query"],
        method=about["method"],
        url=about["url"],
    )
    return Kept(
        id=row["id"],
        connection_id=row["connection_id"],
        raw=raw,
        attempts=row["attempts"],
        received_at=row["received_at"],
    )


async def _settle(
    desk: Desk, payload_id: UUID, status: str, error: str | None = None, delay: timedelta = GRACE
) -> None:
    values = {"id": payload_id, "status": status, "error": error, "at": desk.now(), "delay": delay}
    await desk.run(SQL["settle"], **values)
