"""Hub and relay end when they are told to, in whatever moment of their beginning that comes."""

import asyncio

import pytest
from redis.asyncio import Redis

from shopbell.desk.database import open_desk
from shopbell.realtime.hub import Hub
from shopbell.realtime.live import heard
from shopbell.realtime.relay import Relay

PATIENCE = 15.0


async def ends(task: asyncio.Task[None]) -> None:
    task.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([task])
    assert task.cancelled()


@pytest.mark.parametrize("rounds", range(0, 60, 4))
async def test_whoever_listens_to_redis_ends_in_any_moment_of_its_beginning(
    redis_url: str, rounds: int
) -> None:
    async with Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=3) as redis:  # pyright: ignore[reportUnknownMemberType]

        async def listen() -> None:
            async for _ in heard(redis, "a channel"):
                pass

        for extra in range(4):
            task = asyncio.create_task(listen())
            for _ in range(rounds + extra):
                await asyncio.sleep(0)
            await ends(task)


@pytest.mark.parametrize("rounds", range(0, 60, 12))
async def test_hub_and_relay_end_in_any_moment_of_their_beginning(
    database_url: str, redis_url: str, rounds: int
) -> None:
    async with (
        open_desk(database_url, size=2) as desk,
        Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=3) as redis,  # pyright: ignore[reportUnknownMemberType]
    ):
        hub = asyncio.create_task(Hub(desk, redis).run())
        relay = asyncio.create_task(Relay(database_url, redis).run())
        for _ in range(rounds):
            await asyncio.sleep(0)
        await ends(hub)
        await ends(relay)
