"""Customers who are joined are one in the order of time, and whole again once they are parted."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shopbell.desk.connections.types import Connection
from shopbell.desk.customers.commands import claimed_thread, thread_of
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.identities.commands import join, set_language, undo
from shopbell.desk.identities.reads import find_customers, joinings_of
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.facts import write_message
from shopbell.desk.inbound.types import Fact, Sender
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.commands import agent_read
from shopbell.desk.threads.reads import messages_before
from shopbell.desk.tickets.commands import resolve
from shopbell.desk.tickets.reads import open_ticket
from shopbell.desk.tickets.types import Ticket
from tests.desk.conftest import Shop

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class World:
    """A shop heard by several channels, with a clock of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.desk = shop.desk
        self.ways: dict[str, Connection] = {}
        self.minutes = 0
        self.desk.now = lambda: NOON + timedelta(minutes=self.minutes)

    async def way(self, channel: str) -> Connection:
        if channel not in self.ways:
            way = Connection(
                id=uuid7(),
                brand_id=self.shop.connection.brand_id,
                channel=channel,
                name=f"Our {channel}",
            )
            await self.desk.run(
                "INSERT INTO connection (id, brand_id, channel, name)"
                " VALUES (%(id)s, %(brand)s, %(channel)s, %(name)s)",
                id=way.id,
                brand=way.brand_id,
                channel=channel,
                name=way.name,
            )
            self.ways[channel] = way
        return self.ways[channel]

    async def says(self, channel: str, who: str, text: str, *, kind: str = "") -> UUID:
        """Somebody writes; a minute passes. The ticket it is on."""
        self.minutes += 1
        sender = Sender(kind=kind or channel, value=who, name=who.title())
        fact = Fact(kind="message", external_id=str(uuid7()), sender=sender, text=text)
        written = await write_message(self.desk, await self.way(channel), fact)
        return written.ticket.id

    async def replies(self, ticket: UUID, text: str, agent: Agent | None = None) -> None:
        self.minutes += 1
        draft = Draft(id=uuid7(), text=text)
        who = agent or self.shop.ben
        await reply(self.desk, ticket, who, draft, take_on_purpose=True)

    async def customer(self, kind: str, value: str) -> UUID:
        (row,) = await self.desk.run(
            "SELECT customer_id FROM identity WHERE kind = %(kind)s AND value = %(value)s",
            kind=kind,
            value=value,
        )
        return row["customer_id"]

    async def texts(self, customer: UUID) -> list[str]:
        (row,) = await self.desk.run(
            "SELECT id FROM thread WHERE customer_id = %(id)s", id=customer
        )
        messages, _ = await messages_before(self.desk, row["id"], None, 1_000)
        assert [one.seq for one in messages] == sorted({one.seq for one in messages})
        return [one.text for one in messages]

    async def join(self, former: UUID, into: UUID) -> UUID:
        """The one becomes part of the other; the joining."""
        customer = await join(self.desk, into, former, self.shop.ben)
        assert customer.id == into
        (row,) = await self.desk.run(
            "SELECT id FROM customer_join WHERE from_customer_id = %(id)s AND undone_at IS NULL",
            id=former,
        )
        return row["id"]

    async def part(self, join: UUID) -> None:
        await undo(self.desk, join, self.shop.cleo)

    async def of(self, customer: UUID) -> dict[str, Any]:
        """All that is this customer's, without the numbers and versions that may rise."""
        found = await self.desk.run(
            """
            SELECT jsonb_build_object(
              'messages', (SELECT jsonb_agg(jsonb_build_array(m.id, m.ticket_id, m.text, d.thread_id, d.ticket_id) ORDER BY m.seq)
                           FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.thread_id = t.id),
              'homes', (SELECT count(*) FROM message m WHERE m.thread_id = t.id AND m.origin_thread_id IS NOT NULL),
              'tickets', (SELECT jsonb_agg(jsonb_build_array(k.id, k.customer_id, k.status, k.channel, k.connection_id, k.preview, k.origin_thread_id,
                            (SELECT id FROM message WHERE thread_id = t.id AND seq = k.last_seq),
                            (SELECT id FROM message WHERE thread_id = t.id AND seq = k.last_customer_seq),
                            (SELECT id FROM message WHERE thread_id = t.id AND seq = k.engaged_from_seq)) ORDER BY k.id)
                          FROM ticket k WHERE k.thread_id = t.id),
              'identities', (SELECT jsonb_agg(jsonb_build_array(i.id, i.kind, i.value, i.verified_at, i.verified_by, i.origin_customer_id) ORDER BY i.id)
                             FROM identity i WHERE i.customer_id = c.id),
              'contacts', (SELECT jsonb_agg(jsonb_build_array(o.connection_id, o.place, o.identity, o.window_until, o.opted_out_at) ORDER BY o.connection_id)
                           FROM contact o WHERE o.thread_id = t.id),
              'current', t.current_ticket_id, 'out', t.out_count, 'name', c.name, 'language', c.language,
              'merged', c.merged_into) AS whole
            FROM customer c JOIN thread t ON t.customer_id = c.id WHERE c.id = %(id)s
            """,
            id=customer,
        )
        return found[0]["whole"]


@pytest.fixture
async def world(shop: Shop) -> World:
    return World(shop)


async def test_both_histories_stand_in_the_order_of_time(world: World) -> None:
    mail = await world.says("email", "mia@example.com", "1 by mail")
    chat = await world.says("telegram", "7", "2 by Telegram")
    await world.replies(mail, "3 to the mail")
    await world.says("telegram", "7", "4 by Telegram")
    await world.replies(chat, "5 to Telegram")
    await world.says("email", "mia@example.com", "6 by mail")
    mia, seven = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    await world.join(seven, mia)
    assert [text[0] for text in await world.texts(mia)] == list("123456")
    assert await world.texts(seven) == []
    opened = await open_ticket(world.desk, world.shop.ben, chat)
    assert {one.id for one in opened.tickets} == {mail, chat}
    assert opened.customer.id == mia
    assert {(one.kind, one.verified) for one in opened.customer.identities} == {
        ("email", True),
        ("telegram", True),
    }


async def test_each_matter_is_still_answered_by_its_own_channel(world: World) -> None:
    mail = await world.says("email", "mia@example.com", "By mail")
    chat = await world.says("telegram", "7", "By Telegram")
    mia, seven = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    await world.join(seven, mia)
    await world.replies(mail, "To the mail")
    await world.replies(chat, "To Telegram")
    sent = await world.desk.run(
        "SELECT m.text, n.channel, o.place FROM delivery d JOIN message m ON m.id = d.message_id"
        " JOIN connection n ON n.id = d.connection_id"
        " JOIN contact o ON o.connection_id = d.connection_id AND o.thread_id = d.thread_id ORDER BY m.seq"
    )
    assert [tuple(row.values()) for row in sent] == [
        ("To the mail", "email", "mia@example.com"),
        ("To Telegram", "telegram", "7"),
    ]
    again = await world.says("telegram", "7", "Thank you")
    assert again in (mail, chat)
    assert await world.texts(mia) == [
        "By mail",
        "By Telegram",
        "To the mail",
        "To Telegram",
        "Thank you",
    ]


async def test_what_came_since_goes_with_the_address_it_came_from(world: World) -> None:
    mail = await world.says("email", "mia@example.com", "Mia 1")
    await world.says("telegram", "7", "Tom 1")
    mia, tom = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    joined = await world.join(tom, mia)
    shared = await world.says("telegram", "7", "Tom 2")
    await world.replies(shared, "To Tom")
    assert await world.says("email", "mia@example.com", "Mia 2") == shared
    await world.replies(shared, "To Mia")
    await world.part(joined)
    assert await world.texts(tom) == ["Tom 1", "Tom 2", "To Tom"]
    assert await world.texts(mia) == ["Mia 1", "Mia 2", "To Mia"]
    (misplaced,) = await world.desk.run(
        "SELECT count(*) AS n FROM message m JOIN ticket k ON k.id = m.ticket_id"
        " LEFT JOIN delivery d ON d.message_id = m.id"
        " WHERE k.thread_id <> m.thread_id OR d.thread_id <> m.thread_id OR d.ticket_id <> m.ticket_id"
    )
    assert misplaced["n"] == 0
    assert await world.says("telegram", "7", "Tom 3") != await world.says(
        "email", "mia@example.com", "Mia 3"
    )
    await world.replies(mail, "Mail again")
    assert await world.texts(mia) == ["Mia 1", "Mia 2", "To Mia", "Mia 3", "Mail again"]


async def test_two_numbers_on_one_connection_are_parted_too(world: World) -> None:
    await world.says("sms", "+491", "One", kind="phone")
    await world.says("sms", "+492", "Two", kind="phone")
    one, two = await world.customer("phone", "+491"), await world.customer("phone", "+492")
    before = [await world.of(one), await world.of(two)]
    joined = await world.join(two, one)
    ticket = await world.says("sms", "+491", "One again", kind="phone")
    await world.replies(ticket, "To one")
    assert (await world.of(one))["contacts"][0][1] == "+491"
    await world.part(joined)
    assert await world.texts(two) == ["Two"]
    assert await world.texts(one) == ["One", "One again", "To one"]
    assert (await world.of(two))["contacts"] == before[1]["contacts"]
    assert (await world.of(one))["contacts"][0][1] == "+491"


async def test_joined_twice_over_and_parted_in_either_order(world: World) -> None:
    for first_out in (0, 1):
        people = [f"{first_out}-{name}" for name in ("a", "b", "c")]
        for turn in range(3):
            for who in people:
                await world.says("telegram", who, f"{who} {turn}")
        a, b, c = [await world.customer("telegram", who) for who in people]
        before = [await world.of(one) for one in (a, b, c)]
        joins = [await world.join(a, b), await world.join(b, c)]
        assert len(await world.texts(c)) == 9
        await world.part(joins.pop(first_out))
        assert len(await world.texts(c)) == (6, 3)[first_out]
        await world.part(joins.pop())
        assert [await world.of(one) for one in (a, b, c)] == before


async def test_what_is_undone_is_undone_once_and_what_never_was_is_not_found(world: World) -> None:
    ticket = await world.says("telegram", "7", "Tom")
    await world.says("telegram", "8", "Mia")
    tom, mia = await world.customer("telegram", "7"), await world.customer("telegram", "8")
    joined = await world.join(tom, mia)
    for one, other in ((mia, tom), (tom, mia)):
        with pytest.raises(NotFound):
            await join(world.desk, one, other, world.shop.ben)
    with pytest.raises(Invalid):
        await join(world.desk, mia, mia, world.shop.ben)
    (known,) = await joinings_of(world.desk, mia)
    assert (known.id, known.how, known.by, known.former.id) == (joined, "agent", "Ben", tom)
    assert [one.value for one in known.former.identities] == ["7"]
    await world.part(joined)
    after = await world.of(tom), await world.of(mia)
    assert await joinings_of(world.desk, mia) == ()
    await world.part(joined)
    with pytest.raises(NotFound):
        await undo(world.desk, tom, world.shop.ben)
    assert (await world.of(tom), await world.of(mia)) == after
    await world.join(mia, tom)
    assert await world.texts(tom) == ["Tom", "Mia"]
    noted = await world.desk.run("SELECT action, who FROM audit ORDER BY at, id")
    assert [tuple(row.values()) for row in noted] == [
        ("customer.joined", f"agent {world.shop.ben.id}"),
        ("customer.parted", f"agent {world.shop.cleo.id}"),
        ("customer.joined", f"agent {world.shop.ben.id}"),
    ]
    (found,) = await find_customers(
        world.desk, "#" + str((await open_ticket(world.desk, world.shop.ben, ticket)).ticket.number)
    )
    assert found.customer.id == tom


async def test_a_claim_that_an_agent_joined_is_believed_no_more_than_before(world: World) -> None:
    thread = await claimed_thread(world.desk, "email", "mia@example.com")
    await world.says("telegram", "7", "Mia")
    (row,) = await world.desk.run("SELECT customer_id FROM thread WHERE id = %(id)s", id=thread)
    mia = await world.customer("telegram", "7")
    await world.join(row["customer_id"], mia)
    (address,) = [one for one in (await world.of(mia))["identities"] if one[1] == "email"]
    assert address[3] is None
    again = await claimed_thread(world.desk, "email", "mia@example.com")
    assert again not in (thread, await thread_of(world.desk, "telegram", "7"))


async def test_an_address_that_both_name_is_proven_once_and_given_back(world: World) -> None:
    proven = await thread_of(world.desk, "email", "mia@example.com")
    claimed = await claimed_thread(world.desk, "email", "mia@example.com")
    rows = await world.desk.run("SELECT id, customer_id FROM thread")
    people = {row["id"]: row["customer_id"] for row in rows}
    for former, into in ((proven, claimed), (claimed, proven)):
        before = [await world.of(people[one]) for one in (former, into)]
        joined = await world.join(people[former], people[into])
        assert [one[3] is not None for one in (await world.of(people[into]))["identities"]] == [
            True
        ]
        assert await thread_of(world.desk, "email", "mia@example.com") == into
        await world.part(joined)
        assert [await world.of(people[one]) for one in (former, into)] == before


async def test_who_read_both_has_read_the_whole_and_nobody_loses_what_they_read(
    world: World,
) -> None:
    mail = await world.says("email", "mia@example.com", "1")
    chat = await world.says("telegram", "7", "2")
    await world.says("email", "mia@example.com", "3")
    threads = [
        (await open_ticket(world.desk, world.shop.ben, one)).thread.id for one in (mail, chat)
    ]
    await agent_read(world.desk, threads[0], world.shop.ben, 2)
    await agent_read(world.desk, threads[1], world.shop.ben, 1)
    await agent_read(world.desk, threads[0], world.shop.cleo, 1)
    mia, seven = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    joined = await world.join(seven, mia)
    assert (await open_ticket(world.desk, world.shop.ben, mail)).read_seq == 3
    assert (await open_ticket(world.desk, world.shop.cleo, mail)).read_seq == 1
    await world.says("telegram", "7", "4")
    await agent_read(world.desk, threads[0], world.shop.ben, 4)
    await world.part(joined)
    assert (await open_ticket(world.desk, world.shop.ben, chat)).read_seq == 2
    assert (await open_ticket(world.desk, world.shop.cleo, chat)).read_seq == 0
    assert (await open_ticket(world.desk, world.shop.cleo, mail)).read_seq == 1


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_was_said_joining_and_parting_leaves_it_as_it_was(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    for round_ in range(4):
        people = [
            (f"{seed}-{round_}-{n}", channel)
            for n, channel in enumerate(("telegram", "line", "sms"))
        ]
        tickets: list[UUID] = []

        async def says(
            people: list[tuple[str, str]] = people, tickets: list[UUID] = tickets
        ) -> None:
            who, channel = chance.choice(people)
            tickets.append(await world.says(channel, who, f"{who}: {chance.random()}"))

        async def replies(tickets: list[UUID] = tickets) -> None:
            if tickets:
                await world.replies(chance.choice(tickets), "A reply")

        async def settles(tickets: list[UUID] = tickets) -> None:
            if tickets:
                await resolve(world.desk, chance.choice(tickets), world.shop.ben)
                world.minutes += chance.choice((0, 60 * 24 * 15))

        steps: list[Callable[[], Awaitable[None]]] = [says, says, says, replies, settles]
        for who, channel in people:
            await world.says(channel, who, "Hello")
        for _ in range(chance.randrange(4, 18)):
            await chance.choice(steps)()
        customers = [await world.customer(channel, who) for who, channel in people]
        before = [await world.of(one) for one in customers]
        first, second, third = chance.sample(customers, 3)
        joins = [
            await world.join(first, second),
            await world.join(*chance.choice(((second, third), (third, second)))),
        ]
        whole = [one for one in customers if await world.texts(one)]
        assert len(whole) == 1
        said = [text for one in before for text in [each[2] for each in one["messages"]]]
        assert sorted(await world.texts(whole[0])) == sorted(said)
        chance.shuffle(joins)
        for one in joins:
            await world.part(one)
        after = [await world.of(one) for one in customers]
        for now, then in zip(after, before, strict=True):
            for part in then:
                assert (part, now[part]) == (part, then[part])


async def test_opened_tickets_show_what_events_told(world: World) -> None:
    await world.says("email", "mia@example.com", "By mail")
    chat = await world.says("telegram", "7", "By Telegram")
    mia, seven = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    joined = await world.join(seven, mia)
    await world.part(joined)
    told = await world.desk.run(
        "SELECT payload -> 'ticket' AS ticket FROM outbox WHERE payload -> 'ticket' ->> 'id' = %(id)s"
        " ORDER BY id DESC LIMIT 1",
        id=str(chat),
    )
    opened = await open_ticket(world.desk, world.shop.ben, chat)
    assert msgspec.convert(told[0]["ticket"], Ticket) == opened.ticket


async def test_a_language_counts_in_every_channel_and_an_agent_corrects_it(world: World) -> None:
    await world.says("email", "mia@example.com", "Guten Tag")
    await world.says("telegram", "7", "Hallo")
    mia, seven = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    await set_language(world.desk, seven, world.shop.ben, "de")
    joined = await world.join(seven, mia)
    assert (await world.of(mia))["language"] == "de"
    await world.part(joined)
    assert ((await world.of(mia))["language"], (await world.of(seven))["language"]) == (None, "de")
    joined = await world.join(seven, mia)
    await set_language(world.desk, mia, world.shop.ben, "en")
    await world.part(joined)
    assert ((await world.of(mia))["language"], (await world.of(seven))["language"]) == ("en", "de")


async def test_a_second_joining_after_an_undoing_is_as_good_as_the_first(world: World) -> None:
    for text in ("1", "3", "5"):
        await world.says("email", "mia@example.com", text)
        await world.says("telegram", "7", str(int(text) + 1))
    mia, seven = (
        await world.customer("email", "mia@example.com"),
        await world.customer("telegram", "7"),
    )
    before = [await world.of(mia), await world.of(seven)]
    for former, into in ((seven, mia), (mia, seven), (seven, mia)):
        joined = await world.join(former, into)
        assert await world.texts(into) == list("123456")
        await world.part(joined)
        assert [await world.of(mia), await world.of(seven)] == before
