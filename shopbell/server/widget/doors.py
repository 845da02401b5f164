"""Who may pass the widget's doors: visitors by their token, pages of allowed origins.

Pages of other sites ask without cookies (CORS without credentials). A preflight carries no token
and so cannot be told whose it is: it is always answered, and the request itself is checked.
"""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.connections.types import Connection
from shopbell.desk.errors import DeskError
from shopbell.server.doors import Handler, failure, state_of
from shopbell.server.state import State
from shopbell.server.widget.tokens import read_token

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "7200",
}


class ForeignOrigin(DeskError):
    """The page is not one that the connection lists."""

    kind = "origin"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "This page may not show the chat", "Add its address to the connection's list."
        )


def check_origin(state: State, connection: Connection, origin: str | None) -> None:
    """Raise ForeignOrigin for a page that may not hold the chat; programs send no origin.

    A connection without a list may be embedded anywhere, and our own pages hold every chat.
    """
    listed = connection.settings.origins
    if listed and origin is not None and origin not in listed and not state.own_origin(origin):
        raise ForeignOrigin


def bearer(request: Request) -> str | None:
    """The token of the request, if it carries one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def open_to_pages(handler: Handler) -> Handler:
    """Let pages of other sites read the answer, refusals included."""

    async def checked(request: Request) -> Response:
        try:
            response = await handler(request)
        except Exception as error:
            response = failure(request, error)
        origin = request.headers.get("origin")
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "retry-after"
        response.headers["Vary"] = "Origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    return checked


def visitors_only(handler: Handler) -> Handler:
    """Let a visitor with a good token through, as `request.state.visitor`; others get 401."""

    async def checked(request: Request) -> Response:
        state = state_of(request)
        visitor = await read_token(state, bearer(request))
        check_origin(state, visitor.connection, request.headers.get("origin"))
        request.state.visitor = visitor
        return await handler(request)

    return open_to_pages(checked)


async def preflight(request: Request) -> Response:
    """The answer to a browser that asks whether it may ask."""
    origin = request.headers.get("origin", "*")
    headers = {**PREFLIGHT, "Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return Response(status_code=204, headers=headers)
