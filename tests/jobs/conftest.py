"""Workers over the test's own desk, with thoughts that the test decides."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast
from uuid import UUID

import pytest
from redis.asyncio import Redis

from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.ports import Ports
from shopbell.assistant.types import Answer, Decision, HandOff, OnDraft, Thought, Trace, TurnContext
from shopbell.assistant.words.listen import Listener
from shopbell.desk.database import Desk
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import Written, receive
from shopbell.desk.messages.types import Draft
from shopbell.jobs.room import Room
from shopbell.jobs.worker import working
from shopbell.realtime.live import Live, live_frames
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop

__all__ = ["shop"]

Row = dict[str, Any]


async def until(holds: Callable[[], Awaitable[object]], within: float = 15.0) -> None:
    """Wait for a condition, and fail when it does not come in time."""
    async with asyncio.timeout(within):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.01)


async def rows(desk: Desk, query: str, *values: object) -> list[Row]:
    async with desk.pool.connection() as connection:
        return await (await connection.execute(query.encode(), values)).fetchall()


def answered(text: str, query: str = "Does it run small at all?") -> Thought:
    return _thought(Answer(text=text, language="en", citations=(), confidence=0.9), query)


def handed_off(text: str = "A person will help you.") -> Thought:
    decision = HandOff(
        reason="no_grounded_answer", why="Nothing fits.", text=text, language="en",
        summary="They ask about sizes.", wants="A size", suggested_reply="Take M.",
    )  # fmt: skip
    return _thought(decision, "sizes")


def _thought(decision: Decision, query: str) -> Thought:
    trace = Trace(
        query=query, language="en", decision="answer", why="It says so.", confidence=0.9,
        latency_ms=1.0,
    )  # fmt: skip
    return Thought(decision=decision, trace=trace, language="en")


class Mind:
    """Thinks what it is told to: each call waits for the next thought that the test gives it."""

    def __init__(self) -> None:
        self.contexts: list[TurnContext] = []
        self.begun = asyncio.Event()
        self._thoughts: asyncio.Queue[Thought | Exception] = asyncio.Queue()
        self.draft: OnDraft | None = None

    def give(self, *thoughts: Thought | Exception) -> None:
        for thought in thoughts:
            self._thoughts.put_nowait(thought)

    async def think(self, context: TurnContext, ports: Ports, on_draft: OnDraft) -> Thought:
        self.contexts.append(context)
        self.draft = on_draft
        self.begun.set()
        thought = await self._thoughts.get()
        if isinstance(thought, Exception):
            raise thought
        return thought

    async def wait_until_begun(self) -> None:
        async with asyncio.timeout(15):
            await self.begun.wait()
        self.begun.clear()


@pytest.fixture
def mind() -> Mind:
    return Mind()


async def cold_ports(desk: Desk, settings: Settings) -> Ports:
    """Ports that load nothing: for thoughts that the test decides."""
    return Ports(pool=desk.pool, embedder=LocalEmbedder(), listener=cast("Listener", None))


@asynccontextmanager
async def worker(settings: Settings, mind: Mind) -> AsyncGenerator[Room]:
    async with working(settings, ports=cold_ports, think=mind.think) as room:
        yield room


async def say(shop: Shop, thread: UUID, text: str = "Does it run small?") -> Written:
    return await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text=text))


async def turn_is(shop: Shop, status: str) -> bool:
    found = await rows(shop.desk, "SELECT status FROM turn ORDER BY created_at DESC LIMIT 1")
    return bool(found) and found[0]["status"] == status


async def said(shop: Shop) -> list[tuple[str, str]]:
    """Every public message, by author and text, in order."""
    found = await rows(
        shop.desk, "SELECT author_kind, text FROM message WHERE visibility = 'public' ORDER BY seq"
    )
    return [(row["author_kind"], row["text"]) for row in found]


@pytest.fixture
async def shown(redis_url: str, shop: Shop) -> AsyncIterator[list[Live]]:
    """Every live frame of the test, as it comes."""
    frames: list[Live] = []
    epoch = (await rows(shop.desk, "SELECT epoch FROM stream"))[0]["epoch"]
    async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
        keep = frames.append

        async def listen() -> None:
            async for live in live_frames(redis, epoch):
                keep(live)

        task = asyncio.create_task(listen())
        client: Any = redis

        async def listening() -> bool:
            return bool(await client.pubsub_channels())

        await until(listening)
        yield frames
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
