"""How large a picture is, read from its header alone: nothing is decoded, so nothing explodes.

Pillow reads JPEG, whose size lies behind any number of segments. It would read the others too,
but allocates whole canvases for WebP (https://developers.google.com/speed/webp/docs/api) and
unpacks text chunks of PNG on the way.
"""

import struct
from io import BytesIO
from typing import IO

from PIL.JpegImagePlugin import JpegImageFile

from shopbell.desk.errors import Invalid

MOST_PIXELS = 64_000_000
"""About what the largest camera phones take; a browser needs 4 bytes of memory for each."""
_READ = 1024 * 1024
"""Bytes in which a JPEG's size must come: Pillow takes a second for 4 MB of empty segments."""
_ORIENTATION = 0x0112
_LYING = (5, 6, 7, 8)
"""EXIF orientations in which a browser turns the picture by a quarter (CIPA DC-008, 4.6.4)."""


def dimensions(file: IO[bytes], kind: str) -> tuple[int, int]:
    """Width and height in pixels, as a browser shows the picture; `file` is at its beginning.

    Raises Invalid for a header that cannot be read and for more than 64 million pixels.
    """
    try:
        width, height = _jpeg(file) if kind == "image/jpeg" else _READERS[kind](file.read(30))
    except (SyntaxError, ValueError, OSError, LookupError, TypeError, struct.error) as bad:
        raise Invalid("The picture cannot be read", "Save it again and send that.") from bad
    if width < 1 or height < 1:
        raise Invalid("The picture cannot be read", "Save it again and send that.")
    if width * height > MOST_PIXELS:
        raise Invalid("The picture has too many pixels", "Make it smaller and send that.")
    return width, height


def _jpeg(file: IO[bytes]) -> tuple[int, int]:
    picture = JpegImageFile(BytesIO(file.read(_READ)))
    width, height = picture.size
    lying = picture.getexif().get(_ORIENTATION) in _LYING
    return (height, width) if lying else (width, height)


def _png(head: bytes) -> tuple[int, int]:
    name, width, height = struct.unpack_from(">4sII", head, 12)
    if name != b"IHDR":
        raise ValueError(name)
    return width, height


def _gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(head: bytes) -> tuple[int, int]:
    """One of three first chunks (RFC 9649, sections 2.5 to 2.7)."""
    if len(head) < 30:
        raise ValueError(head)
    form = head[12:16]
    if form == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if form == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(form)


_READERS = {"image/png": _png, "image/gif": _gif, "image/webp": _webp}
