"""A model that answers every question at once from its source, over OpenAI's protocol.

It knows which question it is asked by an id in its words, and notes when the first whole sentence
of the answer has left: what is shown before that would be unchecked.
"""

import asyncio
import re
from time import perf_counter
from uuid import UUID

import msgspec

from bench.tally import Tally
from shopbell.desk.articles.types import ArticleText

KNOWN = "Cedar works for about three months, then needs a light sanding."
ARTICLE = ArticleText(
    key="moths",
    title="Storing knitwear and keeping moths away",
    body=f"Wash or air everything before it goes away for the summer. {KNOWN}",
)
AFTER_FIRST_S = 0.1
_ID = re.compile(rb"ref ([0-9a-f-]{36})")


def question(message: UUID) -> str:
    """A question that the article answers, with the message's id in it."""
    return f"How do I keep moths away from my knitwear? (ref {message})"


class ModelPeer:
    """Serves one connection after another; `tally` is told when each first sentence left."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request of a connection until its client goes."""
        try:
            while True:
                await self._answer(await _body(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        asked = _ID.findall(body)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        line = msgspec.json.encode({"say": KNOWN, "cite": ["S1"]}).decode() + "\n"
        half = len(line) // 2
        writer.write(_chunk(line[:half]))
        await writer.drain()
        if asked:
            self._tally.said(UUID(asked[-1].decode()), perf_counter())
        writer.write(_chunk(line[half:]))
        await writer.drain()
        await asyncio.sleep(AFTER_FIRST_S)
        writer.write(_chunk('{"decision": "answer", "why": "the source says so"}\n'))
        writer.write(_chunk("", finish="stop") + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await writer.drain()


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return await reader.readexactly(int(length.group(1))) if length else b""


def _chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    told = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "bench"}
    return _framed(b"data: " + msgspec.json.encode({**told, "choices": [choice]}) + b"\n\n")


def _framed(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
