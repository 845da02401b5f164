"""What is promised, and how a ticket's clocks stand."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.sla import commands, reads
from shopbell.desk.tickets.reads import ticket_for
from shopbell.server.asked import named
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.types import Clocks, Policies


async def policies(request: Request) -> Response:
    return answer(Policies(policies=await reads.policies(state_of(request).desk)))


async def set_policies(request: Request) -> Response:
    desk, body = state_of(request).desk, await decode(request, Policies)
    await commands.set_policies(desk, body.policies)
    return answer(Policies(policies=await reads.policies(desk)))


async def clocks(request: Request) -> Response:
    desk, wanted = state_of(request).desk, named(request, "ticket_id", "The ticket")
    ticket = await ticket_for(desk, request.state.agent, wanted)
    return answer(Clocks(clocks=await reads.bills_of(desk, ticket.id)))
