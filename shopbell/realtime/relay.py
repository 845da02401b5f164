"""The relay: moves committed outbox rows into the stream, and from there to Redis.

What it guarantees. One leader at a time holds a Postgres session lock. A move is one transaction:
rows leave the outbox and enter `event` with the next gap-free positions, so each committed row
gets exactly one position. Rows of one thread are written under that thread's lock, so their ids
are their commit order and a move never overtakes within a thread. A move is published by XADD
with the explicit id `<position>-0`: Redis refuses a repeat, so publishing is at least once and
seen once. `stream.published` is written with the next move; after a crash a new leader publishes
again from there, which costs one refused XADD an event. A wiped Redis begins again at the next
position; readers fetch the gap from Postgres. Moving never waits for Redis: while it is away or
full, readers find every event in Postgres, and Redis is brought up to date when it is back.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import aiosql
import structlog
from msgspec import Struct
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import DictRow, dict_row
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from shopbell.realtime.live import heard, heed_cancel, wake_key

log = structlog.get_logger()

_read_queries = cast("Callable[..., Any]", aiosql.from_path)  # pyright: ignore[reportUnknownMemberType]
_queries = _read_queries(
    Path(__file__).with_name("relay.sql"), "psycopg", mandatory_parameters=False
)
MOVE, HEAD, EVENTS_AFTER, FIRST_KEPT, LEAD = (
    getattr(_queries, name).sql.encode()
    for name in ("move", "head", "events_after", "first_kept", "lead")
)
EVENTS_BETWEEN: dict[str, bytes] = {
    "all": _queries.events_between.sql.encode(),
    "thread": _queries.events_of_thread.sql.encode(),
}
BATCH = 500
POLL = 0.2
KEEP = 100_000
MOST_FRESH = 2 * BATCH
IDLE_LIMIT = "5s"


class Moved(Struct, frozen=True, kw_only=True):
    """An event with its position; `payload` is its JSON, still without one."""

    position: int
    kind: str
    payload: str


Triggers = Callable[[Sequence[Moved]], Awaitable[None]]
"""Enqueues the jobs that events call for; it may be told of an event more than once."""


async def no_triggers(moved: Sequence[Moved]) -> None:
    """For processes that run no jobs."""


def stream_key(epoch: UUID, partition: int = 0) -> str:
    """The Redis key of one history's stream; a restore begins a new key."""
    return f"shopbell:{epoch}:stream:{partition}"


class Relay:
    """One candidate for leadership. `run` until cancelled; `wake` when a commit left events."""

    def __init__(self, database_url: str, redis: Redis, triggers: Triggers = no_triggers) -> None:
        self._database_url = database_url
        self._redis = redis
        self._triggers = triggers
        self._woken = asyncio.Event()
        self._moved = asyncio.Event()
        self._position = 0
        self._published = 0
        self._fresh: list[Moved] = []
        self._wake_key = ""
        self._telling: asyncio.Task[None] | None = None
        self.leading = False

    def wake(self) -> None:
        """Have the leader, here or in another process, look into the outbox now."""
        if self.leading:
            self._woken.set()
        elif self._wake_key and self._telling is None:
            self._telling = asyncio.create_task(self._tell_the_leader())

    async def run(self) -> None:
        """Lead whenever nobody else does, for ever. Once it is cancelled nothing tells the leader
        any more, so that the connections to Redis may be closed."""
        try:
            while True:
                try:
                    await self._lead()
                except* OperationalError as lost:
                    log.warning("relay database lost", error=str(lost.exceptions[0]).strip())
                finally:
                    self.leading = False
                await asyncio.sleep(POLL)
        finally:
            self._wake_key = ""
            if self._telling is not None:
                self._telling.cancel()
                await asyncio.wait((self._telling,))

    async def _lead(self) -> None:
        connection = await AsyncConnection[DictRow].connect(
            self._database_url,
            autocommit=True,
            row_factory=dict_row,
            application_name=f"shopbell relay {os.getpid()}",
        )
        async with connection:
            # A stopped leader (SIGSTOP, a frozen host) must not hold the lock for ever.
            await connection.execute(f"SET idle_session_timeout = '{IDLE_LIMIT}'".encode())
            self._wake_key = wake_key((await _one(connection, HEAD))["epoch"])
            while not (await _one(connection, LEAD))["leading"]:
                await self._pause()
            head = await _one(connection, HEAD)
            self._position, self._published = head["position"], head["published"]
            self._fresh = []
            self.leading = True
            log.info("relay leads", position=head["position"])
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear_writers())
                group.create_task(self._move_for_ever(connection))
                group.create_task(self._publish_for_ever(connection, stream_key(head["epoch"])))

    async def _tell_the_leader(self) -> None:
        client: Any = self._redis
        try:
            with suppress(RedisError, OSError):
                await client.publish(self._wake_key, b"")
        finally:
            self._telling = None

    async def _hear_writers(self) -> None:
        """Wake when another process says that it left events; polling covers what is missed."""
        while True:
            heed_cancel()
            with suppress(RedisError, OSError):
                async for _ in heard(self._redis, self._wake_key):
                    self._woken.set()
            await asyncio.sleep(POLL)

    async def _move_for_ever(self, connection: AsyncConnection[DictRow]) -> None:
        """Give what is committed its positions, whether or not Redis is there to hear of it."""
        while True:
            self._woken.clear()
            values = {"batch": BATCH, "published": self._published}
            rows = await (await connection.execute(MOVE, values)).fetchall()
            if rows:
                self._position = rows[-1]["position"]
                if len(self._fresh) < MOST_FRESH:
                    self._fresh += [_moved(row) for row in rows]
                self._moved.set()
            if len(rows) < BATCH:
                await self._pause()

    async def _publish_for_ever(self, connection: AsyncConnection[DictRow], key: str) -> None:
        """Bring to Redis what was moved, by this leader or a former one, however long it takes."""
        while True:
            self._moved.clear()
            while self._published < self._position:
                heed_cancel()
                moved = await self._next(connection)
                try:
                    await self._add(key, moved)
                    await self._triggers(moved)
                except (RedisError, OSError) as away:
                    log.warning("relay redis away", error=type(away).__name__)
                    await asyncio.sleep(POLL)
                else:
                    self._published = moved[-1].position
            heed_cancel()
            await self._moved.wait()

    async def _next(self, connection: AsyncConnection[DictRow]) -> Sequence[Moved]:
        """What follows on the last one published: from memory, else from the table."""
        fresh, self._fresh = self._fresh, []
        if fresh and fresh[0].position == self._published + 1:
            return fresh
        values = {"after": self._published, "batch": BATCH}
        rows = await (await connection.execute(EVENTS_AFTER, values)).fetchall()
        return [_moved(row) for row in rows]

    async def _add(self, key: str, moved: Sequence[Moved]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for one in moved:
            pipeline.xadd(
                key,
                {"k": one.kind, "e": one.payload},
                id=f"{one.position}-0",
                maxlen=KEEP,
                approximate=True,
            )
        for result in await pipeline.execute(raise_on_error=False):
            if isinstance(result, ResponseError) and "equal or smaller" in str(result):
                continue
            if isinstance(result, Exception):
                raise result

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await self._woken.wait()


async def _one(connection: AsyncConnection[DictRow], query: bytes) -> DictRow:
    row = await (await connection.execute(query)).fetchone()
    if row is None:
        raise LookupError("the stream's row is missing: run `shopbell migrate`")
    return row


def _moved(row: DictRow) -> Moved:
    return Moved(position=row["position"], kind=row["kind"], payload=row["payload"])
