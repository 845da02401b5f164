"""The built web files: the inbox's page, its parts, and the widget that shops embed.

The page and the widget's loader name the parts of their own build, so a browser asks for them each
time, and is told 304 while they hold the same bytes.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from shopbell.server.doors import state_of

SELF = "'self'"
CONTENT_POLICY = "; ".join(
    (
        f"default-src {SELF}",
        f"img-src {SELF} data: blob:",
        "object-src 'none'",
        f"base-uri {SELF}",
        f"form-action {SELF}",
        "frame-ancestors 'none'",
    )
)
HEADERS = {"Content-Security-Policy": CONTENT_POLICY}
LOADER_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
KEPT = (
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


def inbox(request: Request) -> Response:
    """The inbox's one page, whatever address inside it was asked for."""
    return _checked(request, "inbox/index.html", HEADERS)


def asks_for_page(request: Request) -> bool:
    """Whether a person's browser went to an address that is no door of ours."""
    person = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return person and "endpoint" not in request.scope


def nowhere(request: Request) -> Response:
    """The inbox's page, which says that there is nothing at the address."""
    page = inbox(request)
    page.status_code = 404
    return page


def widget_loader(request: Request) -> Response:
    """The script that shops embed."""
    return _checked(request, "widget.js", LOADER_HEADERS)


def _checked(request: Request, name: str, headers: Mapping[str, str]) -> Response:
    path = state_of(request).settings.web_dist / name
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise HTTPException(503, "The web is not built: run bin/setup") from None
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**headers, "Cache-Control": "no-cache", "ETag": mark}
    known = request.headers.get("if-none-match", "").split(",")
    # A proxy that packs the body makes the mark a weak one.
    if mark in (one.strip().removeprefix("W/") for one in known):
        return Response(status_code=304, headers=headers)
    kind, _ = mimetypes.guess_type(name)
    return Response(body, headers=headers, media_type=kind)


class Assets:
    """`/assets/…`: files named by what they hold, so kept for ever; the widget's serve any page."""

    def __init__(self, folder: Path) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                message["headers"] = [*message["headers"], *KEPT]
            await send(message)

        await self._files(scope, receive, marked)
