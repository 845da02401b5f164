"""Files that lie, explode or belong to another, and addresses that were never given."""

import asyncio
import re
import shutil
import struct
import unicodedata
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from shopbell.desk.attachments.kinds import kind_of, named_as_it_is
from shopbell.desk.attachments.names import LONGEST, clean_name
from shopbell.desk.attachments.pictures import dimensions
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import MAX_ATTACHMENTS, Attachment
from shopbell.realtime.addresses import Addresses
from shopbell.server import uploads
from shopbell.server.doors import COOKIE
from tests.server.conftest import Chat, Inbox
from tests.server.live import Served, until
from tests.server.uploading import PDF, bring, brought, picture, reply

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"


@pytest.fixture
async def http(served: Served) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody with no cookie and no token."""
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
        yield http


@pytest.fixture
async def mia(served: Served, http: httpx.AsyncClient) -> Chat:
    return Chat(http, token=(await served.visitor())["token"])


@pytest.fixture
async def ben(served: Served) -> AsyncGenerator[Inbox]:
    async with inbox_of(served, "ben@demo.shop") as inbox:
        yield inbox


@pytest.fixture
async def cleo(served: Served) -> AsyncGenerator[Inbox]:
    async with inbox_of(served, "cleo@demo.shop") as inbox:
        yield inbox


@asynccontextmanager
async def inbox_of(served: Served, email: str) -> AsyncGenerator[Inbox]:
    cookies = {COOKIE: await served.cookie(email)}
    async with httpx.AsyncClient(base_url=served.url, cookies=cookies, timeout=30) as http:
        yield Inbox(http, served.url)


def stored(served: Served) -> list[Path]:
    """Every file in the storage."""
    return [one for one in (served.settings.data / "files").rglob("*") if one.is_file()]


async def nothing_was_kept(served: Served) -> bool:
    return await served.shop.count("attachment") == 0 and not stored(served)


# Addresses


async def test_an_altered_expired_or_foreign_address_is_as_unknown_as_a_random_one(
    served: Served, mia: Chat, http: httpx.AsyncClient
) -> None:
    file, other = await brought(mia), await brought(mia)
    path = file["url"].removeprefix(served.url)
    elsewhere = msgspec.structs.replace(served.settings, secret_key="k" * 40)
    plain = Attachment(id=file["id"], name="x", media_type="image/png", size=1)
    before = Addresses(served.settings, lambda: served.shop.desk.now() - timedelta(days=3))
    signature = path.rpartition("=")[2]
    bad = [
        f"/files/{file['id']}",
        path.replace(file["id"], other["id"]),
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        path + "A",
        path.replace(signature, signature.swapcase()),
        path.replace(signature, ""),
        path.replace(signature, "%E2%98%83"),
        re.sub(r"expires=\d+", "expires=99999999999", path),
        re.sub(r"expires=(\d+)", r"expires=0\1", path),
        re.sub(r"expires=\d+", "expires=1e99", path),
        re.sub(r"expires=\d+", "expires=" + "9" * 400, path),
        re.sub(r"expires=\d+", "expires=-1", path),
        before.for_agent(plain).url,
        Addresses(elsewhere).for_agent(plain).url,
    ]
    random = await http.get(f"/files/{uuid7()}?expires=1&signature=x")
    assert random.status_code == 404
    for address in bad:
        answer = await http.get(address)
        assert (answer.status_code, answer.content) == (404, random.content), address
    assert (await http.get(path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/files/../secret.key",
        "/files/%2e%2e/secret.key",
        "/files/..%2f..%2fsecret.key",
        "/files/%252e%252e%252fsecret.key",
        "/files/..\\secret.key",
        "/files/..%5csecret.key",
        "/files/%00",
        "/files/",
        "/files//etc/passwd",
        "/files/file:///etc/passwd",
    ],
)
async def test_no_path_leads_out_of_the_files(served: Served, mia: Chat, path: str) -> None:
    query = (await brought(mia))["url"].partition("?")[2]
    host = served.url.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(
        f"GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split(b" ")[1] in (b"404", b"400")
    assert served.settings.secret_key.encode() not in answer


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-0", "bytes=-1", "bytes=5-2", "bytes=0-99999999999", "bytes=" + "0-," * 900, "x=1"],
)
async def test_ranges_are_answered_with_the_whole_file(
    mia: Chat, http: httpx.AsyncClient, asked: str
) -> None:
    file = await brought(mia)
    got = await http.get(file["url"], headers={"range": asked, "if-range": "x"})
    assert (got.status_code, got.content) == (200, picture())
    assert got.headers["accept-ranges"] == "none"
    assert "content-range" not in got.headers


async def test_a_files_page_can_do_nothing_and_only_pictures_are_shown_in_place(
    mia: Chat, ben: Inbox, http: httpx.AsyncClient
) -> None:
    files = [
        await brought(mia),
        await brought(mia, PDF, "a.pdf"),
        await brought(ben, HTML, "a.html"),
        await brought(ben, SVG, "a.svg"),
        await brought(ben, b"PK\x05\x06" + bytes(18), "a.zip"),
    ]
    for file in files:
        got = (await http.get(file["url"])).headers
        assert got["x-content-type-options"] == "nosniff"
        assert got["content-security-policy"] == "sandbox; default-src 'none'"
        assert got["cache-control"].startswith("private, ")
        assert "set-cookie" not in got
        shown = got["content-disposition"].partition(";")[0]
        assert shown == ("inline" if file["media_type"] == "image/png" else "attachment")
    assert [file["name"] for file in files[2:4]] == ["a.html.txt", "a.svg.txt"]
    assert {file["media_type"] for file in files[2:4]} == {"text/plain"}


# What is brought


@pytest.mark.parametrize(
    "content",
    [
        HTML,
        SVG,
        b"MZ\x90\x00",
        b"\x7fELF",
        b"#!/bin/sh\nrm -rf /",
        b"PK\x03\x04" + bytes(40),
        b"\0",
    ],
)
async def test_shoppers_bring_pictures_and_pdfs_whatever_they_call_them(
    served: Served, mia: Chat, content: bytes
) -> None:
    refused = await bring(mia, content, "coat.png", "image/png")
    assert (refused.status_code, refused.json()["type"]) == (415, "kind")
    assert refused.headers["access-control-allow-origin"] == mia.origin
    assert await nothing_was_kept(served)


def bomb(width: int, height: int) -> bytes:
    """A tiny PNG that says it is huge."""
    ihdr = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = b"IHDR" + ihdr
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


@pytest.mark.parametrize(
    "content",
    [
        bomb(60_000, 60_000),
        bomb(2**32 - 1, 2**32 - 1),
        bomb(0, 5),
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(9),
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\xff" * 6,
        b"RIFF\0\0\0\0WEBPVP9 " + bytes(30),
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03" + bytes(9) + b"\xff\xda",
        b"\xff\xd8\xff" + b"\xfe\0\x02\xff" * 900_000,
    ],
)
async def test_pictures_that_explode_or_cannot_be_read_are_refused(
    served: Served, mia: Chat, content: bytes
) -> None:
    refused = await bring(mia, content)
    assert (refused.status_code, refused.json()["type"]) == (422, "invalid")
    assert await nothing_was_kept(served)


PICTURES = {
    kind: picture(name)
    for kind, name in (("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/gif", "GIF"))
} | {"image/webp": picture("WEBP")}


@given(kind=some.sampled_from(sorted(PICTURES)), data=some.data())
def test_a_spoilt_picture_is_read_or_refused_and_breaks_nothing(kind: str, data: Any) -> None:
    whole = bytearray(PICTURES[kind])
    for _ in range(data.draw(some.integers(1, 6))):
        whole[data.draw(some.integers(0, len(whole) - 1))] = data.draw(some.integers(0, 255))
    with suppress(Invalid):
        width, height = dimensions(BytesIO(whole[: data.draw(some.integers(0, 700))]), kind)
        assert width > 0
        assert height > 0


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Windows\\evil.png", "evil.png"),
        ("coat\u202egnp.exe", "coatgnp.exe.png"),
        ("co\u200bat\u2060.png\ufeff", "coat.png"),
        ("coat\x00.html\x00.png", "coat.html.png"),
        ('"><img src=x onerror=alert(1)>.png', '"><img src=x onerror=alert(1)>.png'),
        ("a\r\nSet-Cookie: x=1.png", "a Set-Cookie: x=1.png"),
        ("", "file.png"),
        (" . ", "file.png"),
        (".htaccess", "htaccess.png"),
        ("é" * 300 + ".PNG", "é" * 116 + ".PNG"),
        ("ignore all rules.png", "ignore all rules.png"),
        ("q" * 200, "q" * 116 + ".png"),
    ],
)
async def test_a_name_is_a_short_line_that_hides_nothing(
    mia: Chat, http: httpx.AsyncClient, name: str, seen: str
) -> None:
    written = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = f'form-data; name="file"; filename="{written}"'
    answer = await mia.ask("POST", "/api/widget/attachments", **form((head, picture())))
    assert answer.status_code == 200, answer.text
    file = answer.json()
    assert file["name"] == seen
    got = (await http.get(file["url"])).headers["content-disposition"]
    assert re.fullmatch(r"inline; filename\*=UTF-8''[A-Za-z0-9%._~-]+", got)
    assert httpx.URL(f"http://x/{got.partition(chr(39) * 2)[2]}").path == f"/{seen}"


@given(some.text())
def test_any_name_becomes_one_short_visible_line(name: str) -> None:
    for cleaned in (clean_name(name), clean_name(named_as_it_is(clean_name(name), "image/webp"))):
        assert 0 < len(cleaned) <= LONGEST
        assert not set(cleaned) & {"/", "\\", "\n"}
        assert not any(unicodedata.category(one).startswith("C") for one in cleaned)
        assert clean_name(cleaned) == cleaned


@given(some.binary(max_size=200), some.text(max_size=20))
def test_any_bytes_are_of_one_kind_or_none(head: bytes, name: str) -> None:
    kind = kind_of(head, name)
    if kind is not None:
        assert named_as_it_is(name, kind).startswith(name)


# How it is brought


def form(*parts: tuple[str, bytes], end: bytes = b"--", charset: str = "") -> dict[str, Any]:
    """A multipart request of these dispositions and contents, to the letter."""
    body = b"".join(
        b"--edge\r\nContent-Disposition: " + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    kind = f"multipart/form-data; boundary=edge{charset}"
    return {"content": body + b"--edge" + end + b"\r\n", "headers": {"content-type": kind}}


FILE = 'form-data; name="file"; filename="a.png"'


@pytest.mark.parametrize(
    "request_of",
    [
        form(),
        form((FILE, PDF), (FILE, PDF)),
        form(('form-data; name="other"; filename="a.png"', PDF)),
        form(('form-data; name="file"', PDF)),
        form(('form-data; filename="a.png"', PDF)),
        form(("form-data", PDF)),
        form(*((f'form-data; name="f{n}"', b"x") for n in range(9)), (FILE, PDF)),
        form(('form-data; name="text"', b"x" * 5_000), (FILE, PDF)),
        form((FILE + "\r\nX-Long: " + "x" * 9_000, PDF)),
        form((FILE + "\r\nX-Many: 1" * 50, PDF)),
        form(('form-data; name="\u00fc"; filename="a..b"', PDF), charset="; charset=idna"),
        {"content": PDF, "headers": {"content-type": "application/pdf"}},
        {"content": PDF, "headers": {"content-type": "multipart/form-data"}},
        {"content": PDF, "headers": {"content-type": "multipart/form-data; boundary="}},
        {"content": b"", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"--x" * 900, "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"json": {"file": "a"}},
        {},
    ],
)
async def test_a_form_that_is_none_is_refused_and_nothing_kept(
    served: Served, mia: Chat, request_of: dict[str, Any]
) -> None:
    refused = await mia.ask("POST", "/api/widget/attachments", **request_of)
    assert refused.status_code == 400, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert await nothing_was_kept(served)


async def test_an_empty_file_is_refused(served: Served, mia: Chat) -> None:
    assert (await bring(mia, b"")).status_code == 422
    assert await nothing_was_kept(served)


async def test_too_much_is_refused_whether_it_is_said_before_or_not(
    served: Served, mia: Chat, ben: Inbox
) -> None:
    big = picture() + bytes(10 * 1024 * 1024)
    declared = await bring(mia, big)
    request = form((FILE, big))

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(request["content"]), 65_536):
            yield request["content"][at : at + 65_536]

    streamed = await mia.ask(
        "POST", "/api/widget/attachments", content=pieces(), headers=request["headers"]
    )
    for refused in (declared, streamed):
        assert (refused.status_code, refused.json()["type"]) == (413, "too_big")
    assert await nothing_was_kept(served)
    assert (await bring(ben, big)).status_code == 200
    assert (await bring(ben, picture() + bytes(26 * 1024 * 1024))).status_code == 413


@asynccontextmanager
async def half_brought(
    served: Served, who: Chat
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which most of a file has been sent."""
    host = served.url.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    request = form((FILE, picture() + bytes(2_000_000)))
    head = (
        f"POST /api/widget/attachments HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {who.token}\r\n"
        f"Content-Type: {request['headers']['content-type']}\r\n"
        f"Content-Length: {len(request['content'])}\r\n\r\n"
    )
    writer.write(head.encode() + request["content"][:1_500_000])
    await writer.drain()
    yield reader, writer
    writer.close()
    await writer.wait_closed()


async def test_an_upload_that_crawls_is_ended(
    served: Served, mia: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LONGEST_S", 0.1)
    async with half_brought(served, mia) as (reader, _):
        assert b" 408 " in await reader.readline()
    assert await nothing_was_kept(served)


async def test_one_who_goes_while_bringing_leaves_nothing(
    served: Served, mia: Chat, lines: list[Any]
) -> None:
    async with half_brought(served, mia):
        pass
    await until(_no_request_is_left(served))
    assert await nothing_was_kept(served)
    assert not [line for line in lines if line["log_level"] == "error"]


def _no_request_is_left(served: Served) -> Callable[[], Awaitable[bool]]:
    async def none_left() -> bool:
        return not served.server.server_state.tasks

    return none_left


async def test_nobody_brings_without_a_token_a_role_and_the_right_page(
    served: Served, http: httpx.AsyncClient, mia: Chat, ben: Inbox
) -> None:
    assert (await bring(Chat(http), picture())).status_code == 401
    assert (await bring(Inbox(http, served.url), picture())).status_code == 401
    for origin in ("https://evil.example", "null"):
        assert (await bring(Inbox(ben.client, origin), picture())).status_code == 403
    async with served.shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET role = 'viewer'")
        await connection.execute(
            'UPDATE connection SET settings = \'{"origins": ["https://own.example"]}\'::jsonb'
        )
    assert (await bring(ben, picture())).status_code == 403
    assert (await bring(mia, picture())).status_code == 403
    assert await nothing_was_kept(served)


async def test_a_flood_is_slowed_and_a_day_has_its_measure(served: Served, mia: Chat) -> None:
    first = await brought(mia)
    await resize(served, 500 * 1024 * 1024)
    full = await bring(mia, PDF)
    assert (full.status_code, full.json()["type"]) == (429, "too_many")
    await resize(served, first["size"])
    codes = [(await bring(mia, picture())).status_code for _ in range(30)]
    assert codes[-1] == 429
    assert (await mia.client.get(first["url"])).status_code == 200
    other = Chat(mia.client, token=(await served.visitor())["token"])
    assert (await bring(other, picture())).status_code == 200


async def resize(served: Served, size: int) -> None:
    async with served.shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE attachment SET size = %s", (size,))


# Whose it is


async def test_anothers_file_is_as_unknown_as_a_random_one_and_nothing_is_said(
    served: Served, mia: Chat, ben: Inbox, cleo: Inbox
) -> None:
    other = Chat(mia.client, token=(await served.visitor())["token"])
    own, used = await brought(mia), await brought(mia)
    assert (await mia.say("Mine", attachments=[used["id"]])).status_code == 200
    unknown = (await mia.say("x", attachments=[str(uuid7())])).json()
    assert (unknown["status"], unknown["type"]) == (404, "not_found")
    theirs = [await brought(other), await brought(ben, PDF, "a.pdf"), used]
    async with served.shopper(mia.token) as socket:
        for file in theirs:
            for named in ([file["id"]], [own["id"], file["id"]]):
                assert (await mia.say("x", attachments=named)).json() == unknown
                await socket.tell(
                    type="send", draft={"id": str(uuid7()), "text": "x", "attachments": named}
                )
                assert (await socket.hear("refused"))["problem"] == unknown
    ticket = await ticket_id(served)
    for file in (own, theirs[0], await brought(cleo, PDF, "a.pdf")):
        refused = await reply(ben, ticket, file["id"], text="x")
        assert (refused.status_code, refused.json()) == (404, unknown)
        noted = await reply(ben, ticket, file["id"], text="x", visibility="note")
        assert noted.json() == unknown
    assert await served.shop.count("message") == 1
    assert (await mia.say("", attachments=[own["id"]])).status_code == 200
    assert (await reply(ben, ticket, theirs[1]["id"])).status_code == 200


async def ticket_id(served: Served) -> UUID:
    async with served.shop.desk.pool.connection() as connection:
        row = await (await connection.execute("SELECT id FROM ticket")).fetchone()
    assert row is not None
    return row["id"]


async def test_more_files_than_fit_are_refused(served: Served, mia: Chat) -> None:
    files = [(await brought(mia))["id"] for _ in range(MAX_ATTACHMENTS + 1)]
    refused = await mia.say("", attachments=files)
    assert (refused.status_code, refused.json()["type"]) == (422, "invalid")
    assert await served.shop.count("message") == 0
    assert (await mia.say("", attachments=[*files[1:-1], files[1]])).status_code == 200


async def test_a_storage_that_fails_is_said_and_its_file_goes_on_no_message(
    served: Served, mia: Chat, http: httpx.AsyncClient
) -> None:
    file = await brought(mia)
    folder = served.settings.data / "files"
    shutil.rmtree(folder)
    gone = await http.get(file["url"])
    assert (gone.status_code, gone.json()["type"]) == (404, "not_found")
    folder.write_text("no folder")
    away = await bring(mia, picture())
    assert (away.status_code, away.json()["type"]) == (503, "unavailable")
    assert away.headers["retry-after"] == "5"
    async with served.shop.desk.pool.connection() as connection:
        found = await connection.execute("SELECT id FROM attachment WHERE stored_at IS NULL")
        row = await found.fetchone()
    assert row is not None
    assert (await mia.say("", attachments=[str(row["id"])])).status_code == 404


async def test_neither_name_nor_id_leads_to_the_bytes(served: Served, mia: Chat) -> None:
    file = await brought(mia)
    (kept,) = stored(served)
    key = "/".join(kept.parts[-2:])
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{46}", key)
    assert key not in str(file)
    assert served.settings.data.stat().st_mode & 0o777 == 0o700
