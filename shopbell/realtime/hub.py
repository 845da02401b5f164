"""The hub: one tail of the stream a process, fanned out to whoever listens.

Each entry is decoded once. A reader that sees a hole between two positions (Redis was wiped, or
trimmed) fetches it from Postgres, so listeners get every position once and in order. While Redis
is away the hub reads Postgres alone. A listener's queue is bounded: one that does not keep up is
told to resume and never slows another.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.desk.database import Desk
from shopbell.desk.events.types import Event
from shopbell.realtime.relay import EVENTS_AFTER, HEAD, stream_key

log = structlog.get_logger()

QUEUE = 1_000
RING = 5_000
BLOCK_MS = 1_000
FALL_BACK = 0.2
BATCH = 1_000


class Behind(Exception):
    """This listener did not keep up: it must resume from its last position."""


class Listener:
    """One bounded queue of events; `wants` says which concern it."""

    def __init__(self, wants: Callable[[Event], bool]) -> None:
        self.wants = wants
        self._queue: deque[Event] = deque()
        self._ready = asyncio.Event()
        self._behind = False

    def put(self, events: Sequence[Event]) -> None:
        """Queue what concerns this listener, or mark it as behind when the queue is full."""
        wanted = [event for event in events if self.wants(event)]
        if not wanted:
            return
        if len(self._queue) + len(wanted) > QUEUE:
            self._behind = True
            self._queue.clear()
        elif not self._behind:
            self._queue.extend(wanted)
        self._ready.set()

    async def batches(self) -> AsyncIterator[list[Event]]:
        """Whatever has come since the last batch, as one list. Raises Behind."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            if self._behind:
                raise Behind
            batch = list(self._queue)
            self._queue.clear()
            if batch:
                yield batch


class Hub:
    """One process's view of the stream. `run` until cancelled."""

    def __init__(self, desk: Desk, redis: Redis) -> None:
        self._desk = desk
        self._redis = redis
        self._listeners: set[Listener] = set()
        self._ring: deque[Event] = deque(maxlen=RING)
        self.epoch = UUID(int=0)
        self.position = 0
        self.started = asyncio.Event()

    async def run(self) -> None:
        """Follow the stream for ever."""
        await self._start()
        while True:
            try:
                entries = await self._tail()
            except (RedisError, OSError) as away:
                log.warning("hub redis away", error=type(away).__name__)
                self._take(await self._from_database())
                await asyncio.sleep(FALL_BACK)
                continue
            if entries and entries[-1].position != self.position + len(entries):
                self._take(await self._from_database())
            self._take(entries)
            if not entries:
                self._take(await self._from_database())

    def listen(self, wants: Callable[[Event], bool]) -> Listener:
        """A listener for events after the hub's present position."""
        listener = Listener(wants)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop listening; leaving twice is no fault."""
        self._listeners.discard(listener)

    def missed(self, after: int) -> list[Event] | None:
        """Events between a position and the present; None when it lies too far back to tell."""
        if after > self.position:
            return None
        if after == self.position:
            return []
        if not self._ring or self._ring[0].position > after + 1:
            return None
        return [event for event in self._ring if event.position > after]

    async def _start(self) -> None:
        async with self._desk.pool.connection() as connection:
            row = await (await connection.execute(HEAD)).fetchone()
        if row is None:
            raise LookupError("the stream's row is missing: run `shopbell migrate`")
        self.epoch, self.position = row["epoch"], row["position"]
        self.started.set()

    async def _tail(self) -> list[Event]:
        key = stream_key(self.epoch)
        found: Any = await self._redis.xread(
            {key: f"{self.position}-0"}, count=BATCH, block=BLOCK_MS
        )
        if not found:
            return []
        return [
            decode_event(int(name.split(b"-")[0]), fields[b"e"]) for name, fields in found[0][1]
        ]

    async def _from_database(self) -> list[Event]:
        async with self._desk.pool.connection() as connection:
            values = {"after": self.position, "batch": BATCH}
            rows = await (await connection.execute(EVENTS_AFTER, values)).fetchall()
        return [decode_event(row["position"], row["payload"]) for row in rows]

    def _take(self, events: Sequence[Event]) -> None:
        fresh = [event for event in events if event.position > self.position]
        if not fresh:
            return
        self.position = fresh[-1].position
        self._ring.extend(fresh)
        for listener in tuple(self._listeners):
            listener.put(fresh)


def decode_event(position: int, payload: str | bytes) -> Event:
    """An event from the stream, with its position."""
    event = msgspec.json.decode(payload, type=Event)
    return msgspec.structs.replace(event, position=position)
