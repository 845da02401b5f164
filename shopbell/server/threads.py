"""The inbox's doors to threads: older messages, and how far an agent has read."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.threads.commands import agent_read
from shopbell.desk.threads.reads import PAGE, messages_before, thread_for
from shopbell.desk.threads.types import Thread
from shopbell.server.asked import limited, named, number
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.types import MessagePage, ReadTo


async def messages(request: Request) -> Response:
    state, thread = state_of(request), await _thread(request)
    before = number(request, "before") or None
    page, more = await messages_before(state.desk, thread.id, before, limited(request, PAGE))
    signed = tuple(state.hub.audiences.sign(one) for one in page)
    return answer(MessagePage(messages=signed, more=more))


async def read(request: Request) -> Response:
    thread, body = await _thread(request), await decode(request, ReadTo)
    await agent_read(state_of(request).desk, thread.id, request.state.agent, body.seq)
    return Response(status_code=204)


async def _thread(request: Request) -> Thread:
    thread_id = named(request, "thread_id", "The conversation")
    return await thread_for(state_of(request).desk, request.state.agent, thread_id)
