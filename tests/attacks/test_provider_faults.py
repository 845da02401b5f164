"""Whatever a platform, or something in its place, answers to a sending: no fault of ours, no false *sent*, no
credentials to where it points, and patience within bounds."""

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import msgspec
import pytest

from shopbell.connectors.channels.registry import CHANNELS, channels
from shopbell.desk.connections.types import LIVE_CHANNELS, ConnectionSettings
from shopbell.desk.deliveries.types import Refused, Sent, Unknown
from tests.channels.sending import outgoing

PLATFORMS = sorted(set(CHANNELS) - set(LIVE_CHANNELS) - {"email"})
Headers = dict[str, str]
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}


@dataclass
class Nasty:
    """A server that answers everything the same way; `asked` is what it was asked."""

    url: str = ""
    status: int = 200
    headers: Headers = field(default_factory=dict[str, str])
    body: bytes = b""
    asked: list[str] = field(default_factory=list[str])


@contextmanager
def nasty() -> Generator[Nasty]:
    told = Nasty()

    class Answers(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            told.asked.append(self.path)
            self.send_response(told.status)
            for name, value in {"content-length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_request(self, code: int | str = 0, size: int | str = 0) -> None:
            """The tests' output is no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def platform() -> Iterator[Nasty]:
    with nasty() as told:
        yield told


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Nasty]:
    """Where a platform has no business to send us."""
    with nasty() as told:
        yield told


async def send(channel: str, base_url: str) -> Sent | Refused | Unknown:
    entered = {one.name: one.default or "15550001111" for one in CHANNELS[channel].form}
    async with httpx.AsyncClient(timeout=5) as client:
        known = channels(client)[channel]
        told = outgoing(channel, base_url, entered, "15550002222", text="Take M.")
        settings = ConnectionSettings(base_url=base_url, endpoint=base_url)
        connection = msgspec.structs.replace(told.connection, settings=settings)
        secret = "whsec_c2VjcmV0"
        return await known.send(msgspec.structs.replace(told, connection=connection, secret=secret))


BODIES: dict[str, tuple[Headers, bytes]] = {
    "nothing": (JSON, b""),
    "a page": (HTML, b"<html><h1>Sorry</h1></html>"),
    "JSON that breaks off": (JSON, b'{"ok": tr'),
    "null": (JSON, b"null"),
    "a list": (JSON, b"[[[]]]"),
    "a number": (JSON, b"1e999"),
    "other types": (JSON, json.dumps({"ok": "no", "error": 7, "id": {}, "code": []}).encode()),
    "bytes": ({"content-type": "application/octet-stream"}, bytes(range(256))),
    "deep": (JSON, b"[" * 100_000),
    "wrong packing": ({**JSON, "content-encoding": "gzip"}, b"no gzip"),
    "an unknown charset": ({"content-type": "text/plain; charset=nobody"}, b"\xff\xfe"),
}
WAITS = ["0", "7", "-5", "1e9", "soon", "", "Wed, 21 Oct 2065 07:28:00 GMT", "NaN", "9" * 50]


@pytest.mark.parametrize("channel", PLATFORMS)
async def test_an_error_in_any_form_is_never_taken_for_sent(
    channel: str, platform: Nasty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopbell.connectors.channels.sms.channel.LOOK_EVERY_S", 0.0)
    for status in (400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 451, 500, 502, 503, 504):
        for name, (headers, body) in BODIES.items():
            if status not in (400, 429) and name not in ("nothing", "other types"):
                continue
            platform.status, platform.headers, platform.body = status, headers, body
            found = await send(channel, platform.url)
            if channel == "line" and status == 409:
                continue  # an earlier try under this key was taken
            assert isinstance(found, Refused | Unknown), f"{status} with {name}: {found}"
            assert found.words, f"{status} with {name}"
            if isinstance(found, Refused) and status in (429, 500, 502, 503, 504):
                assert not found.permanent, f"{status} with {name}: {found}"


@pytest.mark.parametrize("channel", PLATFORMS)
async def test_a_yes_that_names_nothing_is_no_fault(
    channel: str, platform: Nasty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopbell.connectors.channels.sms.channel.LOOK_EVERY_S", 0.0)
    for name, (headers, body) in BODIES.items():
        platform.status, platform.headers, platform.body = 200, headers, body
        found = await send(channel, platform.url)
        assert isinstance(found, Sent | Refused | Unknown), name
        assert isinstance(found, Sent) or found.words, name


@pytest.mark.parametrize("channel", PLATFORMS)
async def test_the_patience_that_is_asked_for_is_a_number(channel: str, platform: Nasty) -> None:
    for wait in WAITS:
        platform.status, platform.body = 429, b"{}"
        platform.headers = {**JSON, "retry-after": wait}
        found = await send(channel, platform.url)
        assert isinstance(found, Refused | Unknown), wait
        if isinstance(found, Refused):
            assert not found.permanent
            assert math.isfinite(found.retry_after or 0.0), wait


@pytest.mark.parametrize("channel", PLATFORMS)
async def test_nobody_is_followed_elsewhere(
    channel: str, platform: Nasty, elsewhere: Nasty
) -> None:
    for status in (301, 302, 303, 307, 308):
        platform.status, platform.body = status, b""
        platform.headers = {"location": f"{elsewhere.url}/steal"}
        found = await send(channel, platform.url)
        assert isinstance(found, Refused | Unknown), f"{status}: {found}"
    assert elsewhere.asked == []


@pytest.mark.parametrize("channel", PLATFORMS)
async def test_a_platform_that_is_not_there_is_tried_again(channel: str) -> None:
    found = await send(channel, "http://127.0.0.1:1")
    assert isinstance(found, Refused), found
    assert not found.permanent
    assert found.words


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _says(*lines: bytes) -> Talk:
    """A server that says one thing after another, one for each line it hears, and then is gone."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, said in enumerate(lines):
            if number:
                await reader.readline()
            writer.write(said)
        await writer.drain()

    return talk


_HELLO = (b"220 post\r\n", b"250 post\r\n", b"250 OK\r\n", b"250 OK\r\n")
POSTS: dict[str, tuple[Talk, type[Refused] | type[Unknown]]] = {
    "says nothing and goes": (_says(), Refused),
    "speaks HTTP": (_says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Refused),
    "speaks bytes": (_says(bytes(range(256)) * 40), Refused),
    "says no at once": (_says(b"554 no\r\n"), Refused),
    "is shutting down": (_says(b"421 later\r\n"), Refused),
    "goes after hello": (_says(*_HELLO[:2]), Refused),
    "goes after the sender": (_says(*_HELLO[:3]), Refused),
    "goes after the recipient": (_says(*_HELLO), Unknown),
    "says yes without end": (_says(*_HELLO[:1], b"250-a\r\n" * 5_000), Refused),
    "answers with half a line": (_says(*_HELLO[:3], b"25"), Refused),
    "goes as the mail begins": (_says(*_HELLO, b"354 go\r\n"), Unknown),
    "loses the mail": (_says(*_HELLO, b"354 go\r\n", b"2"), Unknown),
}


@asynccontextmanager
async def post_of(talk: Talk) -> AsyncGenerator[int]:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("name", POSTS)
async def test_a_mail_server_that_breaks_off_leaves_no_doubt_but_where_there_is_one(
    name: str,
) -> None:
    talk, kind = POSTS[name]
    async with post_of(talk) as port, httpx.AsyncClient() as client:
        entered = {"address": "help@shop.example", "smtp_host": "127.0.0.1", "smtp_port": str(port)}
        told = outgoing("email", "", entered, "mia@mail.example", text="Take M.")
        found = await channels(client)["email"].send(told)
    assert isinstance(found, kind), found
    assert found.words
    if isinstance(found, Refused):
        assert not found.permanent
