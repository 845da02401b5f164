"""Mails made to burst, to mislead or to break a reader are read as far as they go, kept raw and flagged; the
worker lives, and the next mail is answered."""

import base64
import io
import struct
import unicodedata
import zipfile
import zlib

import pytest

from shopbell.connectors.channels.email.channel import EmailChannel
from shopbell.connectors.channels.email.reading import House, facts_of
from shopbell.desk.messages.types import MAX_ATTACHMENTS
from tests.channels.conftest import Line
from tests.channels.mailing import SECRET, forward, forwarded, mail, post, sent
from tests.desk.conftest import shop
from tests.jobs.conftest import answered, rows
from tests.peers.smtp import Post

__all__ = ["forwarded", "post", "shop"]

HEAD = b"From: Eve <eve@evil.example>\nTo: help@shop.example\nSubject: bomb\nMIME-Version: 1.0\n"


def _mixed(*parts: bytes, boundary: bytes = b"zz") -> bytes:
    top = HEAD + b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n"
    return top + b"".join(b"--" + boundary + b"\n" + one + b"\n" for one in parts) + b"--zz--\n"


def _file(name: str, body: bytes, kind: str = "application/octet-stream", more: str = "") -> bytes:
    told = f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n{more}"
    if name:
        told += f'Content-Disposition: attachment; filename="{name}"\n'
    return told.encode("utf-8", "surrogatepass") + b"\n" + base64.encodebytes(body)


def _nested(depth: int) -> bytes:
    inside = b"Content-Type: text/plain\n\nhi\n"
    for number in range(depth):
        mark = b"n%d" % number
        top = b"Content-Type: multipart/mixed; boundary=" + mark + b"\n\n--" + mark + b"\n"
        inside = top + inside + b"\n--" + mark + b"--\n"
    return HEAD + inside


def _mails_in_mails(depth: int) -> bytes:
    inside = HEAD + b"\nhi\n"
    for _ in range(depth):
        inside = HEAD + b"Content-Type: message/rfc822\n\n" + inside
    return inside


def _zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", bytes(20_000_000))
    return packed.getvalue()


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000)))


def _winmail(length: int) -> bytes:
    return (
        struct.pack("<IH", 0x223E9F78, 1) + b"\x02" + struct.pack("<II", 0x0006800F, length) + b"x"
    )


BOMBS = {
    "parts without end": _mixed(*[b"Content-Type: text/plain\n\nhi"] * 20_000),
    "files without end": _mixed(*[_file(f"{n}.txt", b"x") for n in range(150)]),
    "parts nested without end": _nested(2_000),
    "mails in mails": _mails_in_mails(500),
    "boundaries that begin alike": HEAD
    + b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a" * 100_000,
    "a boundary of nothing": HEAD + b'Content-Type: multipart/mixed; boundary=""\n\n--\nhi\n--\n',
    "a boundary of signs": HEAD
    + b'Content-Type: multipart/mixed; boundary=".*(a+)+$"\n\n--.*(a+)+$\n\nhi\n',
    "no boundary": HEAD + b"Content-Type: multipart/mixed\n\nhi there\n",
    "a boundary that never comes": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\n\nhi there\n",
    "a boundary that is never closed": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhi there\n",
    "a mixed mail in base64": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(b"--x\n\nhi\n--x--\n"),
    "a text of 20 MB": HEAD + b"\n" + b"long words " * 1_900_000,
    "one line of 10 MB": HEAD + b"\n" + b"x" * 10_000_000,
    "a page of 10 MB": HEAD + b"Content-Type: text/html\n\n" + b"<b>x</b>" * 1_200_000,
    "a page of tables in tables": HEAD
    + b"Content-Type: text/html\n\n"
    + b"<table><tr><td>" * 50_000,
    "a page of open quotes": HEAD + b"Content-Type: text/html\n\n" + b'<p a="' * 100_000,
    "a page of entities": HEAD + b"Content-Type: text/html\n\n" + b"&amp;" * 300_000,
    "quotes in quotes": HEAD + b"\n" + (b">" * 500 + b" hi\n") * 2_000,
    "introductions without end": HEAD + b"\n" + b"On 1.1.2024 10:00 a@b.example\n" * 60_000,
    "heads of mails without end": HEAD + b"\n" + b"From: a\nSent: b\n" * 60_000,
    "rules without end": HEAD + b"\n" + b"----- a -----\n" * 60_000,
    "signs of signatures": HEAD + b"\n" + b"-- \n" * 100_000,
    "soft line ends": HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b"> a \n" * 100_000,
    "header lines without end": HEAD + b"X-A: b\n" * 200_000 + b"\nhi",
    "a header of 5 MB": HEAD + b"X-A: " + b"b" * 5_000_000 + b"\n\nhi",
    "received without end": HEAD
    + b"Received: from a; Mon, 1 Jan 2024 10:00:00 +0000\n" * 30_000
    + b"\nhi",
    "folds without end": HEAD + b"X-A: b\n" + b" c\n" * 80_000 + b"\nhi",
    "addresses without end": HEAD + b"Cc: " + b"a@b.example," * 20_000 + b"\n\nhi",
    "groups in groups": HEAD + b"Cc: " + b"a:" * 20_000 + b"\n\nhi",
    "comments in comments": HEAD + b"Cc: " + b"(" * 20_000 + b")" * 20_000 + b"\n\nhi",
    "references without end": HEAD + b"References: " + b"<a@b> " * 40_000 + b"\n\nhi",
    "results without end": HEAD + b"Authentication-Results: mx; " + b"dkim=(" * 30_000 + b"\n\nhi",
    "encoded words without end": HEAD
    + b"X-A: x\nSubject: "
    + b"=?utf-8?q?a?= " * 15_000
    + b"\n\nhi",
    "encoded words that never end": HEAD
    + b"Comments: x\nTo: "
    + b"=?utf-8?q?" * 20_000
    + b"\n\nhi",
    "parameters without end": HEAD
    + b"Content-Type: text/plain; "
    + b"".join(b"name*%d=a; " % n for n in range(20_000))
    + b"\n\nhi",
    "parameters with a huge number": HEAD
    + b"Content-Type: text/plain; name*99999999999999999999=a\n\nhi",
    "base64 that breaks off": HEAD + b"Content-Transfer-Encoding: base64\n\naGk=====\x00\xff!aG",
    "quoted-printable that breaks off": HEAD
    + b"Content-Transfer-Encoding: quoted-printable\n\nhi =\n=Z=\x00=",
    "uuencoded that breaks off": HEAD + b"\nhi\nbegin 644 a.txt\n" + b"M" * 1_000 + b"\n" * 10,
    "uuencoded without end": HEAD + b"\n" + b"begin 644 a\n#0V%T\n`\nend\n" * 20_000,
    "a charset that is none": HEAD
    + b"Content-Type: text/plain; charset=\xff\x00nobody\n\n\xe4\xf6\xfc",
    "a charset that is a codec of Python's": HEAD
    + b"Content-Type: text/plain; charset=zlib_codec\n\nhi",
    "a charset that runs": HEAD + b"Content-Type: text/plain; charset=unicode_escape\n\n\\x41 hi",
    "utf-7": HEAD + b"Content-Type: text/plain; charset=utf-7\n\n+AAAA- hi +2D0-",
    "half of utf-16": HEAD + b"Content-Type: text/plain; charset=utf-16\n\n\xff\xfeh\x00i\x00\xd8",
    "japanese that breaks off": HEAD
    + b"Content-Type: text/plain; charset=iso-2022-jp\n\nhi \x1b$B\x1b$B\x1b",
    "nothing but nul": b"\0" * 100_000,
    "nothing but a head": HEAD,
    "nothing but a line end": b"\n",
    "lines by return alone": HEAD.replace(b"\n", b"\r") + b"\rhi\r",
    "a zip bomb": _mixed(_file("a.zip", _zip_bomb(), "application/zip")),
    "a picture of 4 billion dots": _mixed(_file("a.png", _png(65_535, 65_535), "image/png")),
    "a picture that is a page": _mixed(_file("a.png", b"<script>1</script>", "image/png")),
    "a program called a picture": _mixed(_file("a.png", b"MZ\x90\x00" + bytes(60), "image/png")),
    "winmail that says to be huge": _mixed(
        _file("winmail.dat", _winmail(2**32 - 1), "application/ms-tnef")
    ),
    "winmail that is nothing": _mixed(
        _file("winmail.dat", b"x\x9f\x3e\x22", "application/ms-tnef")
    ),
    "a calendar without end": _mixed(
        _file("", b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 50_000, "text/calendar")
    ),
    "a report without end": HEAD
    + b"Content-Type: multipart/report; report-type=delivery-status; boundary=zz\n\n--zz\n"
    + b"Content-Type: message/delivery-status\n\n"
    + b"Action: failed\nStatus: 5.1.1\n\n" * 20_000
    + b"\n--zz--\n",
}
NAMES = [
    "invoice\u202egpj.exe",
    "in\u200bvoice.pdf",
    "a\x00.pdf.exe",
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\x.exe",
    "CON",
    "a" * 5_000 + ".pdf",
    ".",
    " ",
    "\ud800.pdf",
    "\u2066a\u2069\ufeff.txt",
    "a\r\nX-Evil: 1.txt",
    "=?utf-8?q?..=2F..=2Fetc=2Fpasswd?=",
    "utf-8''%2e%2e%2fpasswd%00.exe",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_every_bomb_is_read_as_far_as_it_goes(name: str) -> None:
    facts = facts_of(BOMBS[name], House(host="mx", secret="s"))
    message = facts[0]
    assert message.kind == "message"
    assert len(message.text) <= 1_000_000
    assert len(message.attachments) <= 200
    assert sum(len(one.data or b"") for one in message.attachments) <= len(BOMBS[name]) + 1
    assert "\x00" not in message.text
    assert message.mail is not None
    assert len(message.mail.to) + len(message.mail.cc) <= 1_000
    if "hi there" in BOMBS[name][-400:].decode("latin-1"):
        assert message.text == "hi there"


def test_names_of_files_hide_nothing_and_lead_nowhere() -> None:
    parts = [_file(name, b"x", more=f"X-N: {n}\n") for n, name in enumerate(NAMES)]
    (message, *_) = facts_of(_mixed(*parts), House())
    assert len(message.attachments) == len(NAMES)
    for one in message.attachments:
        assert one.name
        assert len(one.name) <= 255
        assert not set(one.name) & set("/\\\r\n\x00")
        assert not [sign for sign in one.name if unicodedata.category(sign) in ("Cf", "Cc", "Cs")]
        one.name.encode()


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:Session.login_data")
@pytest.mark.timeout(120)
async def test_bombs_are_kept_and_flagged_and_the_next_mail_is_answered(
    forwarded: Line, post: Post
) -> None:
    bodies = [one for one in BOMBS.values() if one.strip(b"\0\n") and len(one) < 1_000_000]
    for body in bodies:
        given = await forwarded.post(body, {"x-shopbell-key": SECRET})
        assert given.status_code == 200
    too_big = await forwarded.post(bytes(EmailChannel.most_bytes + 1), {"x-shopbell-key": SECRET})
    assert too_big.status_code == 413

    states = await rows(forwarded.desk, "SELECT status, error, length(body) AS size FROM inbound")
    assert sorted(one["size"] for one in states) == sorted(len(one) for one in set(bodies))
    assert {one["status"] for one in states} <= {"done", "unread"}
    flagged = " ".join(one["error"] or "" for one in states)
    for words in ("too deep", "only the first 400 parts", "only the first 100 files"):
        assert words in flagged
    assert "broke" not in flagged
    assert "empty" not in flagged
    kept = await rows(
        forwarded.desk, "SELECT extra, text FROM message WHERE author_kind = 'customer'"
    )
    assert all(len(one["extra"].get("attachments", ())) <= MAX_ATTACHMENTS for one in kept)
    kinds = {
        file["media_type"]
        for one in kept
        for file in one["extra"].get("attachments", ())
        if file["name"].startswith("a.png")
    }
    assert "image/png" not in kinds

    forwarded.mind.give(answered("Still here."))
    await forward(forwarded, mail("Are you there?"))
    assert "Still here." in (await sent(forwarded, post)).as_string()
