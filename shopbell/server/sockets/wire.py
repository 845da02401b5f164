"""One websocket: reading frames within their limits, writing what its listener holds, ending it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from msgspec import Struct
from starlette.websockets import WebSocket, WebSocketDisconnect

from shopbell.desk.messages.masking import masked
from shopbell.realtime.frames import (
    CLOSE_BAD_FRAME,
    CLOSE_HELLO,
    CLOSE_NOT_UTF8,
    CLOSE_TOO_BIG,
    CLOSE_TOO_MANY,
    Ping,
    Pong,
    encode,
)
from shopbell.realtime.listeners import Ended, Listener
from shopbell.server.doors import without_nul

log = structlog.get_logger()

Frame = TypeVar("Frame", bound=Struct)

HELLO_S = 5.0
CLOSE_S = 2.0
MAX_FRAME = 256 * 1024
"""In bytes: the longest text in the longest writing of JSON (`\\ud83d\\udd14`), with room around it."""
BURST = 60
RATE = 20.0
PONG = encode(Pong()).decode()


class Bucket:
    """A bucket of tokens: `burst` at once, then `rate` a second."""

    def __init__(self, burst: float = BURST, rate: float = RATE) -> None:
        self._burst, self._rate = burst, rate
        self._tokens, self._at = burst, monotonic()

    def take(self) -> bool:
        """Whether one more is allowed now."""
        now = monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Wire(Generic[Frame]):
    """A websocket whose frames are of one union of types. Raises Ended to close it with a code."""

    def __init__(self, websocket: WebSocket, decoder: msgspec.json.Decoder[Frame]) -> None:
        self._websocket = websocket
        self._decoder = decoder
        self._bucket = Bucket()

    async def hello(self) -> Frame:
        """The first frame, which must come within 5 s."""
        try:
            async with asyncio.timeout(HELLO_S):
                return await self._next()
        except TimeoutError as late:
            raise Ended(CLOSE_HELLO) from late

    async def frames(self, listener: Listener) -> AsyncIterator[Frame]:
        """Every frame until the client goes; pings are answered here."""
        while True:
            frame = await self._next()
            if isinstance(frame, Ping):
                listener.loose(PONG)
            else:
                yield frame

    async def send(self, text: str) -> None:
        """Write one frame now."""
        await self._websocket.send_text(text)

    async def converse(self, listener: Listener, talk: Coroutine[None, None, None]) -> None:
        """Run the talk until it is over or the listener ends, whichever is first.

        Raises Ended when the listener ended: whoever was put out, or does not read, is not heard
        any further, even while it leaves the closing frame unread.
        """
        over = asyncio.get_running_loop().create_future()
        listener.on_end = lambda code: None if over.done() else over.set_result(code)
        if listener.ended is not None:
            over.set_result(listener.ended)
        talking = asyncio.create_task(talk)
        try:
            await asyncio.wait({over, talking}, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                raise Ended(over.result())
            talking.result()
        finally:
            over.cancel()
            await _stop(talking)

    @asynccontextmanager
    async def writing(self, listener: Listener) -> AsyncGenerator[None]:
        """Beside what goes on inside, write whatever the listener holds."""
        writer = asyncio.create_task(self._write(listener))
        try:
            yield
        finally:
            await _stop(writer)

    async def close(self, code: int) -> None:
        """Close with a code that tells the client what to do; one that is gone already is let go."""
        with suppress(RuntimeError, OSError, TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_S):
                await self._websocket.close(code)

    async def _write(self, listener: Listener) -> None:
        with suppress(Ended, RuntimeError, OSError, WebSocketDisconnect):
            async for text in listener.frames():
                await self._websocket.send_text(text)

    async def _next(self) -> Frame:
        message: Any = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        if text is None:
            raise Ended(CLOSE_BAD_FRAME)
        if not self._bucket.take():
            raise Ended(CLOSE_TOO_MANY)
        try:
            raw = text.encode()
        except UnicodeEncodeError as wrong:
            raise Ended(CLOSE_NOT_UTF8) from wrong
        if len(raw) > MAX_FRAME:
            raise Ended(CLOSE_TOO_BIG)
        try:
            return self._decoder.decode(without_nul(raw))
        except (msgspec.DecodeError, RecursionError) as wrong:
            log.info("frame refused", why=masked(str(wrong)[:200]))
            raise Ended(CLOSE_BAD_FRAME) from wrong


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
