"""Sockets that are only there: each greets, hears what it is told, and says nothing more."""

import asyncio
import sys

import msgspec
from msgspec import Struct

from bench.client import Client, Hear, connect
from bench.process import main
from shopbell.server.doors import COOKIE

AT_ONCE = 40
EACH_ADDRESS = 4_000
"""Below what the server lets one address hold (`shopbell/server/sockets/crowd.py`)."""


class Crowd(Struct, frozen=True, kw_only=True):
    """Whose sockets to hold open, until the input ends."""

    url: str
    shoppers: list[str] = []
    agents: list[str] = []


class Held(Struct, frozen=True, kw_only=True):
    """How many stood at the end, and how many frames all of them heard."""

    sockets: int
    frames: int


async def hold(crowd: Crowd) -> Held:
    """Open every socket, say so, and hold them."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def shopper(token: str, number: int) -> Client:
        async with gate:
            return await greet_shopper(
                crowd.url, token, source=f"127.0.0.{2 + number // EACH_ADDRESS}"
            )

    async def agent(cookie: str) -> Client:
        async with gate:
            return await greet_agent(crowd.url, cookie)

    clients = await asyncio.gather(
        *(shopper(token, number) for number, token in enumerate(crowd.shoppers)),
        *(agent(cookie) for cookie in crowd.agents),
    )
    print(f"{len(clients)} stand", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    found = Held(
        sockets=sum(not client.closed.done() for client in clients),
        frames=sum(client.frames for client in clients),
    )
    for client in clients:
        client.close()
    return found


async def greet_shopper(
    url: str, token: str, hear: Hear | None = None, source: str | None = None
) -> Client:
    """A shopper's socket that has been given its snapshot; later frames go to `hear`."""
    hello = {"type": "hello", "token": token}
    return await _greet(url, "/ws/shopper", hello, b'"snapshot"', {}, hear, source)


async def greet_agent(url: str, cookie: str, hear: Hear | None = None) -> Client:
    """An agent's socket that has been welcomed; later frames go to `hear`."""
    headers = {"Origin": url, "Cookie": f"{COOKIE}={cookie}"}
    return await _greet(url, "/ws/agent", {"type": "hello"}, b'"welcome"', headers, hear)


async def _greet(
    url: str,
    path: str,
    hello: object,
    awaited: bytes,
    headers: dict[str, str],
    hear: Hear | None,
    source: str | None = None,
) -> Client:
    greeted = asyncio.Event()

    def until_greeted(frame: bytes) -> None:
        if awaited in frame[:40]:
            greeted.set()
            client.hear = hear or ignore

    client = await connect(url, path, until_greeted, headers, source)
    client.send(msgspec.json.encode(hello))
    async with asyncio.timeout(30):
        await greeted.wait()
    return client


def ignore(_: bytes) -> None:
    """Hear a frame and do nothing about it."""


if __name__ == "__main__":
    main(Crowd, hold)
