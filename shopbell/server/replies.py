"""The inbox's doors to saved replies and macros."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.customers.reads import brand_of
from shopbell.desk.people.types import Agent
from shopbell.desk.replies import commands, reads
from shopbell.desk.replies.types import Facts, SavedReply
from shopbell.desk.tickets.reads import open_ticket, ticket_for
from shopbell.desk.tickets.types import Ticket
from shopbell.server.asked import named
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.placeholders import facts_of
from shopbell.server.types import ChangeReply, NewReply, RunMacro, SavedReplies


async def index(request: Request) -> Response:
    found = await reads.replies_for(state_of(request).desk, _agent(request))
    return answer(SavedReplies(replies=found))


async def create(request: Request) -> Response:
    body = await decode(request, NewReply)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await commands.save_reply(desk, agent, body.id, body.saved), status=201)


async def change(request: Request) -> Response:
    known, body = await _reply(request), await decode(request, ChangeReply)
    desk, agent = state_of(request).desk, _agent(request)
    return answer(await commands.change_reply(desk, agent, known, body.saved, body.version))


async def remove(request: Request) -> Response:
    known = await _reply(request)
    await commands.remove_reply(state_of(request).desk, _agent(request), known)
    return Response(status_code=204)


async def used(request: Request) -> Response:
    await commands.count_use(state_of(request).desk, await _reply(request))
    return Response(status_code=204)


async def facts(request: Request) -> Response:
    return answer(await _facts(request, await _ticket(request)))


async def run(request: Request) -> Response:
    ticket, body = await _ticket(request), await decode(request, RunMacro)
    desk, agent = state_of(request).desk, _agent(request)
    macro = await reads.reply_for(desk, agent, body.reply_id)
    return answer(
        await commands.run_macro(
            desk,
            ticket.id,
            agent,
            macro,
            await _facts(request, ticket),
            version=body.version,
            language=body.language,
            message_id=body.message_id,
            note_id=body.note_id,
            by=body.by,
        )
    )


async def _facts(request: Request, ticket: Ticket) -> Facts:
    state, agent = state_of(request), _agent(request)
    opened = await open_ticket(state.desk, agent, ticket.id)
    brand = await brand_of(state.desk, ticket.brand_id)
    return await facts_of(opened, brand, agent, state.shop, state.desk.now())


async def _reply(request: Request) -> SavedReply:
    reply_id = named(request, "reply_id", "The saved reply")
    return await reads.reply_for(state_of(request).desk, _agent(request), reply_id)


async def _ticket(request: Request) -> Ticket:
    ticket_id = named(request, "ticket_id", "The ticket")
    return await ticket_for(state_of(request).desk, _agent(request), ticket_id)


def _agent(request: Request) -> Agent:
    return request.state.agent
