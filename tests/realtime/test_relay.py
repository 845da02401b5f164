"""The relay: every committed event once, in order, whatever dies."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import psycopg
from redis.asyncio import Redis

from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.realtime.relay import Relay, stream_key
from tests.desk.conftest import Shop, shop

__all__ = ["shop"]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; the test's own time limit is the deadline."""
    while True:
        if await holds():
            return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def leading(database_url: str, redis_url: str) -> AsyncGenerator[Relay]:
    async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
        relay = Relay(database_url, redis)
        task = asyncio.create_task(relay.run())
        yield relay
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def published(redis_url: str, database_url: str) -> list[int]:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT epoch FROM stream").fetchone()
    assert row is not None
    async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
        entries = await redis.xrange(stream_key(row[0]))
    return [int(name.split(b"-")[0]) for name, _ in entries]


async def say(shop: Shop, count: int) -> None:
    thread = await shop.thread()
    for number in range(count):
        await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text=f"{number}"))


async def test_each_commit_gets_the_next_position_and_reaches_redis(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url):
        await asyncio.gather(*(say(shop, 5) for _ in range(6)))

        async def there() -> bool:
            return await published(redis_url, database_url) == list(range(1, 31))

        await until(there)
    assert await shop.count("outbox") == 0


async def test_events_of_a_thread_keep_its_order(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url):
        await asyncio.gather(*(say(shop, 8) for _ in range(4)))

        async def moved() -> bool:
            return await shop.count("event") == 32

        await until(moved)
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT thread_id, payload::text AS payload FROM event ORDER BY position"
        )
        rows = await found.fetchall()
    seen: dict[object, list[int]] = {}
    for row in rows:
        event = msgspec.json.decode(row["payload"], type=Event)
        assert event.message
        seen.setdefault(row["thread_id"], []).append(event.message.seq)
    assert list(seen.values()) == [list(range(1, 9))] * 4


async def test_a_new_leader_publishes_what_the_old_one_only_moved(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url):
        await say(shop, 3)

        async def three() -> bool:
            return await published(redis_url, database_url) == [1, 2, 3]

        await until(three)
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE stream SET published = 0")
    async with Redis.from_url(redis_url) as redis:  # pyright: ignore[reportUnknownMemberType]
        await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]
    async with leading(database_url, redis_url):
        await until(three)


async def test_only_one_of_two_leads_and_the_other_follows_on(
    shop: Shop, database_url: str, redis_url: str
) -> None:
    async with leading(database_url, redis_url) as second:
        async with leading(database_url, redis_url) as first:

            async def one_leads() -> bool:
                return first.leading or second.leading

            await until(one_leads)
            assert first.leading != second.leading
            await say(shop, 2)
        await say(shop, 2)

        async def four() -> bool:
            return await published(redis_url, database_url) == [1, 2, 3, 4]

        await until(four)
        assert second.leading


async def test_once_a_relay_has_ended_it_tells_nobody_any_more(
    database_url: str, redis_url: str
) -> None:
    """What it still told would open the connections to Redis anew that are being closed."""

    class Slow:
        """A Redis that takes a publish and does not answer."""

        def __init__(self) -> None:
            self.asked = asyncio.Event()

        async def publish(self, *_: object) -> None:
            self.asked.set()
            await asyncio.Event().wait()

    async with leading(database_url, redis_url) as leader:
        await until(lambda: _is(leader.leading))
        slow: Any = Slow()
        other = Relay(database_url, slow)
        task = asyncio.create_task(other.run())

        async def asked() -> bool:
            other.wake()
            return slow.asked.is_set()

        await until(asked)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        slow.asked.clear()
        other.wake()
        await asyncio.sleep(0)
        assert not slow.asked.is_set()
        left = [one for one in asyncio.all_tasks() if "_tell_the_leader" in repr(one)]
        assert left == []


async def _is(holds: bool) -> bool:
    return holds
