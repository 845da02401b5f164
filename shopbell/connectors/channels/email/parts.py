"""A mail taken apart: its MIME parts as a tree, and the texts and files in it.

Written for mails as they come: boundaries that are missing, never closed or never declared, parts
nested without end, encodings that break off. Each mail is gone through a bounded number of times.
"""

import binascii
import html as markup
import mimetypes
import quopri
import re
from email import message_from_bytes, message_from_string
from email.errors import MessageError

from msgspec import Struct

from shopbell.connectors.channels.email.charsets import charset_in_page, decode
from shopbell.connectors.channels.email.headers import (
    Head,
    content_type,
    from_base64,
    line,
    parameter,
    raw_line,
)
from shopbell.desk.attachments.names import clean_name
from shopbell.desk.inbound.types import File

MOST_DEPTH = 20
MOST_PARTS = 400
MOST_FILES = 100
LONGEST_HEAD = 256 * 1024
LONGEST_TEXT = 1_000_000
"""Characters of one part's text; all of it stands in the payload."""

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_GUESSED = re.compile(rb"^--(\S[^\r\n]{0,98}?)[ \t]*\r?\n[A-Za-z][A-Za-z-]{1,60}:", re.MULTILINE)
_MADE_UP = re.compile(rb"^--(\S[^\r\n]{0,98}?)--[ \t]*\r?$", re.MULTILINE)
_UU_BEGINS = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
_UU_ENDS = re.compile(rb"^end\r?$", re.MULTILINE)
_TEXTUAL = ("text/plain", "text/html", "text/enriched", "text/richtext")


class Part(Struct):
    """One part, with its head, and its parts or its bytes as they stand."""

    head: Head
    kind: str
    body: bytes
    parts: list["Part"]


class Piece(Struct, frozen=True):
    """A piece of what people read: as text, as HTML, or both for the same words."""

    plain: str | None = None
    html: str | None = None


class Taken(Struct):
    """What came of taking a mail apart; `capped` says what was left out."""

    pieces: list[Piece]
    files: list[File]
    capped: str = ""


class _Budget(Struct):
    parts: int = MOST_PARTS
    capped: str = ""


def taken_apart(body: bytes) -> tuple[Part, str]:
    """The mail as a tree of parts, and what of it was too much to be read."""
    budget = _Budget()
    whole = body.lstrip(b"\xef\xbb\xbf\r\n\t ")
    return _part(whole, budget, 0, "text/plain"), budget.capped


def contents(root: Part) -> Taken:
    """The texts and files of a mail."""
    taken = Taken(pieces=[], files=[])
    taken.pieces = _pieces(root, taken, top=True)
    return taken


def every(part: Part) -> list[Part]:
    """The part and all below it."""
    found = [part]
    for one in part.parts:
        found += every(one)
    return found


def unpacked(part: Part) -> bytes:
    """A part's bytes without their transfer encoding, as far as they can be read."""
    encoding = raw_line(part.head, "content-transfer-encoding").lower().strip(" \"'")
    if encoding.startswith("base64"):
        return from_base64(part.body)
    if encoding.startswith("quoted"):
        return quopri.decodestring(part.body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        found = _UU_BEGINS.search(part.body)
        return _from_uu(part.body[found.end() :]) if found else part.body
    return part.body


def text_of(part: Part) -> str:
    """The words of a part of text."""
    body = unpacked(part)
    declared = parameter(part.head, "charset")
    if not declared and part.kind == "text/html":
        declared = charset_in_page(body)
    text = decode(body, declared)[:LONGEST_TEXT]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.kind == "text/plain" and parameter(part.head, "format").lower() == "flowed":
        return _unflowed(text, delete=parameter(part.head, "delsp").lower() == "yes")
    return text


def _part(raw: bytes, budget: _Budget, depth: int, kind_unsaid: str) -> Part:
    budget.parts -= 1
    head, body = _split_head(raw)
    kind = content_type(head) if head.get("content-type") is not None else kind_unsaid
    part = Part(head=head, kind=kind, body=body, parts=[])
    if depth >= MOST_DEPTH:
        budget.capped = "parts nested too deep are not read"
        return part
    if kind.startswith("multipart/"):
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for one in _split_parts(part):
            if budget.parts <= 0:
                budget.capped = f"only the first {MOST_PARTS} parts are read"
                break
            part.parts.append(_part(one, budget, depth + 1, inner))
        if not part.parts:
            part.kind = "text/plain"
    return part


def _split_head(raw: bytes) -> tuple[Head, bytes]:
    if raw.startswith((b"\n", b"\r\n")):
        return message_from_bytes(b""), raw.lstrip(b"\r\n")
    end = _END_OF_HEAD.search(raw, 0, LONGEST_HEAD)
    top = raw[: end.start()] if end else raw[:LONGEST_HEAD]
    rest = raw[end.end() :] if end else raw[LONGEST_HEAD:]
    try:
        head = _head(top)
        spilt = head.get_payload()
    except (MessageError, ValueError, RecursionError, AssertionError):
        return message_from_bytes(b""), raw
    if isinstance(spilt, str) and spilt.strip():
        rest = spilt.encode("utf-8", "surrogateescape") + b"\n\n" + rest
    return head, rest


def _head(top: bytes) -> Head:
    """The header lines; those in raw 8 bit (RFC 6532, or nobody's rule) are read as they are meant."""
    if top.isascii():
        return message_from_bytes(top)
    return message_from_string("\n".join(decode(one) for one in top.split(b"\n")))


def _split_parts(part: Part) -> list[bytes]:
    """The parts between the boundaries: the one that is declared, else one that can be seen."""
    boundary = parameter(part.head, "boundary").encode("utf-8", "surrogateescape").rstrip()
    found = _between(part.body, boundary) if boundary else []
    if found:
        return found
    seen = _GUESSED.search(part.body) or _MADE_UP.search(part.body)
    return _between(part.body, seen.group(1)) if seen else []


def _between(body: bytes, boundary: bytes) -> list[bytes]:
    marks = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?$\n?", re.MULTILINE)
    found: list[bytes] = []
    start: int | None = None
    for mark in marks.finditer(body):
        if start is not None:
            found.append(_without_end(body[start : mark.start()]))
        start = None if mark.group(1) else mark.end()
    if start is not None and body[start:].strip():
        found.append(body[start:])
    return found


def _without_end(body: bytes) -> bytes:
    return body[:-2] if body.endswith(b"\r\n") else body.removesuffix(b"\n")


def _pieces(part: Part, taken: Taken, *, top: bool = False) -> list[Piece]:
    if part.kind == "multipart/alternative":
        return _alternative(part, taken)
    if part.kind.startswith("multipart/"):
        return [piece for one in part.parts for piece in _pieces(one, taken)]
    if part.kind in _TEXTUAL and not _is_file(part, top=top):
        return _texts(part, taken)
    _keep(part, taken)
    return []


def _alternative(part: Part, taken: Taken) -> list[Piece]:
    choices = [_pieces(one, taken) for one in part.parts]
    none: list[Piece] = []
    rich = next((one for one in reversed(choices) if any(piece.html for piece in one)), none)
    simple = next(
        (
            one
            for one in choices
            if one is not rich and any((piece.plain or "").strip() for piece in one)
        ),
        none,
    )
    if not rich or not simple:
        return rich or simple
    plain = "\n\n".join(piece.plain for piece in simple if piece.plain)
    page = "\n".join(piece.html or _as_html(piece.plain or "") for piece in rich)
    return [Piece(plain, page)]


def _texts(part: Part, taken: Taken) -> list[Piece]:
    if part.kind == "text/html":
        page = text_of(part)
        return [Piece(None, page)] if page.strip() else []
    if part.kind != "text/plain":
        return [Piece(re.sub(r"<[^>]{0,200}>", "", text_of(part)).replace("<<", "<"))]
    if b"\nbegin " in part.body or part.body.startswith(b"begin "):
        part.body = _without_uu(part.body, taken)
    text = text_of(part)
    return [Piece(text)] if text.strip() else []


def _as_html(text: str) -> str:
    return f"<pre>{markup.escape(text)}</pre>"


def html_of(pieces: list[Piece]) -> str | None:
    """The whole as one page; None where nothing of it came as HTML."""
    if not any(piece.html for piece in pieces):
        return None
    return "\n".join(piece.html or _as_html(piece.plain or "") for piece in pieces)


def _is_file(part: Part, *, top: bool) -> bool:
    told = raw_line(part.head, "content-disposition").split(";")[0].strip().lower()
    if told == "attachment":
        return not top
    return bool(_name(part)) and told != "inline"


def _name(part: Part) -> str:
    return parameter(part.head, "filename", "content-disposition") or parameter(part.head, "name")


def _keep(part: Part, taken: Taken) -> None:
    if len(taken.files) >= MOST_FILES:
        taken.capped = f"only the first {MOST_FILES} files are kept"
        return
    data = part.body if part.kind.startswith("message/") else unpacked(part)
    taken.files.append(
        File(
            name=clean_name(_name(part) or _made_name(part)),
            media_type=part.kind,
            size=len(data),
            data=data,
            inline_id=raw_line(part.head, "content-id").strip("<> ")[:200],
        )
    )


def _made_name(part: Part) -> str:
    match part.kind:
        case "text/calendar":
            return "invitation.ics"
        case "message/rfc822":
            inner, _ = _split_head(part.body)
            return f"{line(inner, 'subject')[:80] or 'mail'}.eml"
        case "message/delivery-status" | "message/feedback-report" | "text/rfc822-headers":
            return f"{part.kind.partition('/')[2]}.txt"
        case "application/ms-tnef":
            return "winmail.dat"
        case kind:
            return f"file{mimetypes.guess_extension(kind) or '.bin'}"


def _without_uu(body: bytes, taken: Taken) -> bytes:
    """The text without the files that old programs put into it."""
    out, at = b"", 0
    for _ in range(MOST_FILES):
        begins = _UU_BEGINS.search(body, at)
        ends = _UU_ENDS.search(body, begins.end()) if begins else None
        if begins is None or ends is None:
            break
        data = _from_uu(body[begins.end() : ends.start()])
        if data:
            name = clean_name(decode(begins.group(1)))
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            taken.files.append(File(name=name, media_type=kind, size=len(data), data=data))
        out += body[at : begins.start() if data else ends.end()]
        at = ends.end()
    return out + body[at:]


def _from_uu(lines: bytes) -> bytes:
    out: list[bytes] = []
    for one in lines.splitlines():
        if one.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(one))
        except binascii.Error:
            return b""
    return b"".join(out)


def _unflowed(text: str, *, delete: bool) -> str:
    """Lines of flowed text put together again (RFC 3676, 4.1 and 4.2)."""
    out: list[str] = []
    open_depth = -1
    for one in text.split("\n"):
        signs = len(one) - len(one.lstrip(">"))
        words = one[signs:].removeprefix(" ")
        soft = words.endswith(" ") and words != "-- "
        kept = words[:-1] if soft and delete else words
        if open_depth == signs and words != "-- ":
            out[-1] += kept
        else:
            out.append(f"{'>' * signs} {kept}" if signs else kept)
        open_depth = signs if soft else -1
    return "\n".join(out)
