"""A shop's own system behind the custom channel: takes signed messages, each once, over real HTTP.

It speaks the receiving side of Standard Webhooks: a wrong signature is 401, and a `webhook-id` it
has taken before is answered again and taken no second time.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_c2hvcGJlbGwtdGVzdHMtc2VjcmV0LW9mLTMyLWJ5dGVz"


@dataclass
class WebhookPeer:
    """The running system. `asked` are the ids of every request, `taken` the messages by id.

    `mood`: `takes` what comes, `silent` takes it and never answers, `busy` says 503.
    """

    url: str = ""
    mood: Literal["takes", "silent", "busy"] = "takes"
    asked: list[str] = field(default_factory=list[str])
    taken: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def texts(self) -> list[str]:
        """What it took, in order."""
        return [one["text"] for one in self.taken.values()]


@asynccontextmanager
async def webhook_peer() -> AsyncGenerator[WebhookPeer]:
    """A running peer on a free port of the loopback."""
    peer = WebhookPeer()
    talks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await _serve(peer, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            talks.discard(task)
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    peer.url = f"http://{host}:{port}/messages"
    try:
        yield peer
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _serve(
    peer: WebhookPeer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    _, *lines = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    try:
        told: Any = Webhook(SECRET).verify(body.decode(), headers)
    except WebhookVerificationError:
        await _answer(writer, 401, {})
        return
    name = headers["webhook-id"]
    peer.asked.append(name)
    if peer.mood == "busy":
        await _answer(writer, 503, {})
        return
    peer.taken.setdefault(name, told["data"])
    if peer.mood == "silent":
        await reader.read()
        return
    await _answer(writer, 200, {"id": f"outside-{list(peer.taken).index(name) + 1}"})


async def _answer(writer: asyncio.StreamWriter, status: int, said: dict[str, str]) -> None:
    body = json.dumps(said).encode()
    head = (
        f"HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
