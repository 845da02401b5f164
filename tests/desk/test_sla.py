"""Clocks in the database: started with a message, rung once, counted anew, and told of."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from shopbell.desk.control.commands import take_over
from shopbell.desk.database import now
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.sla.commands import recount, ring, set_policies
from shopbell.desk.sla.reads import clocks_of, due_alarms, policies, uncounted
from shopbell.desk.sla.types import Condition, Policy, Target
from shopbell.desk.tickets.commands import resolve, set_priority
from shopbell.desk.tickets.reads import ticket_for
from tests.desk.conftest import Shop

HOUR = timedelta(hours=1)


async def asked(shop: Shop, text: str = "Where is my order?") -> UUID:
    thread = await shop.thread()
    draft = Draft(id=uuid7(), text=text)
    return (await receive(shop.desk, thread, shop.connection, draft)).ticket.id


async def test_a_first_message_starts_an_answer_and_a_resolution_by_the_published_targets(
    shop: Shop,
) -> None:
    ticket = await asked(shop)
    clocks = await clocks_of(shop.desk, ticket)

    assert [(one.kind, one.policy, one.seconds) for one in clocks] == [
        ("first_response", "Chat", 120),
        ("resolution", "Chat", 86_400),
    ]
    held = await ticket_for(shop.desk, shop.ben, ticket)
    assert held.due is not None
    assert (held.due.kind, held.due.at) == ("first_response", clocks[0].due_at)


async def test_what_a_command_answers_is_what_its_event_tells(shop: Shop) -> None:
    ticket = await asked(shop)
    for command in (
        take_over(shop.desk, ticket, shop.ben),
        set_priority(shop.desk, ticket, shop.ben, "urgent"),
        resolve(shop.desk, ticket, shop.ben),
    ):
        answered = await command
        assert answered == await ticket_for(shop.desk, shop.ben, ticket)
    note = Draft(id=uuid7(), text="Nice", visibility="note")
    written = await reply(shop.desk, ticket, shop.ben, note)
    assert written.ticket == await ticket_for(shop.desk, shop.ben, ticket)


async def test_an_alarm_goes_off_once_whoever_comes_to_ring_it(shop: Shop) -> None:
    ticket = await asked(shop)
    shop.desk.now = lambda: now() + timedelta(seconds=110)
    assert await due_alarms(shop.desk, most=10) == [ticket]
    rung = await asyncio.gather(*(ring(shop.desk, ticket) for _ in range(6)))

    assert [one.step for some in rung for one in some] == [90]
    assert await due_alarms(shop.desk, most=10) == []
    assert await events(shop, "clock.warned") == 1

    shop.desk.now = lambda: now() + timedelta(seconds=121)
    rung = await asyncio.gather(*(ring(shop.desk, ticket) for _ in range(6)))
    assert [one.step for some in rung for one in some] == [100]
    assert await events(shop, "clock.breached") == 1
    held = await ticket_for(shop.desk, shop.ben, ticket)
    assert held.due is not None
    assert held.due.step == 100


async def test_an_answer_ends_its_clock_and_says_whether_it_was_in_time(shop: Shop) -> None:
    in_time, late = await asked(shop), await asked(shop)
    await reply(shop.desk, in_time, shop.ben, Draft(id=uuid7(), text="On its way."))
    shop.desk.now = lambda: now() + HOUR
    await reply(shop.desk, late, shop.ben, Draft(id=uuid7(), text="On its way."))

    assert await outcome(shop, in_time) == ("met", 0)
    assert await outcome(shop, late) == ("missed", 3600)


async def test_other_policies_count_the_open_clocks_anew_and_keep_the_old_deadline(
    shop: Shop,
) -> None:
    ticket = await asked(shop)
    was = (await clocks_of(shop.desk, ticket))[0]
    assert await uncounted(shop.desk, most=10) == []
    mine = Policy(
        id=uuid7(),
        name="Everything",
        conditions=(Condition(field="channel", any_of=("webchat",)),),
        targets=(Target(kind="first_response", seconds=60, hours="always"),),
    )
    await set_policies(shop.desk, [mine])
    assert await policies(shop.desk) == (mine,)
    assert await uncounted(shop.desk, most=10) == [ticket]
    await recount(shop.desk, ticket)

    first, resolution = await clocks_of(shop.desk, ticket)
    assert (first.seconds, first.policy) == (60, "Everything")
    assert [one.due_at for one in first.earlier] == [was.due_at]
    assert resolution.outcome == "dropped"
    assert await uncounted(shop.desk, most=10) == []


async def test_hours_of_a_brand_count_at_once(shop: Shop) -> None:
    ticket = await asked(shop)
    async with shop.desk.pool.connection() as connection:
        await connection.execute(
            "UPDATE brand SET settings = settings || %s::jsonb",
            (
                '{"closed": ["'
                + '","'.join(str(now().date() + timedelta(days=n)) for n in (-1, 0, 1))
                + '"]}',
            ),
        )
    await recount(shop.desk, ticket)
    first = (await clocks_of(shop.desk, ticket))[0]
    assert first.due_at is not None
    assert first.due_at > now() + 24 * HOUR


async def test_segments_can_be_read_as_rows(shop: Shop) -> None:
    ticket = await asked(shop)
    await reply(shop.desk, ticket, shop.ben, Draft(id=uuid7(), text="On its way."))
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT pause, holder_kind, holder FROM sla_segment WHERE ticket_id = %s"
            " AND kind = 'resolution' ORDER BY \"start\"",
            (ticket,),
        )
        rows = await found.fetchall()
    assert [tuple(row.values()) for row in rows] == [
        (None, "assistant", None),
        ("customer", "agent", shop.ben.id),
    ]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"name": " "}, "needs a name"),
        ({"conditions": (Condition(field="tag", any_of=()),)}, "allows nothing"),
        ({"targets": (Target(kind="pickup", seconds=0),)}, "between a second and a year"),
        ({"targets": (Target(kind="pickup", seconds=5),) * 2}, "target twice"),
    ],
)
async def test_policies_that_nobody_can_mean_are_refused(
    shop: Shop, bad: dict[str, Any], words: str
) -> None:
    before = await policies(shop.desk)
    with pytest.raises(Invalid, match=words):
        await set_policies(shop.desk, [replace(Policy(id=uuid7(), name="Mine"), **bad)])
    assert await policies(shop.desk) == before


async def outcome(shop: Shop, ticket: UUID) -> tuple[str | None, int | None]:
    first = (await clocks_of(shop.desk, ticket))[0]
    return first.outcome, first.elapsed_s


async def events(shop: Shop, kind: str) -> int:
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT count(*) AS n FROM outbox WHERE kind = %s", (kind,)
        )
        row = await found.fetchone()
    assert row is not None
    return row["n"]
