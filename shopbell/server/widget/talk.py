"""What a visitor does in their conversation: one function each, for the socket and for HTTP."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from shopbell.desk.attachments.commands import by_visitor
from shopbell.desk.control.commands import ask_person
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.customers.reads import brand_of
from shopbell.desk.customers.types import Visitor
from shopbell.desk.elsewhere.addresses import address_in
from shopbell.desk.errors import NotFound
from shopbell.desk.messages.commands import Written, check_draft
from shopbell.desk.messages.types import Draft, Page
from shopbell.desk.threads.commands import customer_read
from shopbell.desk.threads.reads import (
    messages_before,
    shopper_message,
    shopper_state,
    shopper_thread,
)
from shopbell.desk.threads.types import ShopperMessage, ShopperThread
from shopbell.desk.verification.commands import ask_code, hear
from shopbell.realtime.frames import ShopperAck
from shopbell.server.limits import MESSAGE
from shopbell.server.state import State

PAGE = 40


async def conversation(
    state: State, visitor: Visitor, before: int | None = None, limit: int = PAGE
) -> tuple[ShopperThread, tuple[ShopperMessage, ...], bool]:
    """Where the visitor's conversation stands, its messages before a `seq` (None: the newest),
    oldest first, and whether there are more. Empty before their first message."""
    thread_id = visitor.thread_id
    if thread_id is None:
        return ShopperThread(), (), False
    thread = await shopper_state(state.desk, thread_id)
    messages, more = await messages_before(state.desk, thread_id, before, limit, public=True)
    shown = (shopper_message(message) for message in messages)
    return thread, tuple(signed(state, one) for one in shown if one is not None), more


async def say(state: State, visitor: Visitor, draft: Draft) -> ShopperAck:
    """The visitor says something. Raises DeskError; nothing is written then."""
    if draft.visibility != "public":
        draft = msgspec.structs.replace(draft, visibility="public")
    check_draft(draft)
    await state.limits.take(state.redis, MESSAGE, str(visitor.id))
    written = await _in_thread(
        state,
        visitor,
        lambda thread_id: hear(
            state.desk, thread_id, visitor.connection, draft, uploader=by_visitor(visitor.id)
        ),
    )
    return _ack(state, draft.id, written)


async def ask(state: State, visitor: Visitor, message_id: UUID, page: Page | None) -> ShopperAck:
    """The visitor asks for a person. Raises DeskError."""
    await state.limits.take(state.redis, MESSAGE, str(visitor.id))
    written = await _in_thread(
        state,
        visitor,
        lambda thread_id: ask_person(
            state.desk, thread_id, visitor.connection, message_id=message_id, page=page
        ),
    )
    return _ack(state, message_id, written)


async def send_code(state: State, visitor: Visitor, message_id: UUID, address: str) -> ShopperAck:
    """The visitor says that they also wrote from this address: a code goes there. Raises
    DeskError."""
    await state.limits.take(state.redis, MESSAGE, str(visitor.id))
    brand = await brand_of(state.desk, visitor.connection.brand_id)
    wanted = address_in(address, brand.settings.country)
    written = await _in_thread(
        state,
        visitor,
        lambda thread_id: ask_code(
            state.desk, thread_id, visitor.connection, wanted, message_id=message_id
        ),
    )
    return _ack(state, message_id, written)


async def read(state: State, visitor: Visitor, seq: int) -> None:
    """The visitor has seen the conversation up to `seq`. Raises NotFound before it began."""
    await customer_read(state.desk, visitor.thread_id or visitor.id, seq)


def signed(state: State, message: ShopperMessage) -> ShopperMessage:
    """The message with addresses under which its attachments can be fetched."""
    return state.hub.audiences.sign_shown(message) if message.attachments else message


async def _in_thread(
    state: State, visitor: Visitor, command: Callable[[UUID], Awaitable[Written]]
) -> Written:
    """Do this in the visitor's thread. Their first message makes it, under their own id, so it is
    made only once it is found missing."""
    try:
        return await command(visitor.thread_id or visitor.id)
    except NotFound:
        if visitor.thread_id is not None:
            raise
    thread_id = await thread_of(
        state.desk, "visitor", str(visitor.id), name=visitor.name, thread_id=visitor.id
    )
    return await command(thread_id)


def _ack(state: State, sent_id: UUID, written: Written) -> ShopperAck:
    """What stands under the id. Raises NotFound when that is not the visitor's to see: a note."""
    shown = shopper_message(written.message)
    if shown is None:
        raise NotFound("The conversation")
    holder = written.ticket.assignee_id
    name = state.hub.names.get(holder, "") if holder else ""
    thread = shopper_thread(written.thread, written.ticket, name)
    return ShopperAck(id=sent_id, message=signed(state, shown), thread=thread)
