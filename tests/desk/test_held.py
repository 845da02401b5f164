"""Replies that wait: they go once or are taken back, whoever dies or comes between."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from shopbell.desk.control.commands import take_over
from shopbell.desk.database import now
from shopbell.desk.errors import DeskError, Invalid, NotFound, Taken
from shopbell.desk.held.claiming import Undone
from shopbell.desk.held.commands import (
    MayNotSend,
    forget_held,
    hold,
    send_held,
    set_undo,
    take_back,
)
from shopbell.desk.held.reads import due_replies, held_by, held_for, undo_of
from shopbell.desk.held.types import HeldReply, Sending
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.reads import messages_before
from shopbell.desk.tickets.reads import ticket_for
from tests.desk.conftest import Shop


async def asked(shop: Shop) -> tuple[UUID, UUID]:
    """A ticket and its thread."""
    thread = await shop.thread()
    draft = Draft(id=uuid7(), text="Where is it?")
    written = await receive(shop.desk, thread, shop.connection, draft)
    return written.ticket.id, thread


def sending(text: str = "On its way.", **more: object) -> Sending:
    return msgspec.structs.replace(Sending(draft=Draft(id=uuid7(), text=text)), **more)


async def held(shop: Shop, ticket: UUID, one: Sending, by: Agent | None = None) -> HeldReply:
    kept = await hold(shop.desk, ticket, by or shop.ben, one, seconds=10)
    assert kept is not None
    return kept


async def said(shop: Shop, thread: UUID) -> list[str]:
    return [one.text for one in (await messages_before(shop.desk, thread, None, 50))[0]][1:]


async def test_it_waits_out_of_sight_and_goes_when_its_time_has_come(shop: Shop) -> None:
    ticket, thread = await asked(shop)
    one = sending(resolve=True)
    kept = await held(shop, ticket, one)
    assert kept.left_s == 10
    assert await said(shop, thread) == []
    taken = await ticket_for(shop.desk, shop.ben, ticket)
    assert (taken.control, taken.assignee_id) == ("agents", shop.ben.id)
    assert await due_replies(shop.desk, 10) == []
    shop.desk.now = lambda: now() + timedelta(seconds=11)
    assert await due_replies(shop.desk, 10) == [one.draft.id]
    assert await send_held(shop.desk, one.draft.id) is not None
    assert await said(shop, thread) == ["On its way."]
    assert (await ticket_for(shop.desk, shop.ben, ticket)).status == "resolved"
    assert await held_by(shop.desk, shop.ben) == ()
    assert await send_held(shop.desk, one.draft.id) is None
    assert await hold(shop.desk, ticket, shop.ben, one, seconds=10) is None
    assert await said(shop, thread) == ["On its way."]


async def test_card_numbers_are_masked_before_it_is_kept(shop: Shop) -> None:
    ticket, _ = await asked(shop)
    kept = await held(shop, ticket, sending("Your card 4242 4242 4242 4242"))
    assert "4242 4242" not in kept.sending.draft.text
    (found,) = await held_by(shop.desk, shop.ben)
    assert found.sending == kept.sending


async def test_what_was_taken_back_never_goes(shop: Shop) -> None:
    ticket, thread = await asked(shop)
    one = sending()
    kept = await held(shop, ticket, one)
    await take_back(shop.desk, shop.ben, kept)
    await take_back(shop.desk, shop.ben, kept)
    assert await held_by(shop.desk, shop.ben) == ()
    assert await send_held(shop.desk, one.draft.id) is None
    with pytest.raises(Undone):
        await hold(shop.desk, ticket, shop.ben, one, seconds=10)
    shop.desk.now = lambda: now() + timedelta(days=2)
    assert await due_replies(shop.desk, 10) == []
    await forget_held(shop.desk)
    assert await shop.count("held_reply") == 0
    assert await said(shop, thread) == []


async def test_what_went_cannot_be_taken_back(shop: Shop) -> None:
    ticket, thread = await asked(shop)
    kept = await held(shop, ticket, sending())
    await send_held(shop.desk, kept.sending.draft.id)
    with pytest.raises(NotFound):
        await take_back(shop.desk, shop.ben, kept)
    assert await said(shop, thread) == ["On its way."]


async def test_of_many_senders_and_one_who_takes_back_one_thing_comes(shop: Shop) -> None:
    for _ in range(6):
        ticket, thread = await asked(shop)
        kept = await held(shop, ticket, sending())
        one = kept.sending.draft.id
        outcomes = await asyncio.gather(
            *(send_held(shop.desk, one) for _ in range(4)),
            take_back(shop.desk, shop.ben, kept),
            return_exceptions=True,
        )
        went = [each for each in outcomes[:4] if each is not None]
        assert not any(isinstance(each, BaseException) for each in outcomes[:4])
        undone = outcomes[4] is None
        assert await said(shop, thread) == ([] if undone else ["On its way."])
        assert (len(went) > 0) is not undone


async def test_the_same_reply_is_held_once(shop: Shop) -> None:
    ticket, _ = await asked(shop)
    one = sending()
    first, second = await held(shop, ticket, one), await held(shop, ticket, one)
    assert second.sending == first.sending
    assert second.left_s <= first.left_s
    assert await shop.count("held_reply") == 1
    with pytest.raises(DeskError):
        await hold(shop.desk, ticket, shop.cleo, one, seconds=10, take_on_purpose=True)


async def test_it_is_its_authors_alone(shop: Shop) -> None:
    ticket, _ = await asked(shop)
    one = (await held(shop, ticket, sending())).sending.draft.id
    assert (await held_for(shop.desk, shop.ben, one)).sending.draft.id == one
    for agent, wanted in ((shop.cleo, one), (shop.ben, uuid7())):
        with pytest.raises(NotFound):
            await held_for(shop.desk, agent, wanted)
    assert await held_by(shop.desk, shop.cleo) == ()


async def test_when_another_took_over_it_stays_and_says_so(shop: Shop) -> None:
    ticket, thread = await asked(shop)
    one = (await held(shop, ticket, sending())).sending.draft.id
    await take_over(shop.desk, ticket, shop.cleo, on_purpose=True)
    with pytest.raises(Taken):
        await send_held(shop.desk, one)
    assert await said(shop, thread) == []
    (kept,) = await held_by(shop.desk, shop.ben)
    assert kept.problem is not None
    assert (kept.problem.type, kept.problem.holder) == ("taken", "Cleo")
    shop.desk.now = lambda: now() + timedelta(seconds=11)
    assert await due_replies(shop.desk, 10) == []


async def test_an_author_who_may_not_write_any_more_sends_nothing(shop: Shop) -> None:
    for change in ("role = 'viewer'", "role = 'agent', disabled_at = now()"):
        ticket, thread = await asked(shop)
        one = (await held(shop, ticket, sending())).sending.draft.id
        async with shop.desk.pool.connection() as connection:
            await connection.execute(f"UPDATE agent SET {change} WHERE name = 'Ben'".encode())
        with pytest.raises(MayNotSend):
            await send_held(shop.desk, one)
        assert await said(shop, thread) == []


async def test_several_go_in_their_order(shop: Shop) -> None:
    ticket, thread = await asked(shop)
    for text in ("One", "Two", "Three"):
        await held(shop, ticket, sending(text))
    shop.desk.now = lambda: now() + timedelta(seconds=11)
    for one in await due_replies(shop.desk, 10):
        await send_held(shop.desk, one)
    assert await said(shop, thread) == ["One", "Two", "Three"]


@pytest.mark.parametrize("seconds", [0, -1, 31])
async def test_no_other_waits_are_taken(shop: Shop, seconds: int) -> None:
    ticket, _ = await asked(shop)
    with pytest.raises(Invalid):
        await hold(shop.desk, ticket, shop.ben, sending(), seconds=seconds)
    note = Sending(draft=Draft(id=uuid7(), text="x", visibility="note"))
    with pytest.raises(Invalid):
        await hold(shop.desk, ticket, shop.ben, note, seconds=10)


async def test_each_agent_chooses_how_long(shop: Shop) -> None:
    assert await undo_of(shop.desk, shop.ben) == 10
    await set_undo(shop.desk, shop.ben, 0)
    assert (await undo_of(shop.desk, shop.ben), await undo_of(shop.desk, shop.cleo)) == (0, 10)
    with pytest.raises(Invalid):
        await set_undo(shop.desk, shop.ben, 31)
