"""Who is signed in, and what the inbox needs to name things."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.connectors.channels.registry import capabilities, labels
from shopbell.desk.connections.reads import brands, connections
from shopbell.desk.held.commands import set_undo
from shopbell.desk.held.reads import undo_of
from shopbell.desk.people.commands import change_password
from shopbell.desk.people.reads import everyone, teams
from shopbell.desk.people.types import Agent
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.limits import OWN_PASSWORD
from shopbell.server.state import State
from shopbell.server.types import ChangePassword, Me, SetUndo


async def show(request: Request) -> Response:
    return answer(await me(state_of(request), request.state.agent))


async def set_password(request: Request) -> Response:
    state, session = state_of(request), request.state.session
    await state.limits.take(state.redis, OWN_PASSWORD, str(session.agent.id))
    body = await decode(request, ChangePassword)
    await change_password(state.desk, session, old=body.old, new=body.new)
    await state.limits.forgive(state.redis, OWN_PASSWORD, str(session.agent.id))
    return Response(status_code=204)


async def set_undo_send(request: Request) -> Response:
    body = await decode(request, SetUndo)
    await set_undo(state_of(request).desk, request.state.agent, body.seconds)
    return Response(status_code=204)


async def me(state: State, agent: Agent) -> Me:
    """What GET /api/me answers this agent. The position is read first: whoever resumes from it
    misses nothing that happened while the rest was read."""
    epoch, position = state.hub.epoch, state.hub.position
    return Me(
        agent=agent,
        people=await everyone(state.desk),
        teams=await teams(state.desk),
        brands=await brands(state.desk),
        channels=dict(labels()),
        capabilities=dict(capabilities()),
        connections=tuple(one.connection for one in await connections(state.desk)),
        undo_s=await undo_of(state.desk, agent),
        epoch=epoch,
        position=position,
    )
