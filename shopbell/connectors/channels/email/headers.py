"""What stands in a mail's header lines, however they are written.

Encoded words are RFC 2047, long parameters RFC 2231, addresses and message ids RFC 5322; what is
none of these is read as people would. Nothing here raises for what a mail holds.
"""

import binascii
import re
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_tz
from typing import TypeAlias

from shopbell.connectors.channels.email.charsets import decode, unescaped

Head: TypeAlias = "Message[str, str]"
LONGEST = 100_000
MOST_ADDRESSES = 500
MOST_REFERENCES = 200
LONGEST_ID = 998
"""The longest line of a mail (RFC 5322, 2.1.1): no message id is longer."""

_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]{0,4000}(?:\?(?!=)[^?]{0,400}){0,20})\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_ID = re.compile(r"<\s*([^<>]{1,998}?)\s*>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@]{1,128}@[^\s<>()\[\],;:\"'@]{1,255}")
_NAMED = re.compile(r"(^|,)\s*([^<>\",;:()@]{0,200}@[^<>\",;:()]{1,200}?)\s*<(?=[^<>]*@)")
"""An address as an unquoted name, before the true one."""
_NEEDLESS = re.compile(r"^\"([\w.+=-]+)\"@")
"""A local part in quotes that needs none, which is the same without (RFC 5321, 4.1.2)."""
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]")


def line(head: Head, name: str) -> str:
    """The first header of this name as one line of text, encoded words read; empty if none."""
    found = head.get(name)
    return words(str(found)) if found is not None else ""


def raw_line(head: Head, name: str) -> str:
    """The first header of this name as it stands, unfolded."""
    found = head.get(name)
    return _FOLD.sub(" ", unescaped(str(found)))[:LONGEST].strip() if found is not None else ""


def words(raw: str) -> str:
    """A header's text with its encoded words read; words that a line break cut are put together."""
    text = _FOLD.sub(" ", unescaped(raw[:LONGEST]))
    if "=?" in text:
        text = _joined(_BETWEEN.sub(r"\1", text))
    return " ".join(_UNSEEN.sub("", text).split())


def addresses(head: Head, *names: str) -> list[tuple[str, str]]:
    """Names and bare addresses of all headers of these names, in order; the address in lower case.
    Groups give their members."""
    found: list[tuple[str, str]] = []
    for name in names:
        for one in (head.get_all(name) or [])[:20]:
            found += _addresses(str(one))
    return found[:MOST_ADDRESSES]


def ids(raw: str) -> tuple[str, ...]:
    """Message ids with their angle brackets, in order, each once."""
    found = [f"<{''.join(one.split())}>" for one in _ID.findall(raw)]
    if not found:
        found = [f"<{one.strip('<>')}>" for one in raw.split() if "@" in one]
    return tuple(dict.fromkeys(one for one in found if 2 < len(one) <= LONGEST_ID))


def message_id(head: Head) -> str:
    """The mail's own id, empty where it has none."""
    raw = raw_line(head, "message-id")
    found = ids(raw)
    return found[0] if found else (f"<{raw.strip('<> ')}>" if raw.strip("<> ") else "")[:LONGEST_ID]


def date(raw: str) -> datetime | None:
    """A date in UTC, None when it cannot be read or is none."""
    try:
        told = parsedate_tz(raw)
        if told is None:
            return None
        offset = told[9] or 0
        if abs(offset) >= 86_400:
            offset = 0
        year, month, day, hour, minute, second = told[:6]
        at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(offset))
        return at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def parameter(head: Head, name: str, header: str = "content-type") -> str:
    """A parameter of a header, in whichever of the three ways it is written."""
    try:
        told = head.get_param(name, header=header)
        value = collapse_rfc2231_value(told) if told is not None else ""
    except (ValueError, TypeError, LookupError, AttributeError, IndexError):
        value = ""
    return words(value or _loose(head, name, header))


def content_type(head: Head) -> str:
    """`type/subtype` in lower case; text/plain where it says nothing that can be read."""
    raw = raw_line(head, "content-type").split(";")[0].strip().lower()
    if re.fullmatch(r"[\w.+-]+/[\w.+-]+", raw):
        return raw
    return "text/html" if raw in ("html", "text html") else "text/plain"


def _loose(head: Head, name: str, header: str) -> str:
    pattern = rf"(?:^|[;\s]){re.escape(name)}\*?(?:0\*?)?\s*=\s*(?:\"([^\"]*)\"?|([^;\s]+))"
    found = re.search(pattern, raw_line(head, header), re.IGNORECASE)
    return (found.group(1) or found.group(2) or "") if found else ""


def _zone(offset: int) -> timezone:
    return timezone(timedelta(seconds=offset))


def _joined(text: str) -> str:
    """The text with each run of encoded words read as the bytes of one."""
    out, held, charset, end = "", b"", "", 0
    for found in _WORD.finditer(text):
        if found.start() != end or found.group(1).split("*")[0].lower() != charset:
            out += decode(held, charset) + text[end : found.start()]
            held = b""
        charset = found.group(1).split("*")[0].lower()
        held += _bytes(found.group(2), found.group(3))
        end = found.end()
    return out + decode(held, charset) + text[end:]


def _bytes(kind: str, body: str) -> bytes:
    raw = body.encode("utf-8", "surrogateescape")
    if kind in "qQ":
        return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)
    return from_base64(raw)


def from_base64(raw: bytes) -> bytes:
    """The bytes, as far as they can be read: foreign signs are passed over, the end is mended."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _addresses(raw: str) -> list[tuple[str, str]]:
    text = _FOLD.sub(" ", unescaped(raw[:LONGEST]))
    text = _NAMED.sub(r'\1"\2" <', text)
    try:
        pairs = getaddresses([text]) if text.count("(") < 50 else []
    except (ValueError, TypeError, IndexError, RecursionError, AttributeError):
        pairs = []
    found = [(words(name), bare(address)) for name, address in pairs]
    found = [(name, one) for name, one in found if "@" in one]
    if found:
        return found
    loose = _ADDRESS.findall(words(text))
    name = words(text.split("<")[0]).strip("\"' ") if len(loose) == 1 and "<" in text else ""
    return [(name, bare(one)) for one in loose[:MOST_ADDRESSES]]


def bare(address: str) -> str:
    """An address as it is compared: without what cannot be seen, in lower case."""
    told = _NEEDLESS.sub(r"\1@", words(address).replace(" ", "").strip("<>"))
    return told.strip("<>.,;'\"").lower()[:320]
