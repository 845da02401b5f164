"""The hub: one tail of the stream a process, fanned out to whoever listens.

Each entry is decoded once and serialised once for each audience: all agents, and each shopper's
thread. A hole between two positions (Redis was wiped, or trimmed) is fetched from Postgres, so
listeners get every position of their own once and in order. While Redis is away the hub reads
Postgres alone. Drafts, typing and viewing come by Redis publish beside the stream; a draft that
an event has overtaken is dropped. An event that cannot be decoded is logged, and told to nobody.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from msgspec import UNSET
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.desk.database import Desk
from shopbell.desk.events.types import Event
from shopbell.realtime.audiences import Audiences, shopper_frame
from shopbell.realtime.frames import AnswerDraft, Viewing, encode
from shopbell.realtime.history import (
    Entry,
    Unread,
    first_kept,
    from_database,
    from_redis,
    read_redis,
)
from shopbell.realtime.listeners import Listener
from shopbell.realtime.live import Live, heed_cancel, live_frames
from shopbell.realtime.relay import HEAD, stream_key

log = structlog.get_logger()

RING = 5_000
BLOCK_MS = 1_000
FALL_BACK = 0.2
BATCH = 1_000
CATCH_UP = 5_000
KNOWN_EPOCHS = 10_000
VIEWED_FOR = 25.0


class Hub:
    """One process's view of the stream. `run` until cancelled."""

    def __init__(self, desk: Desk, redis: Redis, audiences: Audiences | None = None) -> None:
        self._desk = desk
        self._redis = redis
        self.audiences = audiences or Audiences()
        self._agents: set[Listener] = set()
        self._threads: dict[UUID, set[Listener]] = {}
        self._ring: deque[Event] = deque(maxlen=RING)
        self._epochs: OrderedDict[UUID, int] = OrderedDict()
        self._viewed: dict[UUID, tuple[float, str]] = {}
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.names: dict[UUID, str] = {}
        self.epoch = UUID(int=0)
        self.position = 0
        self.started = asyncio.Event()

    async def run(self) -> None:
        """Follow the stream and what is live beside it, for ever."""
        await self.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_stream())
            group.create_task(self._follow_live())

    # Who listens

    def listen(self, listener: Listener) -> Listener:
        """Tell this listener what comes after the hub's present position: the events of its
        thread, or, without one, all that agents see."""
        if listener.thread_id is None:
            self._agents.add(listener)
        else:
            self._threads.setdefault(listener.thread_id, set()).add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop telling it; leaving twice is no fault."""
        self._agents.discard(listener)
        if listener.thread_id is not None:
            held = self._threads.get(listener.thread_id)
            if held is not None:
                held.discard(listener)
                if not held:
                    del self._threads[listener.thread_id]

    def agents_listening(self) -> tuple[Listener, ...]:
        """The agents' sockets of this process."""
        return tuple(self._agents)

    def viewed_now(self) -> list[str]:
        """The `viewing` frames that still hold, for an agent who has just come."""
        now = monotonic()
        self._viewed = {k: v for k, v in self._viewed.items() if now - v[0] < VIEWED_FOR}
        return [text for _, text in self._viewed.values()]

    # What was missed

    async def resume(
        self, listener: Listener, epoch: UUID, after: int, upto: int
    ) -> list[tuple[int, str]] | None:
        """What this listener missed after a position and up to the one it listens from.

        From this process's memory, else Redis, else Postgres. None when the position belongs to
        another history, lies in the future or too far back, or when a shopper's thread was joined
        or parted since: then only a fresh state helps.
        """
        if epoch != self.epoch or after < 0:
            return None
        if after > upto and not await self._reached(after):
            return None
        events = await self._since(after, upto, listener.thread_id)
        if events is None or (listener.thread_id and any(map(_reshaped, events))):
            return None
        told = ((event.position, self._text(event, listener.thread_id)) for event in events)
        return [(position, text) for position, text in told if text is not None]

    async def _since(self, after: int, upto: int, thread_id: UUID | None) -> list[Event] | None:
        if after >= upto:
            return []
        if self._ring and self._ring[0].position <= after + 1:
            events = [event for event in self._ring if after < event.position <= upto]
        elif upto - after <= CATCH_UP and (
            found := await from_redis(self._redis, stream_key(self.epoch), after, upto)
        ):
            events = _readable(found)
        else:
            return await self._since_in_database(after, upto, thread_id)
        return [event for event in events if thread_id is None or event.thread_id == thread_id]

    async def _since_in_database(
        self, after: int, upto: int, thread_id: UUID | None
    ) -> list[Event] | None:
        if await first_kept(self._desk) > after + 1:
            return None
        entries = await from_database(self._desk, after, CATCH_UP + 1, upto, thread_id)
        return _readable(entries) if len(entries) <= CATCH_UP else None

    async def _reached(self, position: int) -> bool:
        """Whether this process sees the position within a second: another may be ahead of it."""
        if position <= self.position:
            return True
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((position, future))
        try:
            await asyncio.wait_for(future, 1.0)
        except TimeoutError:
            return False
        return True

    # Following

    async def start(self) -> None:
        """Take the stream's present position, once. Nobody may listen before: what was told until
        then would be missing from what they hear."""
        if self.started.is_set():
            return
        async with self._desk.pool.connection() as connection:
            row = await (await connection.execute(HEAD)).fetchone()
            agents = await (await connection.execute("SELECT id, name FROM agent")).fetchall()
        if row is None:
            raise LookupError("the stream's row is missing: run `shopbell migrate`")
        self.names = {agent["id"]: agent["name"] for agent in agents}
        self.epoch, self.position = row["epoch"], row["position"]
        self.started.set()

    async def _follow_stream(self) -> None:
        while True:
            heed_cancel()
            try:
                await self._step()
            except (OperationalError, PoolTimeout) as away:
                log.warning("hub database away", error=type(away).__name__)
                await asyncio.sleep(FALL_BACK)

    async def _step(self) -> None:
        try:
            entries = await self._tail()
        except (RedisError, OSError) as away:
            log.warning("hub redis away", error=type(away).__name__)
            await self._catch_up()
            await asyncio.sleep(FALL_BACK)
            return
        if not entries or entries[-1].position != self.position + len(entries):
            await self._catch_up()
        self._take(entries)

    async def _catch_up(self) -> None:
        """Read Postgres until it holds nothing newer."""
        while entries := await from_database(self._desk, self.position, BATCH):
            self._take(entries)
            if len(entries) < BATCH:
                return

    async def _tail(self) -> list[Entry]:
        key = stream_key(self.epoch)
        found: Any = await self._redis.xread(
            {key: f"{self.position}-0"}, count=BATCH, block=BLOCK_MS
        )
        return read_redis(found[0][1]) if found else []

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.position <= self.position:
                continue
            self.position = entry.position
            if isinstance(entry, Unread):
                log.error("hub event not understood", position=entry.position, error=entry.error)
                continue
            self._ring.append(entry)
            self._learn(entry)
            self._tell(entry)
        if self._waiting:
            self._waiting = [one for one in self._waiting if not self._answered(*one)]

    def _answered(self, position: int, future: asyncio.Future[None]) -> bool:
        if position > self.position and not future.done():
            return False
        if not future.done():
            future.set_result(None)
        return True

    def _learn(self, event: Event) -> None:
        if event.ticket is not UNSET:
            self._epochs[event.ticket.id] = event.ticket.epoch
            self._epochs.move_to_end(event.ticket.id)
            if len(self._epochs) > KNOWN_EPOCHS:
                self._epochs.popitem(last=False)
        if event.agent is not UNSET:
            self.names[event.agent.id] = event.agent.name
        elif event.actor.kind == "agent" and event.actor.id is not None:
            self.names.setdefault(event.actor.id, event.actor.name)

    def _tell(self, event: Event) -> None:
        if event.kind == "session.revoked" or event.agent is not UNSET:
            self._revoke(event)
        if event.kind != "session.revoked" and self._agents:
            text = self.audiences.for_agents(event)
            for listener in tuple(self._agents):
                listener.event(event.position, text)
        held = self._threads.get(event.thread_id) if event.thread_id else None
        if held and self._left(event):
            for listener in tuple(held):
                listener.revoke()
        elif held and (told := self._text(event, event.thread_id)) is not None:
            for listener in tuple(held):
                listener.event(event.position, told)

    def _text(self, event: Event, thread_id: UUID | None) -> str | None:
        if thread_id is not None:
            return self.audiences.for_shopper(event, self.names)
        return None if event.kind == "session.revoked" else self.audiences.for_agents(event)

    def _revoke(self, event: Event) -> None:
        """End the sockets of an ended session, of an agent who was disabled or got another role,
        of a visitor who ended."""
        agent = event.agent if event.agent is not UNSET else None
        ended = event.session_id if event.session_id is not UNSET else None
        shoppers = self._threads.get(event.thread_id, ()) if event.thread_id else ()
        for listener in (*self._agents, *shoppers):
            changed = (
                agent is not None
                and listener.agent_id == agent.id
                and (agent.disabled or agent.role != listener.role)
            )
            if changed or (ended is not None and listener.session_id == ended):
                listener.revoke()

    def _left(self, event: Event) -> bool:
        """Whether this thread was emptied into another, or two were made of it: who listens must
        come again, to hear the thread that is theirs."""
        if event.kind == "customer.parted":
            return True
        return (
            event.kind == "customer.joined"
            and event.thread is not UNSET
            and event.thread.last_seq == 0
        )

    async def _follow_live(self) -> None:
        while True:
            heed_cancel()
            try:
                async for live in live_frames(self._redis, self.epoch):
                    self._tell_live(live)
            except (RedisError, OSError) as away:
                log.warning("hub live away", error=type(away).__name__)
            await asyncio.sleep(FALL_BACK)

    def _tell_live(self, live: Live) -> None:
        frame = live.frame
        if (
            isinstance(frame, AnswerDraft)
            and frame.ticket_id is not None
            and frame.epoch < self._epochs.get(frame.ticket_id, 0)
        ):
            return
        if live.to != "shopper":
            text = encode(frame).decode()
            if isinstance(frame, Viewing):
                self._viewed[frame.ticket_id] = (monotonic(), text)
            for listener in tuple(self._agents):
                listener.loose(text)
        held = self._threads.get(live.thread_id) if live.thread_id else None
        if live.to != "agents" and held and (shown := shopper_frame(frame)) is not None:
            for listener in tuple(held):
                listener.loose(shown)


def _reshaped(event: Event) -> bool:
    return event.kind in ("customer.joined", "customer.parted")


def _readable(entries: Sequence[Entry]) -> list[Event]:
    return [entry for entry in entries if not isinstance(entry, Unread)]
