"""The built web files: the inbox's page, its parts, and the widget that shops embed."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
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
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cache-Control": "no-cache",
}
KEPT = (
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


async def inbox(request: Request) -> Response:
    """The inbox's one page, whatever address inside it was asked for."""
    return _file(request, "inbox/index.html", HEADERS)


async def widget_loader(request: Request) -> Response:
    """The script that shops embed; checked again on every page view, so a fix reaches all shops."""
    return _file(
        request,
        "widget.js",
        {
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "public, max-age=300",
        },
    )


def _file(request: Request, name: str, headers: dict[str, str]) -> Response:
    path = state_of(request).settings.web_dist / name
    if not path.is_file():
        raise HTTPException(503, "The web is not built: run bin/setup")
    return FileResponse(path, headers=headers)


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
