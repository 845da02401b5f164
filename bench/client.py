"""A websocket client that costs little, so that what is timed is the server and not its reader.

It speaks what the benchmarks need of RFC 6455: text frames whole, pings answered, no extensions.
"""

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
HANDSHAKE_S = 30.0

Hear = Callable[[bytes], None]


class Client(asyncio.Protocol):
    """One socket; every text frame that comes is given to `hear`, as it comes."""

    def __init__(self, request: bytes, hear: Hear) -> None:
        self.hear = hear
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.frames = 0
        self._request = request
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def send(self, payload: bytes) -> None:
        """Send one text frame now."""
        self._write(TEXT, payload)

    def close(self) -> None:
        """Drop the connection, as a browser that is closed does."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio.Transport without being one.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server hung up before the upgrade"))
        if not self.closed.done():
            self.closed.set_result(1006)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.splitlines()[0].decode()))
                return
            self._buffer = bytearray(rest)
            self.opened.set_result(None)
        self._parse()

    def _parse(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            length, head = buffer[at + 1], 2
            if length == 126:
                head = 4
            elif length == 127:
                head = 10
            if len(buffer) - at < head:
                break
            if head > 2:
                length = int.from_bytes(buffer[at + 2 : at + head])
            end = at + head + length
            if len(buffer) < end:
                break
            self._take(buffer[at] & 15, bytes(buffer[at + head : end]))
            at = end
        del buffer[:at]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self.frames += 1
            self.hear(payload)
        elif kind == PING:
            self._write(PONG, payload)
        elif kind == CLOSE and not self.closed.done():
            self._write(CLOSE, payload)
            self.closed.set_result(int.from_bytes(payload[:2]) if payload else 1005)

    def _write(self, kind: int, payload: bytes) -> None:
        """Frames of clients must be masked; a key of zeros leaves the payload as it is."""
        assert self._transport is not None
        length = len(payload)
        if length < 126:
            head = bytes((0x80 | kind, 0x80 | length))
        elif length < 65536:
            head = bytes((0x80 | kind, 0x80 | 126)) + length.to_bytes(2)
        else:
            head = bytes((0x80 | kind, 0x80 | 127)) + length.to_bytes(8)
        self._transport.write(head + b"\0\0\0\0" + payload)


async def connect(
    base_url: str,
    path: str,
    hear: Hear,
    headers: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Client:
    """Open a websocket of the server at `base_url`. Raises ConnectionError with its answer.

    `source` is the loopback address to come from: one address may hold only so many sockets.
    """
    parts = urlsplit(base_url)
    assert parts.hostname is not None
    assert parts.port is not None
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Client(request, hear),
        parts.hostname,
        parts.port,
        local_addr=(source, 0) if source else None,
    )
    async with asyncio.timeout(HANDSHAKE_S):
        await client.opened
    return client
