"""Events that have happened, read back from Redis or from Postgres.

A row that this release cannot read (a newer kind of event, in the middle of a deploy) keeps its
place as `Unread`, so that whoever counts positions counts it too.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.desk.database import Desk
from shopbell.desk.events.types import Event
from shopbell.realtime.relay import EVENTS_BETWEEN, FIRST_KEPT


class Unread(Struct, frozen=True, kw_only=True):
    """The place of an event that could not be decoded, and why not."""

    position: int
    error: str


Entry = Event | Unread


def decode_event(position: int, payload: str | bytes) -> Event:
    """An event from the stream, with its position. Raises msgspec.DecodeError."""
    event = msgspec.json.decode(payload, type=Event)
    return msgspec.structs.replace(event, position=position)


def read_entry(position: int, payload: str | bytes) -> Entry:
    """What stands at a position of the stream, readable or not."""
    try:
        return decode_event(position, payload)
    except msgspec.DecodeError as wrong:
        return Unread(position=position, error=str(wrong))


def read_redis(found: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> list[Entry]:
    """The entries of an XREAD or XRANGE answer, in its order."""
    return [read_entry(int(name.split(b"-")[0]), fields.get(b"e", b"")) for name, fields in found]


async def from_redis(redis: Redis, key: str, after: int, upto: int) -> list[Entry] | None:
    """Everything after one position and up to another, or None when Redis does not hold all."""
    client: Any = redis
    try:
        found = await client.xrange(key, min=f"{after + 1}-0", max=f"{upto}-0")
    except (RedisError, OSError):
        return None
    if len(found) != upto - after:
        return None
    return read_redis(found)


async def from_database(
    desk: Desk, after: int, limit: int, upto: int | None = None, thread_id: UUID | None = None
) -> list[Entry]:
    """At most `limit` entries after a position, of one thread or of all, in order."""
    values = {"after": after, "upto": upto, "thread": thread_id, "batch": limit}
    query = EVENTS_BETWEEN["all" if thread_id is None else "thread"]
    async with desk.pool.connection() as connection:
        rows = await (await connection.execute(query, values)).fetchall()
    return [read_entry(row["position"], row["payload"]) for row in rows]


async def first_kept(desk: Desk) -> int:
    """The oldest position that Postgres still holds; 1 while there is none."""
    async with desk.pool.connection() as connection:
        row = await (await connection.execute(FIRST_KEPT)).fetchone()
    return row["position"] if row and row["position"] else 1
