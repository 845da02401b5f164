"""What an anonymous visitor wrote joins the customer they prove to be, and only then."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from shopbell.desk.customers.commands import thread_of
from shopbell.desk.customers.reads import visitor_of
from shopbell.desk.customers.sessions import end_visitor, recognise, verified_visitor
from shopbell.desk.customers.types import Visitor, Vouched
from shopbell.desk.errors import Fenced, NotFound
from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.threads.commands import agent_read, customer_read
from shopbell.desk.threads.reads import messages_before
from shopbell.desk.tickets.reads import tickets_in
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import work
from tests.desk.conftest import Shop


def vouched(shop: Shop, subject: str = "c-1", **more: str) -> Vouched:
    return Vouched(
        subject=subject,
        expires_at=shop.desk.now() + timedelta(minutes=10),
        **{"jti": str(uuid7()), "email": "Mia@Example.com", "name": "Mia Berg", **more},
    )


async def visitor(shop: Shop, *texts: str) -> UUID:
    """A visitor who has said these things."""
    visitor_id = uuid7()
    for text in texts:
        await say(shop, visitor_id, text)
    return visitor_id


async def say(shop: Shop, visitor_id: UUID, text: str) -> UUID:
    thread = await thread_of(shop.desk, "visitor", str(visitor_id), thread_id=visitor_id)
    written = await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text=text))
    return written.message.ticket_id


async def known(shop: Shop, visitor_id: UUID, statement: Vouched) -> Visitor:
    found = await recognise(shop.desk, visitor_id, shop.connection.id, statement)
    assert found is not None
    return found


async def events(shop: Shop) -> list[Event]:
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute("SELECT payload FROM outbox ORDER BY id")
        return [msgspec.convert(row["payload"], Event) for row in await found.fetchall()]


async def test_what_was_said_anonymously_follows_what_the_customer_said(shop: Shop) -> None:
    first = await known(shop, await visitor(shop), vouched(shop))
    await say(shop, first.id, "My parcel is late")
    anonymous = await visitor(shop, "Does it run small?", "And is it warm?")
    second = await known(shop, anonymous, vouched(shop))
    assert (second.thread_id, second.customer_id) == (first.thread_id, first.customer_id)
    assert second.thread_id is not None
    messages, _ = await messages_before(shop.desk, second.thread_id, None)
    assert [(one.seq, one.text) for one in messages] == [
        (1, "My parcel is late"),
        (2, "Does it run small?"),
        (3, "And is it warm?"),
    ]
    await say(shop, second.id, "Hello?")
    messages, _ = await messages_before(shop.desk, second.thread_id, None)
    assert (messages[-1].seq, messages[-1].ticket_id) == (4, messages[2].ticket_id)
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT origin_thread_id, origin_seq FROM message"
            " WHERE origin_thread_id IS NOT NULL ORDER BY seq"
        )
        origin = [tuple(row.values()) for row in await found.fetchall()]
        turns = await connection.execute("SELECT upto_seq FROM turn ORDER BY upto_seq")
        assert [row["upto_seq"] for row in await turns.fetchall()] == [1, 4]
    assert origin == [(anonymous, 1), (anonymous, 2)]


async def test_the_anonymous_visitor_ends_and_its_thread_takes_nothing_more(shop: Shop) -> None:
    anonymous = await visitor(shop, "Does it run small?")
    await known(shop, anonymous, vouched(shop))
    assert await visitor_of(shop.desk, anonymous, shop.connection.id) is None
    with pytest.raises(NotFound):
        await say(shop, anonymous, "One more")
    assert await shop.count("message") == 1


async def test_the_same_statement_again_comes_to_the_same_visitor_and_serves_no_other(
    shop: Shop,
) -> None:
    anonymous, statement = await visitor(shop, "Hi"), vouched(shop)
    made = await asyncio.gather(*(known(shop, anonymous, statement) for _ in range(6)))
    assert {one.id for one in made} == {verified_visitor(anonymous, statement)}
    for later in (statement, vouched(shop)):
        assert (await known(shop, made[0].id, later)).id == made[0].id
    thief = await visitor(shop, "I am Mia")
    assert await recognise(shop.desk, thief, shop.connection.id, statement) is None
    still = await visitor_of(shop.desk, thief, shop.connection.id)
    assert still is not None
    assert (still.verified, still.thread_id) == (False, thief)
    assert (await shop.count("customer_join"), await shop.count("message")) == (1, 2)


async def test_another_persons_thread_is_never_joined(shop: Shop) -> None:
    mia = await known(shop, await visitor(shop, "Mine"), vouched(shop))
    ola = await known(shop, mia.id, vouched(shop, "c-2", email="ola@example.com", name="Ola"))
    assert ola.thread_id != mia.thread_id
    assert await visitor_of(shop.desk, mia.id, shop.connection.id) is not None
    assert ola.thread_id is not None
    assert (await messages_before(shop.desk, ola.thread_id, None))[0] == ()


async def test_read_stays_read_and_unread_stays_unread(shop: Shop) -> None:
    first = await known(shop, await visitor(shop), vouched(shop))
    ticket = await say(shop, first.id, "My parcel is late")
    await reply(shop.desk, ticket, shop.ben, Draft(id=uuid7(), text="It comes today"))
    assert first.thread_id is not None
    await customer_read(shop.desk, first.thread_id, 2)
    await agent_read(shop.desk, first.thread_id, shop.ben, 2)
    anonymous = await visitor(shop, "Does it run small?")
    await agent_read(shop.desk, anonymous, shop.ben, 1)
    (open_ticket,) = [
        one for one in await tickets_in(shop.desk, shop.ben, "open") if one.thread_id == anonymous
    ]
    await reply(shop.desk, open_ticket.id, shop.ben, Draft(id=uuid7(), text="A little"))
    await known(shop, anonymous, vouched(shop))
    async with work(shop.desk, thread_id=first.thread_id) as unit:
        thread, current = unit.thread, unit.ticket
    assert (thread.last_seq, thread.out_count) == (4, 2)
    assert (thread.customer_read_seq, thread.customer_read_out) == (2, 1)
    assert thread.agents_read_seq == 3
    assert (current.id, current.last_seq, current.last_customer_seq) == (open_ticket.id, 4, 3)
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT seq FROM agent_read WHERE thread_id = %s", (first.thread_id,)
        )
        assert [row["seq"] for row in await found.fetchall()] == [3]


async def test_clients_that_only_saw_the_events_hold_what_a_reload_holds(shop: Shop) -> None:
    first = await known(shop, await visitor(shop), vouched(shop))
    await say(shop, first.id, "My parcel is late")
    anonymous = await visitor(shop, "Does it run small?", "And warm?")
    await known(shop, anonymous, vouched(shop, name="Mia B."))
    tickets: dict[UUID, Ticket] = {}
    messages: dict[UUID, object] = {}
    for event in await events(shop):
        ticket, message = event.ticket, event.message
        if isinstance(ticket, Ticket) and ticket.version >= getattr(
            tickets.get(ticket.id), "version", 0
        ):
            tickets[ticket.id] = ticket
        if not isinstance(message, msgspec.UnsetType):
            messages[message.id] = message
    fresh = {one.id: one for one in await tickets_in(shop.desk, shop.ben, "open")}
    assert {key: one.thread_id for key, one in tickets.items()} == dict.fromkeys(
        fresh, first.thread_id
    )
    assert {key: one.version for key, one in tickets.items()} == {
        key: one.version for key, one in fresh.items()
    }
    assert first.thread_id is not None
    page, _ = await messages_before(shop.desk, first.thread_id, None)
    assert messages == {one.id: one for one in page}


async def test_messages_sent_while_threads_join_are_kept_or_refused_never_lost(shop: Shop) -> None:
    anonymous, statement = await visitor(shop, "0"), vouched(shop)

    async def more(n: int) -> bool:
        try:
            await say(shop, anonymous, str(n))
        except (NotFound, Fenced):
            return False
        return True

    sent = await asyncio.gather(
        *(more(n) for n in range(1, 9)),
        known(shop, anonymous, statement),
        *(more(n) for n in range(9, 17)),
    )
    joined = sent[8]
    assert isinstance(joined, Visitor)
    assert joined.thread_id is not None
    messages, _ = await messages_before(shop.desk, joined.thread_id, None, 100)
    assert len(messages) == 1 + sum(one is True for one in sent)
    assert [one.seq for one in messages] == list(range(1, len(messages) + 1))


async def test_a_signed_out_visitor_is_gone_and_its_sockets_are_told(shop: Shop) -> None:
    anonymous = await visitor(shop, "Hi")
    found = await visitor_of(shop.desk, anonymous, shop.connection.id)
    assert found is not None
    await end_visitor(shop.desk, found)
    assert await visitor_of(shop.desk, anonymous, shop.connection.id) is None
    told = (await events(shop))[-1]
    assert (told.kind, told.session_id, told.thread_id) == (
        "session.revoked",
        anonymous,
        anonymous,
    )
