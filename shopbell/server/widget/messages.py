"""The shopper's conversation over HTTP, with the same answers as on the socket."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.messages.types import Draft
from shopbell.realtime.frames import AskPerson
from shopbell.server.asked import limited, number
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.types import ReadTo, SendCode, ShopperPage
from shopbell.server.widget import talk


async def index(request: Request) -> Response:
    before = number(request, "before") or None
    _, messages, more = await talk.conversation(
        state_of(request), request.state.visitor, before, limited(request, talk.PAGE)
    )
    return answer(ShopperPage(messages=messages, more=more))


async def send(request: Request) -> Response:
    draft = await decode(request, Draft)
    return answer(await talk.say(state_of(request), request.state.visitor, draft))


async def ask_person(request: Request) -> Response:
    asked = await decode(request, AskPerson)
    state, visitor = state_of(request), request.state.visitor
    return answer(await talk.ask(state, visitor, asked.id, asked.page))


async def send_code(request: Request) -> Response:
    body = await decode(request, SendCode)
    return answer(
        await talk.send_code(state_of(request), request.state.visitor, body.id, body.address)
    )


async def read(request: Request) -> Response:
    body = await decode(request, ReadTo)
    visitor = request.state.visitor
    if visitor.thread_id is not None:
        await talk.read(state_of(request), visitor, body.seq)
    return Response(status_code=204)
