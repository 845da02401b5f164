"""The doors of files: bringing one, and getting one by its signed address."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shopbell.desk.attachments.commands import by_agent, by_visitor, keep
from shopbell.desk.attachments.reads import kept_file
from shopbell.desk.attachments.types import AGENTS, PICTURES, SHOPPERS, Allowance, Kept
from shopbell.desk.errors import NotFound
from shopbell.desk.messages.types import Attachment
from shopbell.server.asked import named
from shopbell.server.doors import address_of, answer, state_of
from shopbell.server.limits import AGENT_UPLOAD, UPLOAD, UPLOAD_ADDRESS
from shopbell.server.uploads import uploaded

KEPT_S = 24 * 3600
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""A file's page can do nothing; shops' pages may show its picture."""


async def create(request: Request) -> Response:
    """POST /api/attachments: an agent brings a file."""
    state, agent = state_of(request), request.state.agent
    await state.limits.take(state.redis, AGENT_UPLOAD, str(agent.id))
    kept = await _keep(request, by_agent(agent.id), AGENTS)
    return answer(state.addresses.for_agent(kept))


async def create_by_visitor(request: Request) -> Response:
    """POST /api/widget/attachments: a shopper brings a picture or a PDF."""
    state, visitor = state_of(request), request.state.visitor
    await state.limits.take(state.redis, UPLOAD, str(visitor.id))
    await state.limits.take(state.redis, UPLOAD_ADDRESS, address_of(request))
    kept = await _keep(request, by_visitor(visitor.id), SHOPPERS)
    return answer(state.addresses.for_shopper(kept))


async def show(request: Request) -> Response:
    """GET /files/{id}: the file, whole; ranges are not served (RFC 9110, 14.2 allows it).

    An address that is altered, expired or another file's is answered as one that never was.
    """
    state, file_id = state_of(request), named(request, "file_id", "The file")
    asked = request.query_params
    left = state.addresses.left(file_id, asked.get("expires", ""), asked.get("signature", ""))
    if left is None:
        raise NotFound("The file")
    file = await kept_file(state.desk, file_id)
    headers = {
        **HARMLESS,
        "Accept-Ranges": "none",
        "Cache-Control": f"private, max-age={min(KEPT_S, int(left.total_seconds()))}, immutable",
        "Content-Disposition": _disposition(file),
        "Content-Length": str(file.size),
    }
    if request.method == "HEAD":
        return Response(headers=headers, media_type=file.media_type)
    try:
        pieces: AsyncIterator[bytes] = await state.files.get(file.storage_key)
    except FileNotFoundError as gone:
        raise NotFound("The file") from gone
    return StreamingResponse(pieces, headers=headers, media_type=file.media_type)


async def _keep(request: Request, uploader: str, allowance: Allowance) -> Attachment:
    state = state_of(request)
    async with uploaded(request, allowance.most_bytes) as file:
        return await keep(
            state.desk,
            state.files,
            uploader,
            allowance,
            name=file.filename or "",
            size=file.size or 0,
            file=file.file,
        )


def _disposition(file: Kept) -> str:
    """How the file is shown and what it is called when saved (RFC 6266)."""
    shown = "inline" if file.media_type in PICTURES else "attachment"
    return f"{shown}; filename*=UTF-8''{quote(file.name, safe='')}"
