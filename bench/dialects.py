"""How a message is sent, and its ack recognised, on each server's websocket."""

import asyncio
from collections.abc import Callable
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from bench.client import Client, connect
from bench.crowd import greet_shopper
from bench.rows import TEXT, Talk

Speaks = Literal["shopbell", "socket.io"]
Acked = Callable[[UUID], None]
Refused = Callable[[], None]


class Sender(Struct, frozen=True):
    """One open socket, and how a message is written for it."""

    client: Client
    frame: Callable[[UUID], bytes]

    def send(self, message: UUID) -> None:
        """Send a message of this id."""
        self.client.send(self.frame(message))


class _Ours(Struct):
    type: str
    id: UUID | None = None


class _Theirs(Struct):
    id: UUID


_of_ours = msgspec.json.Decoder(_Ours)
_of_theirs = msgspec.json.Decoder(list[_Theirs])


async def open_ours(url: str, token: str, acked: Acked, refused: Refused) -> Sender:
    """A shopper's socket of Shopbell."""

    def hear(raw: bytes) -> None:
        frame = _of_ours.decode(raw)
        if frame.type == "ack" and frame.id is not None:
            acked(frame.id)
        elif frame.type == "refused":
            refused()

    def frame(message: UUID) -> bytes:
        draft = {"id": message, "text": TEXT}
        return msgspec.json.encode({"type": "send", "draft": draft})

    return Sender(await greet_shopper(url, token, hear), frame)


async def open_theirs(url: str, talk: Talk, acked: Acked) -> Sender:
    """A socket of Socket.IO 5 over Engine.IO 4, without their polling."""
    welcomed, joined, number = asyncio.Event(), asyncio.Event(), 0

    def hear(raw: bytes) -> None:
        if raw.startswith(b"43"):
            acked(_of_theirs.decode(raw[raw.index(b"[") :])[0].id)
        elif raw == b"2":
            client.send(b"3")
        elif raw.startswith(b"0"):
            welcomed.set()
        elif raw.startswith(b"40"):
            joined.set()

    def frame(message: UUID) -> bytes:
        nonlocal number
        number += 1
        draft = {"thread": talk.thread, "ticket": talk.ticket, "id": message, "text": TEXT}
        return b"42%d" % number + msgspec.json.encode(["send", draft])

    client = await connect(url, "/socket.io/?EIO=4&transport=websocket", hear)
    async with asyncio.timeout(30):
        await welcomed.wait()
        client.send(b"40")
        await joined.wait()
    return Sender(client, frame)
