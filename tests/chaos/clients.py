"""Clients that do what docs/protocol.md asks of them, whatever happens to the server meanwhile.

They keep the position of the last frame, connect again and resume from it, and send again, under
the same id, what was not acked. What they heard is kept in the order in which they heard it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from shopbell.desk.ids import uuid7
from shopbell.server.doors import COOKIE

AGAIN_S = 0.05
Frame = dict[str, Any]


class Client:
    """One person's socket, on the first of `urls` and, when that is gone, on the next.

    `heard` are the events in the order of their coming, `closes` the codes of the sockets lost,
    `fresh` how often the server could not resume and a fresh state was taken.
    """

    path = ""

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = list(urls)
        self.position: Frame | None = None
        self.waiting: dict[str, Frame] = {}
        self.acks: dict[str, Frame] = {}
        self.refusals: dict[str, Frame] = {}
        self.heard: list[Frame] = []
        self.frames: list[Frame] = []
        self.closes: list[int] = []
        self.fresh = 0
        self.socket: ClientConnection | None = None
        self._moved = asyncio.Event()
        self._retries: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, httpx.HTTPError, TimeoutError, EOFError):
                await self._talk(self.urls[0])
            self.socket = None
            self.urls.append(self.urls.pop(0))
            await asyncio.sleep(AGAIN_S)

    async def send(self, **frame: Any) -> str:
        """Send something under an id of its own, now or as soon as there is a socket; the id."""
        sent_id = str(uuid7())
        if "draft" in frame:
            frame["draft"] = {"id": sent_id, **frame["draft"]}
        else:
            frame["id"] = sent_id
        self.waiting[sent_id] = frame
        if self.socket is not None:
            await self._say(self.socket, frame)
        return sent_id

    async def tell(self, **frame: Any) -> None:
        """Send a frame that nobody acks."""
        assert self.socket is not None
        await self._say(self.socket, frame)

    async def answered(self, sent_id: str, within: float = 30.0) -> Frame:
        """The ack or the refusal of what was sent."""
        await self.until(lambda: sent_id in self.acks or sent_id in self.refusals, within)
        return self.acks.get(sent_id) or self.refusals[sent_id]

    async def until(self, holds: Any, within: float = 30.0) -> None:
        """Wait until something is true of what this client holds."""
        async with asyncio.timeout(within):
            while not holds():
                self._moved.clear()
                await self._moved.wait()

    @property
    def epoch(self) -> str:
        """The history this client follows."""
        assert self.position is not None
        return self.position["epoch"]

    @property
    def messages(self) -> dict[str, Frame]:
        """Every message heard of, by id in the order of the first hearing, at its highest version."""
        found: dict[str, Frame] = {}
        for event in self.heard:
            message = event.get("message")
            if message is None:
                continue
            held = found.get(message["id"])
            if held is None or held.get("version", 1) <= message.get("version", 1):
                found[message["id"]] = message
        return found

    async def _talk(self, url: str) -> None:
        headers, origin = await self._dress(url)
        address = url.replace("http", "ws", 1) + self.path
        async with connect(
            address,
            origin=origin,
            additional_headers=headers,
            compression=None,
            max_size=None,
            open_timeout=5,
            ping_interval=None,
            close_timeout=0.2,
        ) as socket:
            await self._say(socket, {**self._hello(), "resume": self.position})
            try:
                async for text in socket:
                    frame = msgspec.json.decode(text)
                    self.frames.append(frame)
                    await self._hear(socket, frame)
                    self._moved.set()
            finally:
                self.closes.append(socket.close_code or 1006)
                self._moved.set()

    async def _hear(self, socket: ClientConnection, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "welcome":
            if not frame["resumed"]:
                self.fresh += 1
                self.position = {"epoch": frame["epoch"], "position": frame["position"]}
            self.socket = socket
            for waiting in list(self.waiting.values()):
                await self._say(socket, waiting)
        elif kind == "events":
            assert self.position is not None
            self.heard += frame["events"]
            self.position = {**self.position, "position": frame["position"]}
        elif kind == "ack":
            self.waiting.pop(frame["id"], None)
            self.acks[frame["id"]] = frame
        elif kind == "refused":
            self._refused(socket, frame)

    def _refused(self, socket: ClientConnection, frame: Frame) -> None:
        wait = frame["problem"].get("retry_after")
        sent = self.waiting.get(frame["id"])
        if wait is None or sent is None:
            self.waiting.pop(frame["id"], None)
            self.refusals[frame["id"]] = frame
            return

        async def again() -> None:
            await asyncio.sleep(wait)
            if frame["id"] in self.waiting:
                await self._say(socket, sent)

        task = asyncio.create_task(again())
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _say(self, socket: ClientConnection, frame: Frame) -> None:
        with suppress(WebSocketException, OSError):
            await socket.send(msgspec.json.encode(frame).decode())

    async def _dress(self, url: str) -> tuple[dict[str, str], Origin | None]:
        raise NotImplementedError

    def _hello(self) -> Frame:
        raise NotImplementedError


class Shopper(Client):
    """A visitor's page."""

    path = "/ws/shopper"

    def __init__(self, urls: Sequence[str], token: str) -> None:
        super().__init__(urls)
        self.token = token

    async def say(self, text: str) -> str:
        """Write something; the message's id."""
        return await self.send(type="send", draft={"text": text})

    async def _dress(self, url: str) -> tuple[dict[str, str], Origin | None]:
        return {}, None

    def _hello(self) -> Frame:
        return {"type": "hello", "token": self.token}


class AgentAtWork(Client):
    """An agent's inbox; `inbox(url)` is an HTTP client with the session's cookie."""

    path = "/ws/agent"

    def __init__(self, urls: Sequence[str], cookie: str, name: str) -> None:
        super().__init__(urls)
        self.cookie = cookie
        self.name = name

    async def reply(self, ticket: str, text: str, *, take: bool = False) -> str:
        """Answer a ticket's customer; the message's id."""
        return await self.send(type="send", ticket_id=ticket, draft={"text": text}, take=take)

    def inbox(self, url: str) -> httpx.AsyncClient:
        headers = {"origin": url, "cookie": f"{COOKIE}={self.cookie}"}
        return httpx.AsyncClient(base_url=url, headers=headers, timeout=20)

    async def _dress(self, url: str) -> tuple[dict[str, str], Origin | None]:
        return {"cookie": f"{COOKIE}={self.cookie}"}, Origin(url)

    def _hello(self) -> Frame:
        return {"type": "hello"}
