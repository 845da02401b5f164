"""The hub: every listener gets every position of its own once, in order, whatever Redis does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from shopbell.desk.ids import uuid7
from shopbell.realtime.frames import CLOSE_RESUME, AgentOut, Events
from shopbell.realtime.hub import RING, Hub
from shopbell.realtime.listeners import QUEUE, Ended, Listener
from tests.desk.conftest import Shop, shop
from tests.realtime.test_relay import leading, say

__all__ = ["shop"]


@asynccontextmanager
async def following(shop: Shop, redis_url: str) -> AsyncGenerator[Hub]:
    async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
        hub = Hub(shop.desk, redis)
        task = asyncio.create_task(hub.run())
        await hub.started.wait()
        yield hub
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def positions(listener: Listener, upto: int) -> list[int]:
    seen: list[int] = []
    async for text in listener.frames():
        frame = msgspec.json.decode(text, type=AgentOut)
        assert isinstance(frame, Events)
        seen += [event.position for event in frame.events]
        assert frame.position == seen[-1]
        if seen[-1] >= upto:
            return seen
    raise AssertionError("the listener ended")


async def test_two_hubs_see_every_event_once_and_in_order(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with (
        following(shop, redis_url) as one,
        following(shop, redis_url) as two,
        leading(database_url, redis_url),
    ):
        listeners = [hub.listen(Listener()) for hub in (one, two)]
        await asyncio.gather(*(say(shop, 5) for _ in range(4)))
        for listener in listeners:
            assert await positions(listener, 20) == list(range(1, 21))


async def test_what_was_missed_comes_from_memory_else_redis_else_postgres(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url), following(shop, redis_url) as early:
        listener = early.listen(Listener())
        await say(shop, 6)
        await positions(listener, 6)
        async with following(shop, redis_url) as late:
            for hub in (early, late):
                missed = await hub.resume(Listener(), hub.epoch, 2, 6)
                assert [position for position, _ in missed or []] == [3, 4, 5, 6]
            async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
                await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]
            missed = await late.resume(Listener(), late.epoch, 2, 6)
            assert [position for position, _ in missed or []] == [3, 4, 5, 6]
            stranger = await late.resume(Listener(uuid7()), late.epoch, 2, 6)
            assert stranger == []
            async with shop.desk.pool.connection() as connection:
                await connection.execute("DELETE FROM event WHERE position <= 4")
            assert await late.resume(Listener(), late.epoch, 2, 6) is None


NEWER = b"""
    INSERT INTO outbox (kind, payload, at)
    VALUES ('ticket.dreamt', '{"kind": "ticket.dreamt"}', now()), ('', '[]', now())
"""


async def test_events_of_a_newer_release_are_logged_once_and_told_to_nobody(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url), following(shop, redis_url) as early:
        listener = early.listen(Listener())
        with capture_logs() as said:
            await say(shop, 2)
            await positions(listener, 2)
            async with shop.desk.pool.connection() as connection:
                await connection.execute(NEWER)
            await say(shop, 2)
            assert await positions(listener, 6) == [5, 6]
            async with following(shop, redis_url) as late:
                for hub in (early, late):
                    missed = await hub.resume(Listener(), hub.epoch, 1, 6)
                    assert [position for position, _ in missed or []] == [2, 5, 6]
                async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
                    await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]
                missed = await late.resume(Listener(), late.epoch, 1, 6)
                assert [position for position, _ in missed or []] == [2, 5, 6]
            await say(shop, 1)
            assert await positions(listener, 7) == [7]
    told = [entry["position"] for entry in said if entry["event"] == "hub event not understood"]
    assert told == [3, 4]


async def test_another_history_or_the_future_cannot_be_resumed(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url), following(shop, redis_url) as hub:
        listener = hub.listen(Listener())
        await say(shop, 2)
        await positions(listener, 2)
        assert await hub.resume(listener, uuid7(), 1, 2) is None
        assert await hub.resume(listener, hub.epoch, 99, 2) is None
        assert await hub.resume(listener, hub.epoch, 2, 2) == []


async def test_a_wiped_redis_loses_nothing(shop: Shop, database_url: str, redis_url: str) -> None:
    async with following(shop, redis_url) as hub, leading(database_url, redis_url):
        listener = hub.listen(Listener())
        await say(shop, 3)
        first = await positions(listener, 3)
        async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
            await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]
        await say(shop, 3)
        assert first + await positions(listener, 6) == [1, 2, 3, 4, 5, 6]


async def test_a_listener_that_reads_nothing_is_told_to_resume() -> None:
    ended: list[int] = []
    slow = Listener()
    slow.on_end = ended.append
    for position in range(1, QUEUE + 2):
        slow.event(position, "{}")
    with pytest.raises(Ended) as told:
        await anext(slow.frames())
    assert told.value.code == CLOSE_RESUME
    assert ended == [CLOSE_RESUME]
    assert slow.waiting() == []
    assert RING > QUEUE


async def test_a_shopper_hears_their_own_thread_only_and_no_notes(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with following(shop, redis_url) as hub, leading(database_url, redis_url):
        everyone, stranger = hub.listen(Listener()), hub.listen(Listener(uuid7()))
        await say(shop, 3)
        await positions(everyone, 3)
        assert stranger.waiting() == []
