"""How the assistant came to what it did."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.turns.reads import turn_for
from shopbell.server.asked import named
from shopbell.server.doors import answer, state_of


async def show(request: Request) -> Response:
    turn_id = named(request, "turn_id", "The turn")
    return answer(await turn_for(state_of(request).desk, request.state.agent, turn_id))
