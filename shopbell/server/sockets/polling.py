"""Long polling, for networks that let no websocket through: one frame an answer."""

import asyncio
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.customers.types import Visitor
from shopbell.desk.people.types import Session
from shopbell.realtime.frames import CLOSE_REVOKED, Welcome, encode
from shopbell.realtime.listeners import Ended, Listener, events_frame
from shopbell.server.doors import address_of, state_of
from shopbell.server.limits import TooMany
from shopbell.server.state import State

WAIT_S = 25.0
AGAIN_S = 2.0


async def poll(request: Request) -> Response:
    """GET /api/poll: what an agent's websocket would say next."""
    session: Session = request.state.session
    listener = Listener(session_id=session.id, agent_id=session.agent.id, role=session.agent.role)
    return await _wait(request, listener, f"poll {session.id}")


async def widget_poll(request: Request) -> Response:
    """GET /api/widget/poll: what a shopper's websocket would say next."""
    visitor: Visitor = request.state.visitor
    listener = Listener(visitor.thread_id or visitor.id, session_id=visitor.id)
    return await _wait(request, listener, f"poll {visitor.id}")


async def _wait(request: Request, listener: Listener, who: str) -> Response:
    state, after = state_of(request), _position(request)
    hub = state.hub
    position = hub.position
    if after is None:
        return _frame(encode(Welcome(epoch=hub.epoch, position=position, resumed=False)).decode())
    hub.listen(listener)
    try:
        with state.crowd.address(address_of(request)), state.crowd.person(who):
            return _frame(await _next(state, listener, after, position))
    except Ended as ended:
        if ended.code == CLOSE_REVOKED:
            raise HTTPException(401, "This session has ended") from ended
        raise TooMany(AGAIN_S) from ended
    finally:
        hub.leave(listener)


async def _next(state: State, listener: Listener, after: tuple[UUID, int], position: int) -> str:
    missed = await state.hub.resume(listener, *after, position)
    if missed is None:
        welcome = Welcome(epoch=state.hub.epoch, position=state.hub.position, resumed=False)
        return encode(welcome).decode()
    if missed:
        return events_frame(missed)
    try:
        async with asyncio.timeout(WAIT_S):
            async for text in listener.frames():
                return text
    except TimeoutError:
        pass
    return f'{{"type":"events","position":{max(after[1], position)},"events":[]}}'


def _position(request: Request) -> tuple[UUID, int] | None:
    epoch, position = (request.query_params.get(name) for name in ("epoch", "position"))
    if epoch is None or position is None:
        return None
    try:
        if not (position.isascii() and position.isdigit() and len(position) < 16):
            raise ValueError
        return UUID(epoch), int(position)
    except ValueError as wrong:
        raise HTTPException(422, "epoch and position are those of the last frame") from wrong


def _frame(text: str) -> Response:
    return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})
