"""What the parts of a message's way cost by themselves: the limit that the whole is held against."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from msgspec import Struct
from redis.asyncio import Redis

from bench.client import connect
from bench.echo import Done, Echo
from bench.figures import Spread, spread
from bench.ports import free_port
from bench.process import main, part_beside, run_part
from bench.rows import new_talk, prepare, same_rows

FRAME = b'{"type":"send","draft":{"id":"0193a0c4-7c1e-7a52-9c0b-0c5f0f1c2d43","text":"Does it run small?"}}'


class Parts(Struct, frozen=True, kw_only=True):
    """Where to measure, and how often each part is done."""

    database_url: str
    redis_url: str
    echo_port: int
    times: int


class Costs(Struct, frozen=True, kw_only=True):
    """Each part's time, one at a time on a connection that is already there."""

    echo: Spread
    commit: Spread
    stream: Spread

    @property
    def ack_limit(self) -> float:
        """Milliseconds that an ack takes at the least: there and back, and one commit."""
        return self.echo.p50 + self.commit.p50

    @property
    def live_limit(self) -> float:
        """Milliseconds that being heard takes at the least: an ack's, and one hop by the stream."""
        return self.ack_limit + self.stream.p50


def measure_parts(database_url: str, redis_url: str, times: int = 400) -> Costs:
    """Measure them, each party in a process of its own."""
    port = free_port()
    plan = Parts(database_url=database_url, redis_url=redis_url, echo_port=port, times=times)
    with part_beside("bench.echo", Echo(port=port), Done):
        return run_part("bench.parts", plan, Costs)


async def measure(parts: Parts) -> Costs:
    """Every part, one after the other."""
    return Costs(
        echo=await _echo(parts.echo_port, parts.times),
        commit=await _commit(parts.database_url, parts.times),
        stream=await _stream(parts.redis_url, parts.times),
    )


async def _echo(port: int, times: int) -> Spread:
    came = asyncio.Event()
    client = await connect(f"http://127.0.0.1:{port}", "/", lambda _: came.set())

    async def once() -> None:
        came.clear()
        client.send(FRAME)
        await came.wait()

    found = await _timed(once, times)
    client.close()
    return found


async def _commit(database_url: str, times: int) -> Spread:
    """The rows that a shopper's message leaves, by one statement that commits."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await prepare(connection)
        talk = await new_talk(connection)
        return await _timed(lambda: same_rows(connection, talk), times)


async def _stream(redis_url: str, times: int) -> Spread:
    """From XADD on one connection to a blocked XREAD's return on another."""
    writer, reader = _redis(redis_url), _redis(redis_url)
    key, took = "shopbell:bench:stream", list[float]()
    await writer.delete(key)
    last = "0-0"
    for _ in range(times):
        waiting = asyncio.create_task(_heard_at(reader, key, last))
        await asyncio.sleep(0.002)
        sent = time.perf_counter()
        await writer.xadd(key, {"e": FRAME}, maxlen=1000, approximate=True)
        at, last = await waiting
        took.append(at - sent)
    await writer.delete(key)
    for client in (writer, reader):
        await client.aclose()
    return spread(took)


async def _heard_at(reader: Any, key: str, last: str) -> tuple[float, str]:
    found = await reader.xread({key: last}, block=5_000)
    return time.perf_counter(), found[0][1][-1][0].decode()


def _redis(url: str) -> Any:
    return Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]


async def _timed(once: Callable[[], Awaitable[object]], times: int) -> Spread:
    took: list[float] = []
    for number in range(times + 20):
        began = time.perf_counter()
        await once()
        if number >= 20:
            took.append(time.perf_counter() - began)
    return spread(took)


if __name__ == "__main__":
    main(Parts, measure)
