"""Reading the one file of a `multipart/form-data` request (RFC 7578), within its limits."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from shopbell.desk.attachments.types import TooBig

FIELD = "file"
LONGEST_S = 180.0
"""25 MB take this long at a little over a megabit a second."""
AROUND = 16 * 1024
"""Bytes that boundaries and part headers may take beside the file."""
_FIELDS = 4
_FIELD_BYTES = 1024


_ESCAPED = {"%22": '"', "%0D": " ", "%0A": " "}


@asynccontextmanager
async def uploaded(request: Request, most_bytes: int) -> AsyncGenerator[UploadFile]:
    """The request's `file`, beyond a megabyte on disk, gone after the block.

    Raises TooBig, and HTTPException with 408 for one that takes too long and 400 for what is no
    such form.
    """
    if _declared(request) > most_bytes + AROUND:
        raise TooBig(most_bytes)
    parser = MultiPartParser(
        request.headers,
        _capped(request, most_bytes),
        max_files=1,
        max_fields=_FIELDS,
        max_part_size=_FIELD_BYTES,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            form = await parser.parse()
    except TimeoutError as late:
        raise HTTPException(408, "The file took too long") from late
    except (MultiPartException, LookupError, ValueError, ClientDisconnect) as wrong:
        raise HTTPException(400, "Send the file as multipart/form-data") from wrong
    try:
        file = form.get(FIELD)
        if not isinstance(file, UploadFile):
            raise HTTPException(400, f"The form has no file named {FIELD}")
        file.filename = _named(file.filename or "")
        yield file
    finally:
        await form.close()


def _named(name: str) -> str:
    """The name as it was before the browser put it in a header (WHATWG HTML, 4.10.21.8)."""
    for escape, meant in _ESCAPED.items():
        name = name.replace(escape, meant)
    return name


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


async def _capped(request: Request, most_bytes: int) -> AsyncGenerator[bytes]:
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most_bytes + AROUND:
            raise TooBig(most_bytes)
        yield chunk
