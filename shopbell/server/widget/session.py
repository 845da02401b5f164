"""POST /api/widget/session: who the visitor is, and what the widget needs to show itself."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.connections.commands import SIGNING
from shopbell.desk.connections.types import Connection
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.control.waits import wait_at
from shopbell.desk.control.words import waiting
from shopbell.desk.customers.reads import Keyed, brand_of, visitor_of, widget_connection
from shopbell.desk.customers.sessions import end_visitor, recognise
from shopbell.desk.customers.types import Visitor
from shopbell.desk.elsewhere.addresses import veiled
from shopbell.desk.elsewhere.reads import left, ways
from shopbell.desk.ids import uuid7
from shopbell.desk.sla.calendar import calendar_of, is_open
from shopbell.desk.threads.reads import shopper_state
from shopbell.desk.threads.types import ShopperThread
from shopbell.server.doors import address_of, answer, decode, state_of
from shopbell.server.limits import SESSION
from shopbell.server.state import State
from shopbell.server.types import WidgetSession, WidgetSessionBody
from shopbell.server.widget.doors import check_origin
from shopbell.server.widget.identity import vouched_in
from shopbell.server.widget.tokens import NoVisitor, make_token, named_in


async def create(request: Request) -> Response:
    state = state_of(request)
    await state.limits.take(state.redis, SESSION, address_of(request))
    body = await decode(request, WidgetSessionBody)
    keyed = await widget_connection(state.desk, body.key)
    check_origin(state, keyed.connection, request.headers.get("origin"))
    visitor, token = await _visitor(state, keyed, body)
    language = request.headers.get("accept-language", "")[:2]
    return answer(await _session(state, visitor, token, language))


async def delete(request: Request) -> Response:
    await end_visitor(state_of(request).desk, request.state.visitor)
    return Response(status_code=204)


async def _visitor(state: State, keyed: Keyed, body: WidgetSessionBody) -> tuple[Visitor, str]:
    """The visitor of this request and their token from now on. Raises NoVisitor.

    A verified visitor's day begins anew only when the shop vouches for them again.
    """
    connection = keyed.connection
    held = _held(state, connection, body.token)
    known = await visitor_of(state.desk, held, connection.id) if held else None
    vouched = vouched_in(body.identity_token, _signing(state, keyed))
    if vouched is not None:
        became = await recognise(state.desk, held or uuid7(), connection.id, vouched)
        if became is not None:
            return became, make_token(state.settings, became, state.desk.now())
        if known is not None and known.verified:
            known, held = None, None
    if known is None and held is not None:
        raise NoVisitor
    visitor = known or Visitor(id=uuid7(), connection=connection)
    if visitor.verified and body.token:
        return visitor, body.token
    return visitor, make_token(state.settings, visitor, state.desk.now())


def _signing(state: State, keyed: Keyed) -> str:
    try:
        made = state.intake.vault.open(keyed.connection.id, keyed.sealed)
    except Sealed:
        return ""
    return made.get(SIGNING) or keyed.secret


def _held(state: State, connection: Connection, token: str | None) -> UUID | None:
    if not token:
        return None
    visitor_id, connection_id = named_in(state.settings, token)
    if connection_id != connection.id:
        raise NoVisitor
    return visitor_id


async def _session(state: State, visitor: Visitor, token: str, language: str) -> WidgetSession:
    brand = await brand_of(state.desk, visitor.connection.brand_id)
    look, at = brand.settings, state.desk.now()
    chat = visitor.connection
    wait = await wait_at(state.desk, brand.id, chat.channel, chat.id, at, language)
    thread = (
        await shopper_state(state.desk, visitor.thread_id) if visitor.thread_id else ShopperThread()
    )
    offered = await ways(state.desk, brand.id)
    held = await left(state.desk, visitor.thread_id) if visitor.thread_id else None
    available = wait.by is not None and is_open(calendar_of(look), at)
    return WidgetSession(
        token=token,
        brand_name=brand.name,
        assistant_name=look.assistant_name,
        greeting=look.greeting,
        color=look.color,
        verified=visitor.verified,
        people_available=available,
        hours_text="" if available else waiting(wait, at),
        time_zone=look.time_zone,
        customer_name=visitor.name,
        thread=thread,
        unread=thread.unread,
        elsewhere=tuple(sorted(offered)) if look.elsewhere_minutes else (),
        left=veiled(held.address) if held else "",
    )
