"""One change of many tickets, and its way back."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.changes import commands
from shopbell.desk.changes.types import Done
from shopbell.server.asked import named
from shopbell.server.audit import note_refusal
from shopbell.server.change_types import Changed, ChangeDone, ChangeTickets
from shopbell.server.doors import answer, decode, problem_in, state_of


async def create(request: Request) -> Response:
    body, agent = await decode(request, ChangeTickets), request.state.agent
    desk = state_of(request).desk
    done = await commands.change_tickets(desk, body.ticket_ids, agent, body.change)
    return answer(_told(request, done))


async def undo(request: Request) -> Response:
    change_id = named(request, "change_id", "The change")
    done = await commands.undo(state_of(request).desk, change_id, request.state.agent)
    return answer(_told(request, done))


def _told(request: Request, done: Done) -> ChangeDone:
    for one in done.outcomes:
        if one.refused is not None:
            who, door = f"agent {request.state.agent.id}", f"POST {request.url.path[:200]}"
            note_refusal(one.refused, who=who, door=door)
    tickets = tuple(
        Changed(
            ticket_id=one.ticket_id,
            ticket=one.ticket,
            problem=problem_in(one.refused) if one.refused else None,
        )
        for one in done.outcomes
    )
    return ChangeDone(id=done.id, tickets=tickets)
