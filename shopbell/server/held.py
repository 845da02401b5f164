"""The inbox's doors to replies that wait: look, take back, send now."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.errors import NotFound
from shopbell.desk.held.commands import send_held, take_back
from shopbell.desk.held.reads import held_by, held_for
from shopbell.desk.held.types import HeldReply
from shopbell.realtime.frames import AgentAck
from shopbell.server.asked import named
from shopbell.server.doors import answer, state_of
from shopbell.server.types import HeldReplies


async def index(request: Request) -> Response:
    return answer(HeldReplies(held=await held_by(state_of(request).desk, request.state.agent)))


async def undo(request: Request) -> Response:
    held = await _held(request)
    await take_back(state_of(request).desk, request.state.agent, held)
    return Response(status_code=204)


async def send(request: Request) -> Response:
    state, held = state_of(request), await _held(request)
    written = await send_held(state.desk, held.sending.draft.id)
    if written is None:
        raise NotFound("The reply that waits")
    message = state.hub.audiences.sign(written.message)
    return answer(AgentAck(id=message.id, message=message))


async def _held(request: Request) -> HeldReply:
    held_id = named(request, "held_id", "The reply that waits")
    return await held_for(state_of(request).desk, request.state.agent, held_id)
