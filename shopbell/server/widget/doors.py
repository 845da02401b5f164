"""Who may pass the widget's doors: visitors by their token, pages of allowed origins."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.server.doors import Handler, state_of
from shopbell.server.widget.tokens import read_token


def visitors_only(handler: Handler) -> Handler:
    """Let a visitor with a good token through, as `request.state.visitor`; others get 401."""

    async def checked(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else None
        request.state.visitor = await read_token(state_of(request), given)
        return await handler(request)

    return checked
