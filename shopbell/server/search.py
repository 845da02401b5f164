"""The search's door."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.search.reads import search
from shopbell.server.asked import following
from shopbell.server.doors import answer, state_of


async def index(request: Request) -> Response:
    words = request.query_params.get("q", "")
    desk = state_of(request).desk
    return answer(await search(desk, request.state.agent, words, following(request)))
