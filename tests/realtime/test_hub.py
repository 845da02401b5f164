"""The hub: every listener gets every position of its own once, in order, whatever Redis does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from shopbell.realtime.hub import QUEUE, Behind, Hub, Listener
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
    async for batch in listener.batches():
        seen += [event.position for event in batch]
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
        listeners = [hub.listen(lambda _: True) for hub in (one, two)]
        await asyncio.gather(*(say(shop, 5) for _ in range(4)))
        for listener in listeners:
            assert await positions(listener, 20) == list(range(1, 21))
        assert [event.position for event in one.missed(15) or []] == [16, 17, 18, 19, 20]
        assert one.missed(99) is None


async def test_a_wiped_redis_loses_nothing(shop: Shop, database_url: str, redis_url: str) -> None:
    async with following(shop, redis_url) as hub, leading(database_url, redis_url):
        listener = hub.listen(lambda _: True)
        await say(shop, 3)
        first = await positions(listener, 3)
        async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
            await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]
        await say(shop, 3)
        assert first + await positions(listener, 6) == [1, 2, 3, 4, 5, 6]


async def test_a_listener_that_reads_nothing_is_told_to_resume(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with following(shop, redis_url) as hub, leading(database_url, redis_url):
        probe, slow = hub.listen(lambda _: True), hub.listen(lambda _: True)
        await say(shop, 1)
        async for batch in probe.batches():
            for _ in range(QUEUE + 1):
                slow.put(batch)
            break
        with pytest.raises(Behind):
            await anext(slow.batches())
