"""Events that have happened, read back from Redis or from Postgres."""

from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.desk.database import Desk
from shopbell.desk.events.types import Event
from shopbell.realtime.relay import EVENTS_BETWEEN, FIRST_KEPT


def decode_event(position: int, payload: str | bytes) -> Event:
    """An event from the stream, with its position."""
    event = msgspec.json.decode(payload, type=Event)
    return msgspec.structs.replace(event, position=position)


async def from_redis(redis: Redis, key: str, after: int, upto: int) -> list[Event] | None:
    """Every event after one position and up to another, or None when Redis does not hold all."""
    client: Any = redis
    try:
        found = await client.xrange(key, min=f"{after + 1}-0", max=f"{upto}-0")
    except (RedisError, OSError):
        return None
    if len(found) != upto - after:
        return None
    return [decode_event(int(name.split(b"-")[0]), fields[b"e"]) for name, fields in found]


async def from_database(
    desk: Desk, after: int, limit: int, upto: int | None = None, thread_id: UUID | None = None
) -> list[Event]:
    """At most `limit` events after a position, of one thread or of all, in order."""
    values = {"after": after, "upto": upto, "thread": thread_id, "batch": limit}
    query = EVENTS_BETWEEN["all" if thread_id is None else "thread"]
    async with desk.pool.connection() as connection:
        rows = await (await connection.execute(query, values)).fetchall()
    return [decode_event(row["position"], row["payload"]) for row in rows]


async def first_kept(desk: Desk) -> int:
    """The oldest position that Postgres still holds; 1 while there is none."""
    async with desk.pool.connection() as connection:
        row = await (await connection.execute(FIRST_KEPT)).fetchone()
    return row["position"] if row and row["position"] else 1
