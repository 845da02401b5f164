"""What Shopbell needs of whoever serves it, asked of a running one."""

import asyncio
import socket
import struct
from time import monotonic
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from bench.client import connect
from bench.crowd import greet_shopper, ignore
from bench.process import main
from shopbell.server.doors import COOKIE

SILENT_S = 50.0
"""Longer than a dead socket may stand: a ping each 20 s, and 20 s for its answer."""


class Asking(Struct, frozen=True, kw_only=True):
    """The server, a signed-in agent, and whether to wait for a dead socket to be found."""

    url: str
    shopper: str
    agent: str
    patient: bool


class Manners(Struct, frozen=True, kw_only=True):
    """Each answer as it was seen."""

    refuses_before_the_upgrade: str
    close_code_of_a_bad_hello: int
    close_code_of_a_big_frame: int
    finds_a_dead_socket: str


async def ask(plan: Asking) -> Manners:
    """Ask everything."""
    return Manners(
        refuses_before_the_upgrade=await _foreign(plan),
        close_code_of_a_bad_hello=await _closed_for(plan, {"type": "ping"}),
        close_code_of_a_big_frame=await _big_frame(plan),
        finds_a_dead_socket=await _dead(plan) if plan.patient else "not asked",
    )


async def _foreign(plan: Asking) -> str:
    headers = {"Origin": "http://evil.example", "Cookie": f"{COOKIE}={plan.agent}"}
    try:
        client = await connect(plan.url, "/ws/agent", ignore, headers)
    except ConnectionError as refused:
        return str(refused)
    return f"upgraded, then closed with {await _code(client.closed)}"


async def _closed_for(plan: Asking, first: object) -> int:
    client = await connect(plan.url, "/ws/shopper", ignore)
    client.send(msgspec.json.encode(first))
    return await _code(client.closed)


async def _big_frame(plan: Asking) -> int:
    client = await greet_shopper(plan.url, plan.shopper)
    client.send(b'{"type":"send","draft":{"text":"' + b"a" * 80_000 + b'"}}')
    return await _code(client.closed)


async def _dead(plan: Asking) -> str:
    """A client that answers nothing after its hello, pings neither."""
    parts = urlsplit(plan.url)
    loop = asyncio.get_running_loop()
    with socket.create_connection((parts.hostname, parts.port)) as silent:
        silent.setblocking(False)
        request = (
            f"GET /ws/shopper HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        )
        hello = msgspec.json.encode({"type": "hello", "token": plan.shopper})
        head = struct.pack(">BBH", 0x81, 0x80 | 126, len(hello)) + b"\0\0\0\0"
        await loop.sock_sendall(silent, request.encode())
        await loop.sock_recv(silent, 65536)
        await loop.sock_sendall(silent, head + hello)
        began = monotonic()
        try:
            async with asyncio.timeout(SILENT_S):
                while await loop.sock_recv(silent, 65536):
                    pass
        except TimeoutError:
            return f"no, it stood for {SILENT_S:g} s"
        except ConnectionError:
            pass
        return f"after {monotonic() - began:.0f} s"


async def _code(closed: asyncio.Future[int]) -> int:
    async with asyncio.timeout(10):
        return await closed


if __name__ == "__main__":
    main(Asking, ask)
