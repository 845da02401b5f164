"""One shopper's chat as the widget holds it: a session, a websocket, and what was heard on it.

It speaks docs/protocol.md from the outside and so shares no frame types with the server.
"""

import asyncio
import html
import random
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Page

FOUND = TypeVar("FOUND")

AWAY, ENDED, TOO_MANY = 4001, 4401, 4429
OUR_FAULT = (4400, 4402, 1007, 1009)
TOO_MANY_S = 10.0
ACK_S = 60.0
LONGEST_BACKOFF_S = 10.0

_WIDGET = re.compile(r'data-shopbell="([^"]+)"(?: data-identity-token="([^"]+)")?')
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_PRODUCT = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)


class Author(msgspec.Struct, frozen=True):
    kind: str
    name: str = ""


class Said(msgspec.Struct, frozen=True):
    """A message of the conversation."""

    id: str
    seq: int
    author: Author
    text: str


class Thread(msgspec.Struct, frozen=True):
    """Where the conversation stands."""

    answering: str = "assistant"
    last_seq: int = 0
    version: int = -1


class Event(msgspec.Struct, frozen=True):
    message: Said | None = None
    thread: Thread | None = None


class Heard(msgspec.Struct, frozen=True):
    """What we read of any frame."""

    type: str
    id: str | None = None
    epoch: str | int | None = None
    position: int = 0
    resumed: bool = False
    message: Said | None = None
    messages: tuple[Said, ...] = ()
    thread: Thread | None = None
    events: tuple[Event, ...] = ()
    problem: dict[str, Any] = {}


_decode = msgspec.json.Decoder(Heard).decode


class NoChat(Exception):
    """The page that was opened has no chat on it: this is not the demo shop."""


class Misunderstood(Exception):
    """The server closed because of what we sent: one of the two does not keep to the protocol."""


class Line:
    """The chat on one page of the shop. `keep` runs beside the talk and keeps it connected."""

    def __init__(self, http: httpx.AsyncClient, address: str, dice: random.Random) -> None:
        self.thread = Thread()
        self.messages: dict[str, Said] = {}
        self.page = Page()
        self._http = http
        self._socket_address = "ws" + address.removeprefix("http") + "/ws/shopper"
        self._dice = dice
        self._session: dict[str, str | None] = {}
        self._resume: dict[str, Any] | None = None
        self._socket: ClientConnection | None = None
        self._unacked: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Event()

    @property
    def token(self) -> str | None:
        """The visitor's key, once the page is open."""
        return self._session.get("token")

    async def open(self, path: str) -> None:
        """Look at a page of the shop, and have a session for the chat on it. Raises HTTPError, NoChat."""
        shown = await self._http.get(path)
        shown.raise_for_status()
        found = _WIDGET.search(shown.text)
        if found is None:
            raise NoChat(f"{shown.url} has no chat on it")
        title, product = _TITLE.search(shown.text), _PRODUCT.search(shown.text)
        self.page = Page(
            url=str(shown.url),
            title=html.unescape(title[1]) if title else "",
            product=html.unescape(product[1]) if product and "/products/" in path else "",
        )
        self._session = {"key": found[1], "identity_token": found[2], "token": None}
        await self._renew()

    async def keep(self) -> None:
        """Stay connected, for ever: resume after a loss, say again what was not acked.

        Raises Misunderstood where the server does not take what we say.
        """
        backoff = 0.5
        while True:
            code = await self._listen()
            if code in OUR_FAULT:
                raise Misunderstood(f"the server closed with {code}")
            if code == ENDED:
                self._resume = None
                with suppress(httpx.HTTPError):
                    await self._renew()
            backoff = 0.5 if code else min(backoff * 2, LONGEST_BACKOFF_S)
            pause = TOO_MANY_S if code == TOO_MANY else 0.3 if code == AWAY else backoff
            await asyncio.sleep(pause * self._dice.uniform(1, 1.5))

    async def say(self, text: str) -> int | None:
        """Say something; returns its `seq` once it is acked, None when it was refused."""
        message_id = str(uuid7())
        draft = {"id": message_id, "text": text, "page": msgspec.to_builtins(self.page)}
        return await self._do(message_id, {"type": "send", "draft": draft})

    async def ask_person(self) -> int | None:
        """Press *Talk to a person*; returns the `seq` of what the shopper is told."""
        asked_id = str(uuid7())
        return await self._do(asked_id, {"type": "ask_person", "id": asked_id})

    async def tell(self, **frame: Any) -> None:
        """Send what may be lost: typing, read."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(msgspec.json.encode(frame).decode())

    async def until(self, holds: Callable[[], FOUND | None], patience_s: float) -> FOUND | None:
        """What `holds` finds in what was heard, None when it found nothing in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while (found := holds()) is None:
                    self._news.clear()
                    await self._news.wait()
                return found
        return None

    def answer_after(self, seq: int, *kinds: str) -> Said | None:
        """The first message of somebody of these kinds (assistant, agent, system) after a `seq`."""
        later = (
            one for one in self.messages.values() if one.seq > seq and one.author.kind in kinds
        )
        return min(later, key=lambda one: one.seq, default=None)

    async def _do(self, sent_id: str, frame: dict[str, Any]) -> int | None:
        self._unacked[sent_id] = frame
        await self.tell(**frame)
        await self.until(lambda: None if sent_id in self._unacked else True, ACK_S)
        self._unacked.pop(sent_id, None)
        said = self.messages.get(sent_id)
        return said.seq if said else None

    async def _renew(self) -> None:
        """A session; where ours has ended, one as a new visitor."""
        while True:
            given = await self._http.post("/api/widget/session", json=self._session)
            if given.status_code == 401 and self.token:
                self._session |= {"token": None, "identity_token": None}
                continue
            given.raise_for_status()
            self._session["token"] = given.json()["token"]
            return

    async def _listen(self) -> int | None:
        """One socket to its end; returns the code it was closed with, None when none was opened."""
        try:
            async with connect(self._socket_address, compression=None, proxy=None) as socket:
                await self._greet(socket)
                with suppress(ConnectionClosed):
                    async for text in socket:
                        await self._hear(_decode(text))
        except (OSError, InvalidHandshake, TimeoutError):
            return None
        finally:
            self._socket = None
        return socket.close_code

    async def _greet(self, socket: ClientConnection) -> None:
        hello = {"type": "hello", "token": self.token, "resume": self._resume}
        await socket.send(msgspec.json.encode(hello).decode())
        self._socket = socket

    async def _hear(self, frame: Heard) -> None:
        if frame.type == "welcome":
            if not frame.resumed:
                self.messages.clear()
                self.thread = Thread()
                self._resume = {"epoch": frame.epoch, "position": frame.position}
            for unacked in tuple(self._unacked.values()):
                await self.tell(**unacked)
        elif frame.type == "refused":
            await self._refused(frame)
        elif frame.type == "events" and self._resume is not None:
            self._resume["position"] = frame.position
        for told in (Event(frame.message, frame.thread), *frame.events):
            self._take(told)
        for said in frame.messages:
            self.messages[said.id] = said
        if frame.type == "ack" and frame.id is not None:
            self._acked(frame.id, frame.message)
        self._news.set()

    def _take(self, told: Event) -> None:
        if told.message is not None:
            self.messages[told.message.id] = told.message
        if told.thread is not None and told.thread.version > self.thread.version:
            self.thread = told.thread

    def _acked(self, sent_id: str, message: Said | None) -> None:
        self._unacked.pop(sent_id, None)
        if message is not None:
            self.messages[sent_id] = message

    async def _refused(self, frame: Heard) -> None:
        """What was too much at once is said again later; anything else is not to be had."""
        wait = frame.problem.get("retry_after")
        if frame.id not in self._unacked:
            return
        if wait is None:
            del self._unacked[frame.id]
        else:
            await asyncio.sleep(wait)
            await self.tell(**self._unacked[frame.id])
