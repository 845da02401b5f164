"""What is in `winmail.dat`, in which Outlook packs a mail for others: its files, and its words where
the mail has none besides ([MS-OXTNEF] 2.1, [MS-OXCMAIL] 2.2.3.2)."""

import struct
from collections.abc import Iterator
from typing import Any

from shopbell.connectors.channels.email.charsets import charset_in_page, decode
from shopbell.desk.attachments.names import clean_name
from shopbell.desk.inbound.types import File

SIGNATURE = 0x223E9F78
MOST_RECORDS = 2_000
MOST_VALUES = 1_000
LONGEST_WORDS = 1_000_000
LONGEST_RICH = 100_000
"""Bytes of rich text as it is packed: at most eight times as many come out of it."""
_BEGIN, _TITLE, _DATA, _TEXT, _PROPERTIES = (
    *(0x00069002, 0x00018010, 0x0006800F),
    *(0x0002800C, 0x00069003),
)
_PLAIN, _RICH, _PAGE = 0x1000, 0x1009, 0x1013
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8} | {
    0x40: 8,
    0x48: 16,
}
"""Bytes that a value of each kind takes, padding included; of the others each says its length."""
_MANY, _WIDE = 0x1000, 0x1F


def files_in(packed: bytes) -> list[File]:
    """The files in it, as far as it can be read. Never raises."""
    found: list[tuple[str, bytes]] = []
    name = ""
    for attribute, value in _records(packed):
        if attribute == _BEGIN:
            name = ""
        elif attribute == _TITLE:
            name = decode(value)
            if found and not found[-1][0]:
                found[-1] = (name, found[-1][1])
        elif attribute == _DATA:
            found.append((name, value))
    return [
        File(
            name=clean_name(called or "file"),
            media_type="application/octet-stream",
            size=len(data),
            data=data,
        )
        for called, data in found
    ]


def words_in(packed: bytes) -> tuple[str, str]:
    """What the mail says, as text and as HTML; one of them, or neither. Never raises."""
    texts: dict[int, str] = {}
    for attribute, value in _records(packed):
        if attribute == _TEXT:
            texts.setdefault(_PLAIN, decode(value))
        elif attribute == _PROPERTIES:
            for name, kind, told in _values(value):
                if name == _RICH:
                    texts[name] = _unpacked(told)
                elif name in (_PLAIN, _PAGE):
                    charset = "utf-16-le" if kind == _WIDE else charset_in_page(told)
                    texts[name] = decode(told, charset)
    page, *plain = (
        texts.get(name, "").replace("\0", "")[:LONGEST_WORDS].strip()
        for name in (_PAGE, _PLAIN, _RICH)
    )
    return next(filter(None, plain), ""), page


def _records(packed: bytes) -> Iterator[tuple[int, bytes]]:
    if len(packed) < 6 or struct.unpack_from("<I", packed)[0] != SIGNATURE:
        return
    at = 6
    for _ in range(MOST_RECORDS):
        if at + 9 > len(packed):
            return
        attribute, length = struct.unpack_from("<II", packed, at + 1)
        value = packed[at + 9 : at + 9 + length]
        if len(value) < length:
            return
        at += 11 + length
        yield attribute, value


def _values(packed: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The name, the kind and the value of each property, up to the first that cannot be read."""
    try:
        (count,) = struct.unpack_from("<I", packed)
        at = 4
        for _ in range(min(count, MOST_VALUES)):
            kind, name = struct.unpack_from("<HH", packed, at)
            at += 4
            if name >= 0x8000:
                at = _past_name(packed, at)
            many, kind = bool(kind & _MANY), kind & ~_MANY
            each = 1
            if many or kind not in _FIXED:
                (each,) = struct.unpack_from("<I", packed, at)
                at += 4
            for _ in range(min(each, MOST_VALUES)):
                length = _FIXED.get(kind, -1)
                if length < 0:
                    (length,) = struct.unpack_from("<I", packed, at)
                    at += 4
                if at + length > len(packed):
                    return
                yield name, kind, packed[at : at + length]
                at += length + -length % 4
    except struct.error:
        return


def _past_name(packed: bytes, at: int) -> int:
    """Where a property goes on that has a name of its own, as a number or in words."""
    (by_words,) = struct.unpack_from("<I", packed, at + 16)
    if not by_words:
        return at + 24
    (length,) = struct.unpack_from("<I", packed, at + 20)
    return at + 24 + length + -length % 4


def _unpacked(rich: bytes) -> str:
    """The words of rich text as Outlook packs it ([MS-OXRTFCP])."""
    from compressed_rtf import decompress  # pyright: ignore[reportUnknownVariableType]
    from striprtf import striprtf

    reader: Any = striprtf
    if len(rich) > LONGEST_RICH:
        return ""
    try:
        return reader.rtf_to_text(decompress(rich).decode("latin-1"), errors="replace")
    except Exception:  # whatever these two make of bytes that are none of theirs
        return ""
