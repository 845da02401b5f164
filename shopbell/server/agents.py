"""The admins' doors to agents."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.people.invitations import add_agent, invite
from shopbell.desk.people.reads import agent_for, everyone
from shopbell.desk.people.staff import change_agent, sign_out_everywhere
from shopbell.desk.people.types import Agent
from shopbell.server.asked import named
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.state import State
from shopbell.server.types import Agents, ChangeAgent, Invited, NewAgent


async def index(request: Request) -> Response:
    return answer(Agents(agents=await everyone(state_of(request).desk)))


async def create(request: Request) -> Response:
    state, body = state_of(request), await decode(request, NewAgent)
    agent, token = await add_agent(state.desk, email=body.email, name=body.name, role=body.role)
    return answer(_invited(state, agent, token), 201)


async def change(request: Request) -> Response:
    agent, body = await _agent(request), await decode(request, ChangeAgent)
    desk, by = state_of(request).desk, request.state.agent
    changed = await change_agent(
        desk, by, agent.id, name=body.name, role=body.role, disabled=body.disabled
    )
    return answer(changed)


async def invite_again(request: Request) -> Response:
    state, agent = state_of(request), await _agent(request)
    return answer(_invited(state, agent, await invite(state.desk, agent.id)), 201)


async def end_sessions(request: Request) -> Response:
    agent = await _agent(request)
    await sign_out_everywhere(state_of(request).desk, request.state.agent, agent.id)
    return Response(status_code=204)


async def _agent(request: Request) -> Agent:
    agent_id = named(request, "agent_id", "The agent")
    return await agent_for(state_of(request).desk, request.state.agent, agent_id)


def _invited(state: State, agent: Agent, token: str) -> Invited:
    return Invited(agent=agent, link=f"{state.settings.public_url}/invitation#{token}")
