"""The inbox's doors to tickets: who may, decode, one desk call, answer."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.control import commands as control
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.reads import messages_before
from shopbell.desk.tickets import commands, reads
from shopbell.desk.tickets.types import Ticket
from shopbell.realtime.frames import AgentAck
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.types import (
    Assign,
    Counts,
    MessagePage,
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
    cursor = request.query_params.get("cursor")
    limit = _number(request, "limit", 50)
    tickets = await reads.tickets_in(
        desk,
        agent,
        request.query_params.get("view", "open"),
        before=_uuid(cursor) if cursor else None,
        limit=limit,
    )
    following = str(tickets[-1].id) if len(tickets) == min(limit, 100) else None
    return answer(TicketPage(tickets=tickets, reads=(), next=following))


async def counts(request: Request) -> Response:
    found = await reads.counts(state_of(request).desk, _agent(request))
    return answer(
        Counts(**{("all_open" if name == "open" else name): n for name, n in found.items()})
    )


async def messages(request: Request) -> Response:
    desk, ticket = state_of(request).desk, await _ticket(request)
    before = _number(request, "before", 0) or None
    page, more = await messages_before(desk, ticket.thread_id, before)
    return answer(MessagePage(messages=page, more=more))


async def send(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, Reply)
    desk, agent = state_of(request).desk, _agent(request)
    written = await reply(desk, ticket.id, agent, body.draft, take_on_purpose=body.take)
    return answer(AgentAck(id=body.draft.id, message=written.message))


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
    ticket_id = _uuid(request.path_params["ticket_id"])
    return await reads.ticket_for(state_of(request).desk, _agent(request), ticket_id)


def _agent(request: Request) -> Agent:
    return request.state.agent


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise HTTPException(404, "The ticket was not found") from wrong


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 16):
        raise HTTPException(422, f"{name} must be a positive whole number")
    return max(1, int(text))
