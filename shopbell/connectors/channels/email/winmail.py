"""Files out of `winmail.dat`, in which Outlook packs them for others ([MS-OXTNEF] 2.1)."""

import struct

from shopbell.connectors.channels.email.charsets import decode
from shopbell.desk.attachments.names import clean_name
from shopbell.desk.inbound.types import File

SIGNATURE = 0x223E9F78
MOST_RECORDS = 2_000
_BEGIN, _TITLE, _DATA = 0x00069002, 0x00018010, 0x0006800F


def files_in(packed: bytes) -> list[File]:
    """The files in it, as far as it can be read. Never raises."""
    if len(packed) < 6 or struct.unpack_from("<I", packed)[0] != SIGNATURE:
        return []
    found: list[tuple[str, bytes]] = []
    name, at = "", 6
    for _ in range(MOST_RECORDS):
        if at + 9 > len(packed):
            break
        attribute, length = struct.unpack_from("<II", packed, at + 1)
        value = packed[at + 9 : at + 9 + length]
        if len(value) < length:
            break
        at += 11 + length
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
