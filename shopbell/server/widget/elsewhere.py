"""The shopper's door to an address for replies that they do not see on the page."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.customers.reads import brand_of
from shopbell.desk.customers.types import Visitor
from shopbell.desk.elsewhere.addresses import address_in, veiled
from shopbell.desk.elsewhere.commands import leave_address, take_back
from shopbell.desk.elsewhere.reads import ways
from shopbell.desk.errors import Invalid
from shopbell.server.doors import address_of, answer, decode, state_of
from shopbell.server.limits import ADDRESS, ADDRESS_FROM, ADDRESS_LEFT
from shopbell.server.types import LeaveAddress, LeftAddress


async def leave(request: Request) -> Response:
    state, visitor = state_of(request), _visitor(request)
    await state.limits.take(state.redis, ADDRESS_LEFT, str(visitor.id))
    await state.limits.take(state.redis, ADDRESS_FROM, address_of(request))
    body = await decode(request, LeaveAddress)
    brand = await brand_of(state.desk, visitor.connection.brand_id)
    address = address_in(body.address, brand.settings.country)
    way = (await ways(state.desk, brand.id)).get(address.kind)
    if way is None:
        said = "mail" if address.kind == "email" else "text message"
        raise Invalid(f"We cannot write by {said}", "Leave an address of another kind.")
    await state.limits.take(state.redis, ADDRESS, address.value)
    thread_id = visitor.thread_id or visitor.id
    left = await leave_address(state.desk, thread_id, address, way, body.consent)
    return answer(LeftAddress(left=veiled(left.address)))


async def forget(request: Request) -> Response:
    visitor = _visitor(request)
    if visitor.thread_id is not None:
        await take_back(state_of(request).desk, visitor.thread_id)
    return Response(status_code=204)


def _visitor(request: Request) -> Visitor:
    return request.state.visitor
