"""The inbox's doors to tickets: who may, decode, one desk call, answer."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.control import commands as control
from shopbell.desk.deliveries.reads import count_unsent
from shopbell.desk.ids import uuid7
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.reads import read_positions
from shopbell.desk.tickets import commands, reads
from shopbell.desk.tickets.types import Ticket
from shopbell.server.asked import cursor, limited, named, named_or_numbered, place
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.saying import say
from shopbell.server.types import (
    Assign,
    Counts,
    Release,
    Reply,
    SetPriority,
    SetTags,
    Snooze,
    TakeOver,
    TicketPage,
)


async def index(request: Request) -> Response:
    desk, agent = state_of(request).desk, _agent(request)
    view, limit = request.query_params.get("view", "open"), limited(request, 50)
    sort = request.query_params.get("sort", "newest")
    found = await reads.tickets_in(
        desk, agent, view, sort=sort, after=place(request), limit=limit + 1
    )
    tickets, more = found[:limit], len(found) > limit
    positions = await read_positions(desk, agent, tuple(one.thread_id for one in tickets))
    following = cursor(*reads.place_of(tickets[-1], sort)) if more else None
    return answer(TicketPage(tickets=tickets, reads=positions, next=following))


async def counts(request: Request) -> Response:
    desk = state_of(request).desk
    found = await reads.counts(desk, _agent(request))
    named = {("all_open" if name == "open" else name): n for name, n in found.items()}
    return answer(Counts(**named, unsent=await count_unsent(desk)))


async def show(request: Request) -> Response:
    state, wanted = state_of(request), named_or_numbered(request, "ticket_id", "The ticket")
    opened = await reads.open_ticket(state.desk, _agent(request), wanted)
    signed = tuple(state.hub.audiences.sign(one) for one in opened.messages)
    return answer(msgspec.structs.replace(opened, messages=signed))


async def send(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, Reply)
    return answer(await say(state_of(request), ticket.id, _agent(request), body))


async def take_over(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, TakeOver)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await control.take_over(desk, ticket.id, agent, on_purpose=body.on_purpose))


async def release(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, Release)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await control.release(desk, ticket.id, agent, uuid7(), body.note))


async def assign(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, Assign)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await commands.assign(desk, ticket.id, agent, body.agent_id, body.team_id))


async def resolve(request: Request) -> Response:
    ticket = await _ticket(request)
    return answer(await commands.resolve(state_of(request).desk, ticket.id, _agent(request)))


async def reopen(request: Request) -> Response:
    ticket = await _ticket(request)
    return answer(await commands.reopen(state_of(request).desk, ticket.id, _agent(request)))


async def snooze(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, Snooze)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await commands.snooze(desk, ticket.id, agent, body.until))


async def priority(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, SetPriority)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await commands.set_priority(desk, ticket.id, agent, body.priority))


async def tags(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, SetTags)
    return answer(
        await commands.set_tags(state_of(request).desk, ticket.id, _agent(request), body.tags)
    )


async def _ticket(request: Request) -> Ticket:
    ticket_id = named(request, "ticket_id", "The ticket")
    return await reads.ticket_for(state_of(request).desk, _agent(request), ticket_id)


def _agent(request: Request) -> Agent:
    return request.state.agent
