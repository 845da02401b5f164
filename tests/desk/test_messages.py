"""Intake and replies: written once, in one order, fenced by control."""

import asyncio
from datetime import timedelta

import pytest

from shopbell.desk.control.commands import hand_off, release, take_over
from shopbell.desk.errors import Fenced, Invalid, NotFound, Taken
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import answer, receive, reply
from shopbell.desk.messages.types import MAX_TEXT, Draft
from shopbell.desk.tickets.commands import assign, reopen, resolve, set_tags, snooze
from shopbell.desk.tickets.types import Handoff
from shopbell.desk.turns.types import Turn
from shopbell.desk.work import work
from tests.desk.conftest import Shop


def said(text: str = "Does it run small?") -> Draft:
    return Draft(id=uuid7(), text=text)


async def running_turn(shop: Shop) -> Turn:
    """The one turn that is due, claimed by the worker `w1`."""
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "UPDATE turn SET status = 'running', lease_holder = 'w1' WHERE status = 'due'"
            " RETURNING *"
        )
        row = await found.fetchone()
    assert row is not None
    names = Turn.__struct_fields__
    return Turn(**{name: row[name] for name in names})


async def test_a_first_message_opens_a_ticket_and_calls_the_assistant(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    turn = await running_turn(shop)
    assert written.message.seq == 1
    assert (turn.ticket_id, turn.upto_seq) == (written.message.ticket_id, 1)
    assert await shop.count("outbox") == 1


async def test_the_same_message_sent_many_times_at_once_is_written_once(shop: Shop) -> None:
    thread, draft = await shop.thread(), said()
    given = await asyncio.gather(
        *(receive(shop.desk, thread, shop.connection, draft) for _ in range(20))
    )
    assert sorted(one.repeated for one in given) == [False] + [True] * 19
    assert {one.message.seq for one in given} == {1}
    assert (await shop.count("message"), await shop.count("outbox")) == (1, 1)


async def test_a_message_id_of_another_thread_tells_nothing_and_writes_nothing(shop: Shop) -> None:
    draft = said()
    await receive(shop.desk, await shop.thread(), shop.connection, draft)
    with pytest.raises(NotFound):
        await receive(shop.desk, await shop.thread(), shop.connection, draft)
    assert await shop.count("message") == 1


async def test_messages_sent_at_once_get_gap_free_numbers(shop: Shop) -> None:
    thread = await shop.thread()
    given = await asyncio.gather(
        *(receive(shop.desk, thread, shop.connection, said(f"{n}")) for n in range(30))
    )
    assert sorted(one.message.seq for one in given) == list(range(1, 31))
    assert (await shop.count("ticket"), await shop.count("turn")) == (1, 1)


async def test_two_first_messages_of_one_visitor_make_one_customer(shop: Shop) -> None:
    from shopbell.desk.customers.commands import thread_of

    threads = await asyncio.gather(*(thread_of(shop.desk, "visitor", "v1") for _ in range(8)))
    assert len(set(threads)) == 1
    assert await shop.count("customer") == 1


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "x" * (MAX_TEXT + 1)])
async def test_an_unfit_text_is_refused_in_words_and_writes_nothing(shop: Shop, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        await receive(shop.desk, await shop.thread(), shop.connection, said(text))
    assert refused.value.detail
    assert await shop.count("message") == 0


async def test_the_answer_of_a_turn_is_written_once(shop: Shop) -> None:
    await receive(shop.desk, await shop.thread(), shop.connection, said())
    turn = await running_turn(shop)
    message = await answer(shop.desk, turn, "It runs small.", holder="w1")
    assert message.seq == 2
    with pytest.raises(Fenced):
        await answer(shop.desk, turn, "It runs small.", holder="w1")
    assert await shop.count("message") == 2


async def test_takeover_drops_the_answer_in_flight_and_keeps_it_as_a_suggestion(
    shop: Shop,
) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    turn = await running_turn(shop)
    await take_over(shop.desk, written.message.ticket_id, shop.ben)
    with pytest.raises(Fenced):
        await answer(shop.desk, turn, "It runs small.", holder="w1")
    async with work(shop.desk, ticket_id=turn.ticket_id) as unit:
        assert unit.ticket.suggestion is not None
        assert unit.ticket.suggestion.text == "It runs small."
        assert unit.thread.last_seq == 1


async def test_a_newer_message_makes_the_answer_to_the_older_one_void(shop: Shop) -> None:
    thread = await shop.thread()
    await receive(shop.desk, thread, shop.connection, said("Hello"))
    turn = await running_turn(shop)
    await receive(shop.desk, thread, shop.connection, said("In green, I mean"))
    with pytest.raises(Fenced):
        await answer(shop.desk, turn, "Hello!", holder="w1")
    again = await running_turn(shop)
    assert (again.id, again.upto_seq) == (turn.id, 2)


async def test_of_two_agents_at_once_one_has_it_and_the_other_learns_who(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    ticket = written.message.ticket_id
    results = await asyncio.gather(
        *(take_over(shop.desk, ticket, agent) for agent in (shop.ben, shop.cleo)),
        return_exceptions=True,
    )
    (lost,) = [one for one in results if isinstance(one, Taken)]
    (won,) = [one for one in results if not isinstance(one, BaseException)]
    names = {shop.ben.id: "Ben", shop.cleo.id: "Cleo"}
    assert won.assignee_id is not None
    assert lost.holder == names[won.assignee_id]
    taken = await take_over(shop.desk, ticket, shop.cleo, on_purpose=True)
    assert taken.assignee_id == shop.cleo.id


async def test_a_reply_takes_the_ticket_over_and_a_note_does_not(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    ticket = written.message.ticket_id
    note = Draft(id=uuid7(), text="Ask about size", visibility="note")
    await reply(shop.desk, ticket, shop.ben, note)
    async with work(shop.desk, ticket_id=ticket) as unit:
        assert unit.ticket.control == "assistant"
    await reply(shop.desk, ticket, shop.ben, said("It does"))
    async with work(shop.desk, ticket_id=ticket) as unit:
        assert (unit.ticket.control, unit.ticket.assignee_id) == ("agents", shop.ben.id)
        assert unit.ticket.status == "pending"
    with pytest.raises(Taken):
        await reply(shop.desk, ticket, shop.cleo, said("I can help"))


async def test_a_handoff_tells_the_customer_once_and_keeps_the_wait(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    ticket = written.message.ticket_id
    handoff = Handoff(reason="asked", at=written.message.at)
    told = await asyncio.gather(
        *(hand_off(shop.desk, ticket, handoff, said("A person will answer.")) for _ in range(3))
    )
    assert len([one for one in told if one is not None]) == 1
    async with work(shop.desk, ticket_id=ticket) as unit:
        assert unit.ticket.waiting_since is not None
        assert (unit.ticket.control, unit.thread.out_count) == ("agents", 1)


async def test_release_gives_back_control_with_a_note(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    ticket = written.message.ticket_id
    taken = await take_over(shop.desk, ticket, shop.ben)
    released = await release(shop.desk, ticket, shop.ben, uuid7(), "Refund agreed")
    assert (released.control, released.epoch) == ("assistant", taken.epoch + 1)
    assert await shop.count("message") == 2


async def test_a_resolved_ticket_reopens_under_the_assistant(shop: Shop) -> None:
    thread = await shop.thread()
    written = await receive(shop.desk, thread, shop.connection, said())
    await take_over(shop.desk, written.message.ticket_id, shop.ben)
    await resolve(shop.desk, written.message.ticket_id, shop.ben)
    again = await receive(shop.desk, thread, shop.connection, said("One more thing"))
    assert again.message.ticket_id == written.message.ticket_id
    async with work(shop.desk, thread_id=thread) as unit:
        assert (unit.ticket.status, unit.ticket.control) == ("open", "assistant")
        assert (unit.ticket.assignee_id, unit.ticket.engaged_from_seq) == (None, 2)


async def test_tickets_are_assigned_tagged_and_never_snoozed_into_the_past(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    ticket = written.message.ticket_id
    assert (await assign(shop.desk, ticket, shop.ben, shop.cleo.id, None)).control == "assistant"
    with pytest.raises(NotFound):
        await assign(shop.desk, ticket, shop.ben, uuid7(), None)
    tagged = await set_tags(shop.desk, ticket, shop.ben, ("Sizing", " sizing", "return"))
    assert tagged.tags == ("sizing", "return")
    with pytest.raises(Invalid):
        await snooze(shop.desk, ticket, shop.ben, written.message.at)


async def test_a_snoozed_ticket_can_be_reopened_before_its_time(shop: Shop) -> None:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    until = written.message.at + timedelta(hours=3)
    await snooze(shop.desk, written.message.ticket_id, shop.ben, until)
    again = await reopen(shop.desk, written.message.ticket_id, shop.ben)
    assert (again.status, again.snoozed_until) == ("open", None)
