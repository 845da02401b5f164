"""The inbox's doors to customers: who is part of whom, join, undo, and the language they write."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.identities import commands
from shopbell.desk.identities.reads import (
    customer_for,
    find_customers,
    joining_for,
    joinings_of,
)
from shopbell.server.asked import named
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.types import FoundCustomers, Joinings, JoinWith, SetLanguage

LONGEST = 254


async def index(request: Request) -> Response:
    text = request.query_params.get("find", "")[:LONGEST]
    return answer(FoundCustomers(found=await find_customers(state_of(request).desk, text)))


async def joinings(request: Request) -> Response:
    customer_id = await _customer(request)
    return answer(Joinings(joinings=await joinings_of(state_of(request).desk, customer_id)))


async def join(request: Request) -> Response:
    customer_id, body = await _customer(request), await decode(request, JoinWith)
    desk, agent = state_of(request).desk, request.state.agent
    return answer(await commands.join(desk, customer_id, body.other_id, agent))


async def set_language(request: Request) -> Response:
    customer_id, body = await _customer(request), await decode(request, SetLanguage)
    desk, agent = state_of(request).desk, request.state.agent
    return answer(await commands.set_language(desk, customer_id, agent, body.language))


async def undo(request: Request) -> Response:
    desk, agent = state_of(request).desk, request.state.agent
    join_id = await joining_for(desk, agent, named(request, "joining_id", "The joining"))
    return answer(await commands.undo(desk, join_id, agent))


async def _customer(request: Request) -> UUID:
    customer_id = named(request, "customer_id", "The customer")
    found = await customer_for(state_of(request).desk, request.state.agent, customer_id)
    return found.id
