"""A scripted server that speaks the OpenAI chat completions protocol over real HTTP.

It runs on its own thread and loop, so that a client that blocks cannot stop it. Each test scripts
what the next calls get; a call beyond the script is answered with 500 and remembered as such.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

KEY = "sk-peer-right"
MODEL = "gpt-peer"
PRICED = "gpt-4o-mini"
LONGEST_WAIT_S = 60
PIECE = 17
"""Characters of a piece, so that a line comes in several, as in a real stream."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one call gets: pieces of text as one chunk each, or a fault.

    `fault`: `cut` drops the connection after the pieces, `silent` keeps quiet after them until the
    client leaves, `wrong_json` sends a chunk that is no JSON, `filtered` ends with the finish
    reason content_filter, `refuses` says the pieces as a refusal. A `status` other than 200 is
    answered with an error body, after which nothing streams. After each number of pieces in
    `waits_after` the stream waits for the peer's `go_on`, which it takes back once it goes on.
    """

    pieces: tuple[str, ...] = ()
    status: int = 200
    fault: Literal["none", "cut", "silent", "wrong_json", "filtered", "refuses"] = "none"
    headers: tuple[tuple[str, str], ...] = ()
    waits_after: Sequence[int] = ()
    tool_call: tuple[str, str] | None = None
    prompt_tokens: int = 200
    completion_tokens: int = 40


@dataclass
class OpenAIPeer:
    """The running server; `asked` holds the body of every call with the right key and model."""

    url: str
    script: deque[Reply] = field(default_factory=deque[Reply])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refused: list[int] = field(default_factory=list[int])
    left_early: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def says(self, *pieces: str, **how: Any) -> None:
        """Script the next call's reply."""
        self.script.append(Reply(pieces=pieces, **how))

    def says_lines(self, *lines: dict[str, Any], **how: Any) -> None:
        """Script a reply of JSON lines, cut into pieces as a real stream would be."""
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
        self.says(*(text[at : at + PIECE] for at in range(0, len(text), PIECE)), **how)


@contextmanager
def openai_peer() -> Generator[OpenAIPeer]:
    """A running peer on a free port of the loopback."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="openai-peer", daemon=True)
    thread.start()
    peer = OpenAIPeer(url="")
    talks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await _serve(peer, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            peer.left_early.set()
        finally:
            talks.discard(task)
            writer.close()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(accept, "127.0.0.1", 0)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    host, port = server.sockets[0].getsockname()[:2]
    peer.url = f"http://{host}:{port}/v1"
    try:
        yield peer
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _serve(
    peer: OpenAIPeer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    if not request.startswith("POST /v1/chat/completions "):
        await _error(peer, writer, 404, "invalid_request_error", "no such route")
        return
    asked: dict[str, Any] = json.loads(body)
    if headers.get("authorization") != f"Bearer {KEY}":
        await _error(peer, writer, 401, "invalid_api_key", "Incorrect API key provided")
        return
    if asked["model"] not in (MODEL, PRICED):
        await _error(peer, writer, 404, "model_not_found", f"no model {asked['model']}")
        return
    peer.asked.append(asked)
    reply = peer.script.popleft() if peer.script else Reply(status=500)
    if reply.status != 200:
        code = {429: "rate_limit_exceeded", 400: "content_policy_violation"}.get(
            reply.status, "server_error"
        )
        await _error(peer, writer, reply.status, code, "scripted", reply.headers)
        return
    await _stream(peer, reader, writer, reply, usage="stream_options" in asked)


async def _stream(
    peer: OpenAIPeer,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    reply: Reply,
    *,
    usage: bool,
) -> None:
    frames = [_chunk({"role": "assistant", "content": ""})]
    field_name = "refusal" if reply.fault == "refuses" else "content"
    frames += [_chunk({field_name: piece}) for piece in reply.pieces]
    if reply.tool_call is not None:
        name, arguments = reply.tool_call
        call = {"name": name, "arguments": arguments}
        frames.append(
            _chunk(
                {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]}
            )
        )
    if reply.fault == "wrong_json":
        frames.append(b'data: {"id": "chatcmpl-peer", "choices": [{"delta\n\n')
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    # Head and first frame together: apart, Nagle's delay shows as a false 40 ms.
    writer.write(head + _framed(frames[0]))
    for number, frame in enumerate(frames[1:]):
        if number in reply.waits_after:
            await asyncio.to_thread(peer.go_on.wait, LONGEST_WAIT_S)
            peer.go_on.clear()
        writer.write(_framed(frame))
        await writer.drain()
    if reply.fault == "silent":
        await reader.read()
        peer.left_early.set()
        return
    if reply.fault == "cut":
        writer.transport.abort()
        return
    reason = {"filtered": "content_filter"}.get(reply.fault, "stop")
    writer.write(_framed(_chunk({}, finish=reason)))
    if usage:
        writer.write(_framed(_usage(reply)))
    writer.write(_framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def _error(
    peer: OpenAIPeer,
    writer: asyncio.StreamWriter,
    status: int,
    code: str,
    message: str,
    headers: Sequence[tuple[str, str]] = (),
) -> None:
    peer.refused.append(status)
    body = json.dumps({"error": {"message": message, "type": code, "code": code}}).encode()
    lines = [
        f"HTTP/1.1 {status} Scripted",
        "Content-Type: application/json",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()


def _framed(frame: bytes) -> bytes:
    return f"{len(frame):x}\r\n".encode() + frame + b"\r\n"


def _chunk(delta: dict[str, Any], *, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({"choices": [choice]})


def _usage(reply: Reply) -> bytes:
    told = {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    }
    return _event({"choices": [], "usage": told})


def _event(data: dict[str, Any]) -> bytes:
    whole = {
        "id": "chatcmpl-peer",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        **data,
    }
    return b"data: " + json.dumps(whole).encode() + b"\n\n"
