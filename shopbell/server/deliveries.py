"""The inbox's doors to messages that did not go out: what they are, try again, go another way."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.deliveries.commands import move as move_to
from shopbell.desk.deliveries.commands import retry as send_again
from shopbell.desk.deliveries.reads import UNSENT, UnsentState, unsent
from shopbell.server.asked import cursor, limited, named, place
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.types import Move, Retry, UnsentPage


async def index(request: Request) -> Response:
    state, limit = state_of(request), limited(request, 50)
    wanted = request.query_params.get("state", "")
    states: tuple[UnsentState, ...] = tuple(one for one in UNSENT if wanted in ("", one))
    if not states:
        raise HTTPException(422, f"state is one of {', '.join(UNSENT)}")
    found = await unsent(state.desk, states, after=place(request), most=limit + 1)
    page, more = found[:limit], len(found) > limit
    signed = tuple(
        msgspec.structs.replace(one, message=state.hub.audiences.sign(one.message)) for one in page
    )
    following = cursor(page[-1].at, page[-1].message.id) if more else None
    return answer(UnsentPage(unsent=signed, next=following))


async def retry(request: Request) -> Response:
    message_id, body = named(request, "message_id", "The message"), await decode(request, Retry)
    desk, agent = state_of(request).desk, request.state.agent
    message = await send_again(desk, message_id, agent, on_purpose=body.on_purpose)
    return answer(state_of(request).hub.audiences.sign(message))


async def move(request: Request) -> Response:
    message_id, body = named(request, "message_id", "The message"), await decode(request, Move)
    desk, agent = state_of(request).desk, request.state.agent
    message = await move_to(desk, message_id, agent, body.connection_id, on_purpose=body.on_purpose)
    return answer(state_of(request).hub.audiences.sign(message))
