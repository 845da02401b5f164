"""Webhooks of the custom channel, signed and posted by writers that each keep one connection."""

import asyncio
import base64
import hashlib
import hmac
import time
from time import perf_counter
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from bench.arrivals import arrivals
from bench.figures import Spread, spread
from bench.process import main

TEXT = "Does it run small?"


class Hook(Struct, frozen=True, kw_only=True):
    """Where a writer posts, and with what it signs."""

    path: str
    secret: str


class Posting(Struct, frozen=True, kw_only=True):
    """First every writer one after the other for so many seconds, then all at this rate a second.

    Each of `customers` writes in turn; `run` is part of every name, so that no run repeats another.
    """

    url: str
    hooks: list[Hook]
    customers: int
    seconds: float
    rate: float
    run: str


class Posted(Struct, frozen=True, kw_only=True):
    """What was answered: how many a second at most, how soon at the rate, and how many said yes."""

    a_second: float
    answer: Spread
    said: int
    taken: int
    refused: int
    late_p99_ms: float


class Writer:
    """One keep-alive connection to a hook."""

    def __init__(self, hook: Hook, host: str, port: int) -> None:
        self._hook, self._host, self._port = hook, host, port
        self._key = base64.b64decode(hook.secret.removeprefix("whsec_"))

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def post(self, name: str, customer: str) -> bool:
        """Post one message; whether it was answered 200."""
        data = {"id": name, "text": TEXT, "from": {"id": customer, "name": "Mia"}}
        body = msgspec.json.encode({"type": "message.created", "data": data})
        at = str(int(time.time()))
        signed = hmac.digest(self._key, f"{name}.{at}.".encode() + body, hashlib.sha256)
        head = (
            f"POST {self._hook.path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"webhook-id: {name}\r\nwebhook-timestamp: {at}\r\n"
            f"webhook-signature: v1,{base64.b64encode(signed).decode()}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        return answer.startswith(b"HTTP/1.1 200")


async def post_all(plan: Posting) -> Posted:
    """Do both, after one message by each customer so that all are known."""
    to = urlsplit(plan.url)
    writers = [Writer(hook, to.hostname or "", to.port or 80) for hook in plan.hooks]
    for writer in writers:
        await writer.open()
    counts = {True: 0, False: 0}
    number = 0

    def following() -> tuple[str, str]:
        nonlocal number
        number += 1
        return f"{plan.run}-{number}", f"c{number % plan.customers}"

    async def one(writer: Writer) -> None:
        counts[await writer.post(*following())] += 1

    async def until(writer: Writer, done: float) -> None:
        while perf_counter() < done:
            await one(writer)

    async def each_customer(writer: Writer) -> None:
        for _ in range(plan.customers // len(writers)):
            await one(writer)

    await asyncio.gather(*(each_customer(writer) for writer in writers))
    before, began = counts[True], perf_counter()
    await asyncio.gather(*(until(writer, began + plan.seconds) for writer in writers))
    a_second = (counts[True] - before) / (perf_counter() - began)

    free: asyncio.Queue[Writer] = asyncio.Queue()
    for writer in writers:
        free.put_nowait(writer)
    took, late, under_way = list[float](), list[float](), set[asyncio.Task[None]]()

    async def at_its_time(meant: float) -> None:
        writer = await free.get()
        await one(writer)
        took.append(perf_counter() - meant)
        free.put_nowait(writer)

    async for meant in arrivals(plan.rate, plan.seconds, 1):
        late.append(perf_counter() - meant)
        task = asyncio.create_task(at_its_time(meant))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return Posted(
        a_second=a_second,
        answer=spread(took),
        said=sum(counts.values()),
        taken=counts[True],
        refused=counts[False],
        late_p99_ms=spread(late).p99,
    )


if __name__ == "__main__":
    main(Posting, post_all)
