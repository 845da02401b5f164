"""The relay stopped between its two writes: rows are moved to `event`, and Redis has not heard."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import OutOfMemoryError

from shopbell.realtime.relay import Moved, Relay
from tests.desk.conftest import Shop, shop
from tests.realtime.test_relay import leading, published, say, until

__all__ = ["shop"]

Before = Callable[[], Awaitable[None]]


class Faulty:
    """A Redis whose pipelines first do what the test says: raise, or never come to an end."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self.before: Before = _nothing
        self.reached = asyncio.Event()

    def pipeline(self, **options: Any) -> Any:
        pipeline = self._redis.pipeline(**options)
        execute = pipeline.execute

        async def first(**options: Any) -> Any:
            self.reached.set()
            await self.before()
            return await execute(**options)

        pipeline.execute = first
        return pipeline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._redis, name)


async def _nothing() -> None:
    """No fault."""


async def for_ever() -> None:
    """Stand still, as a process does that is about to be killed."""
    await asyncio.get_running_loop().create_future()


def raising(error: Exception) -> Before:
    async def fail() -> None:
        raise error

    return fail


@asynccontextmanager
async def faulty(
    database_url: str, redis_url: str, before: Before, triggers: Any = None
) -> AsyncGenerator[tuple[Relay, Faulty]]:
    """A leading relay over a Redis with a fault."""
    async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
        broken = Faulty(redis)
        broken.before = before
        given = (triggers,) if triggers else ()
        relay = Relay(database_url, cast("Redis", broken), *given)
        task = asyncio.create_task(relay.run())

        async def leads() -> bool:
            return relay.leading

        await until(leads)
        yield relay, broken
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_died_between_the_move_and_redis_is_published_by_the_next_leader(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with faulty(database_url, redis_url, for_ever) as (_, broken):
        await say(shop, 3)
        await broken.reached.wait()
        assert await shop.count("event") >= 1
        assert await published(redis_url, database_url) == []
    async with leading(database_url, redis_url):

        async def three() -> bool:
            return await published(redis_url, database_url) == [1, 2, 3]

        await until(three)
    assert await shop.count("event") == 3


async def test_what_died_between_redis_and_its_own_book_is_not_published_twice(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    told: list[int] = []

    async def die(moved: Sequence[Moved]) -> None:
        told.extend(one.position for one in moved)
        await for_ever()

    async with faulty(database_url, redis_url, _nothing, die):
        await say(shop, 1)

        async def enqueued() -> bool:
            return bool(told)

        await until(enqueued)
        assert await published(redis_url, database_url) == [1]
    async with leading(database_url, redis_url):
        await say(shop, 1)

        async def two() -> bool:
            return await published(redis_url, database_url) == [1, 2]

        await until(two)


async def test_moving_goes_on_while_redis_is_away_or_full_and_redis_catches_up(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    full = OutOfMemoryError("OOM command not allowed when used memory > 'maxmemory'.")
    for number, error in enumerate((RedisGone("gone"), full)):
        async with faulty(database_url, redis_url, raising(error)) as (_, broken):
            for _ in range(4):
                await say(shop, 3)
            most = 12 * (number + 1)

            async def moved(most: int = most) -> bool:
                return await shop.count("event") == most

            await until(moved)
            assert len(await published(redis_url, database_url)) == most - 12
            broken.before = _nothing

            async def caught_up(most: int = most) -> bool:
                return await published(redis_url, database_url) == list(range(1, most + 1))

            await until(caught_up)
