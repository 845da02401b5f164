"""One change of many tickets, and the way back: each ticket by itself, clocks and turns included."""

from datetime import timedelta
from uuid import UUID

import pytest

from shopbell.desk.changes.commands import ChangedSince, change_tickets, undo
from shopbell.desk.changes.types import (
    Assigning,
    Change,
    Ranking,
    Releasing,
    Reopening,
    Resolving,
    Snoozing,
    Tagging,
    TakingOver,
)
from shopbell.desk.control.commands import hand_off, take_over
from shopbell.desk.errors import Invalid, NotFound, Taken
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.sla.reads import clocks_of
from shopbell.desk.tickets.commands import assign, set_tags
from shopbell.desk.tickets.reads import ticket_for
from shopbell.desk.tickets.types import Handoff, Ticket
from tests.desk.conftest import Shop

MOVES_ON = ("version", "updated_at", "epoch", "due")


def said(text: str = "Does it run small?") -> Draft:
    return Draft(id=uuid7(), text=text)


async def asked(shop: Shop) -> UUID:
    written = await receive(shop.desk, await shop.thread(), shop.connection, said())
    return written.message.ticket_id


async def waiting(shop: Shop) -> UUID:
    ticket = await asked(shop)
    handoff = Handoff(reason="asked", at=shop.desk.now(), summary="Wants a size")
    await hand_off(shop.desk, ticket, handoff, said("A person will answer."))
    return ticket


async def seen(shop: Shop, ticket: UUID) -> Ticket:
    return await ticket_for(shop.desk, shop.ben, ticket)


def told(ticket: Ticket) -> dict[str, object]:
    """All of a ticket but what rises with every change."""
    return {
        name: getattr(ticket, name) for name in Ticket.__struct_fields__ if name not in MOVES_ON
    }


async def test_each_ticket_is_changed_by_itself_and_refused_by_itself(shop: Shop) -> None:
    free, cleos, nowhere = await asked(shop), await asked(shop), uuid7()
    await take_over(shop.desk, cleos, shop.cleo)
    done = await change_tickets(shop.desk, [cleos, nowhere, free, free], shop.ben, TakingOver())
    assert [one.ticket_id for one in done.outcomes] == [cleos, nowhere, free]
    held, missing, taken = done.outcomes
    assert isinstance(held.refused, Taken)
    assert held.refused.holder == "Cleo"
    assert isinstance(missing.refused, NotFound)
    assert taken.ticket is not None
    assert (taken.ticket.control, taken.ticket.assignee_id) == ("agents", shop.ben.id)
    assert (await seen(shop, cleos)).assignee_id == shop.cleo.id


async def test_more_than_two_hundred_are_refused_before_any_is_changed(shop: Shop) -> None:
    ticket = await asked(shop)
    before = await seen(shop, ticket)
    with pytest.raises(Invalid):
        await change_tickets(
            shop.desk, [ticket, *(uuid7() for _ in range(200))], shop.ben, Resolving()
        )
    assert await seen(shop, ticket) == before


@pytest.mark.parametrize(
    "change",
    [
        Resolving(),
        Snoozing(until=None),
        Ranking(priority="urgent"),
        Tagging(add=("Return", "sizing"), remove=("old",)),
        TakingOver(),
        Releasing(note="Settled"),
        Assigning(agent_id=None),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_every_change_is_taken_back_to_where_the_ticket_was(
    shop: Shop, change: Change
) -> None:
    ticket = await waiting(shop)
    await set_tags(shop.desk, ticket, shop.ben, ("old",))
    if isinstance(change, Releasing | Assigning):
        await take_over(shop.desk, ticket, shop.ben)
    before, clocks = await seen(shop, ticket), await clocks_of(shop.desk, ticket)
    done = await change_tickets(shop.desk, [ticket], shop.ben, change)
    assert done.id is not None
    assert told(await seen(shop, ticket)) != told(before)
    back = await undo(shop.desk, done.id, shop.ben)
    assert [one.refused for one in back.outcomes] == [None]
    now = await seen(shop, ticket)
    moved = {name for name, value in told(before).items() if getattr(now, name) != value}
    assert moved <= ({"last_seq", "preview"} if isinstance(change, Releasing) else set())
    assert (await clocks_of(shop.desk, ticket)) == clocks or not isinstance(change, Resolving)
    assert {(one.kind, one.ended_at) for one in await clocks_of(shop.desk, ticket)} == {
        (one.kind, one.ended_at) for one in clocks
    }
    with pytest.raises(NotFound):
        await undo(shop.desk, done.id, shop.ben)


async def test_a_reopened_ticket_goes_back_to_when_it_was_resolved(shop: Shop) -> None:
    ticket = await waiting(shop)
    await change_tickets(shop.desk, [ticket], shop.ben, Resolving())
    before, clocks = await seen(shop, ticket), await clocks_of(shop.desk, ticket)
    done = await change_tickets(shop.desk, [ticket], shop.ben, Reopening())
    assert done.id is not None
    await undo(shop.desk, done.id, shop.ben)
    assert told(await seen(shop, ticket)) == told(before)
    assert await clocks_of(shop.desk, ticket) == clocks


@pytest.mark.parametrize("change", [Resolving(), TakingOver()], ids=["resolved", "taken"])
async def test_the_assistant_is_called_again_for_what_it_was_kept_from(
    shop: Shop, change: Change
) -> None:
    ticket = await asked(shop)
    done = await change_tickets(shop.desk, [ticket], shop.ben, change)
    assert done.id is not None
    assert await _turns(shop, ticket) == [("dropped", 1)]
    await undo(shop.desk, done.id, shop.ben)
    assert await _turns(shop, ticket) == [("due", (await seen(shop, ticket)).epoch)]


async def _turns(shop: Shop, ticket: UUID) -> list[tuple[str, int]]:
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT status, epoch FROM turn WHERE ticket_id = %s", (ticket,)
        )
        return [(row["status"], row["epoch"]) for row in await found.fetchall()]


async def test_what_somebody_changed_meanwhile_is_left_as_they_left_it(shop: Shop) -> None:
    one, other = await waiting(shop), await waiting(shop)
    done = await change_tickets(shop.desk, [one, other], shop.ben, Assigning(agent_id=shop.ben.id))
    assert done.id is not None
    await assign(shop.desk, one, shop.cleo, shop.cleo.id, None)
    await set_tags(shop.desk, other, shop.cleo, ("sizing",))
    left, back = (await undo(shop.desk, done.id, shop.ben)).outcomes
    assert isinstance(left.refused, ChangedSince)
    assert (await seen(shop, one)).assignee_id == shop.cleo.id
    assert back.ticket is not None
    assert (back.ticket.assignee_id, back.ticket.tags) == (None, ("sizing",))


async def test_a_customer_who_wrote_meanwhile_is_never_put_out_of_sight(shop: Shop) -> None:
    thread = await shop.thread()
    ticket = (await receive(shop.desk, thread, shop.connection, said())).message.ticket_id
    await reply(shop.desk, ticket, shop.ben, said("It does"))
    await change_tickets(shop.desk, [ticket], shop.ben, Resolving())
    done = await change_tickets(shop.desk, [ticket], shop.ben, Reopening())
    assert done.id is not None
    await receive(shop.desk, thread, shop.connection, said("And in green?"))
    (only,) = (await undo(shop.desk, done.id, shop.ben)).outcomes
    assert isinstance(only.refused, ChangedSince)
    assert (await seen(shop, ticket)).status == "open"


async def test_a_change_is_taken_back_by_its_maker_alone_and_for_an_hour(shop: Shop) -> None:
    ticket = await waiting(shop)
    done = await change_tickets(shop.desk, [ticket], shop.ben, Resolving())
    assert done.id is not None
    now = shop.desk.now()
    for who, at in ((shop.cleo, now), (shop.ben, now + timedelta(minutes=61))):
        shop.desk.now = lambda at=at: at
        with pytest.raises(NotFound):
            await undo(shop.desk, done.id, who)
    assert (await seen(shop, ticket)).status == "resolved"
    await change_tickets(shop.desk, [ticket], shop.ben, Reopening())
    assert await shop.count("change") == 1


async def test_nobody_gets_a_ticket_back_who_works_here_no_more(shop: Shop) -> None:
    ticket = await asked(shop)
    await assign(shop.desk, ticket, shop.ben, shop.cleo.id, None)
    done = await change_tickets(shop.desk, [ticket], shop.ben, Assigning(agent_id=shop.ben.id))
    assert done.id is not None
    await shop.desk.run("UPDATE agent SET disabled_at = now() WHERE id = %(id)s", id=shop.cleo.id)
    (only,) = (await undo(shop.desk, done.id, shop.ben)).outcomes
    assert isinstance(only.refused, Invalid)
    assert (await seen(shop, ticket)).assignee_id == shop.ben.id


async def test_an_answer_that_was_withheld_is_not_promised_back(shop: Shop) -> None:
    ticket = await asked(shop)
    await shop.desk.run("UPDATE connection SET channel = 'sms'")
    await _assistant_queues(shop, ticket)
    done = await change_tickets(shop.desk, [ticket], shop.ben, TakingOver())
    assert done.id is not None
    (only,) = (await undo(shop.desk, done.id, shop.ben)).outcomes
    assert isinstance(only.refused, Invalid)
    assert (await seen(shop, ticket)).control == "agents"


async def _assistant_queues(shop: Shop, ticket: UUID) -> None:
    message, held = uuid7(), await seen(shop, ticket)
    await shop.desk.run(
        "INSERT INTO message (id, thread_id, ticket_id, seq, author_kind, author_name, visibility,"
        " connection_id, channel, text, at) VALUES (%(id)s, %(thread)s, %(ticket)s, 2, 'assistant',"
        " 'Assistant', 'public', %(connection)s, 'sms', 'Yes', now())",
        id=message,
        thread=held.thread_id,
        ticket=ticket,
        connection=shop.connection.id,
    )
    await shop.desk.run(
        "INSERT INTO delivery (id, message_id, thread_id, ticket_id, connection_id, status, updated_at)"
        " VALUES (%(id)s, %(message)s, %(thread)s, %(ticket)s, %(connection)s, 'queued', now())",
        id=uuid7(),
        message=message,
        thread=held.thread_id,
        ticket=ticket,
        connection=shop.connection.id,
    )


async def test_assigning_a_person_leaves_each_ticket_its_team(shop: Shop) -> None:
    team, ticket = uuid7(), await asked(shop)
    await shop.desk.run("INSERT INTO team (id, name) VALUES (%(id)s, 'Returns')", id=team)
    await assign(shop.desk, ticket, shop.ben, None, team)
    people: list[Agent | None] = [shop.cleo, None]
    for who in people:
        change = Assigning(agent_id=who.id if who else None)
        await change_tickets(shop.desk, [ticket], shop.ben, change)
        now = await seen(shop, ticket)
        assert (now.assignee_id, now.team_id) == (who.id if who else None, team)
