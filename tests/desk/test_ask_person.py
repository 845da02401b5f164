"""*Talk to a person*: one message, an honest time, one wait, however often it is pressed."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import BrandSettings, Opening
from shopbell.desk.control.commands import ask_person, take_over
from shopbell.desk.control.waits import Wait, answer_by
from shopbell.desk.control.words import WORDS, handed_over, waiting
from shopbell.desk.errors import NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft, Message
from shopbell.desk.sla.calendar import calendar_of
from shopbell.desk.tickets.commands import resolve
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import work
from tests.desk.conftest import Shop

LONDON = BrandSettings(
    time_zone="Europe/London",
    hours=tuple(Opening(day=day, start="09:00", end="17:00") for day in range(5)),
    handle_minutes=6,
)


def promised(brand: BrandSettings, at: datetime, *, waiting: int, people: int) -> datetime | None:
    """By when a person answers where two minutes are promised and each takes six."""
    calendar, each = calendar_of(brand), timedelta(minutes=brand.handle_minutes)
    return answer_by(
        calendar, at, pickup=(120, calendar), each=each, waiting=waiting, people=people
    )


async def ticket_of(shop: Shop, message: Message) -> Ticket:
    async with work(shop.desk, ticket_id=message.ticket_id) as unit:
        return unit.ticket


async def test_pressing_opens_a_ticket_tells_once_and_starts_one_wait(shop: Shop) -> None:
    thread, pressed = await shop.thread(), uuid7()
    first = await ask_person(shop.desk, thread, shop.connection, message_id=pressed)
    ticket = await ticket_of(shop, first.message)
    assert (first.message.id, first.message.author.kind) == (pressed, "assistant")
    assert "You'll hear from us by" in first.message.text
    assert (ticket.control, ticket.status, ticket.epoch) == ("agents", "open", 2)
    assert ticket.handoff is not None
    assert ticket.handoff.promised_by is not None
    assert ticket.waiting_since == ticket.handoff.at
    for message_id in (pressed, uuid7()):
        again = await ask_person(shop.desk, thread, shop.connection, message_id=message_id)
        assert (again.repeated, again.message.id) == (True, pressed)
    assert await ticket_of(shop, first.message) == ticket
    assert await shop.count("message") == 1


async def test_pressing_many_times_at_once_writes_once(shop: Shop) -> None:
    thread = await shop.thread()
    pressed = [uuid7() for _ in range(12)]
    told = await asyncio.gather(
        *(ask_person(shop.desk, thread, shop.connection, message_id=one) for one in pressed)
    )
    assert len({one.message.id for one in told}) == 1
    assert (await shop.count("message"), await shop.count("ticket")) == (1, 1)


async def test_the_assistants_turn_ends_and_an_older_wait_goes_on(shop: Shop) -> None:
    thread = await shop.thread()
    written = await receive(
        shop.desk, thread, shop.connection, Draft(id=uuid7(), text="Where is my parcel?")
    )
    told = await ask_person(shop.desk, thread, shop.connection, message_id=uuid7())
    assert told.message.ticket_id == written.message.ticket_id
    began = (await ticket_of(shop, told.message)).waiting_since
    await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text="Hello?"))
    await ask_person(shop.desk, thread, shop.connection, message_id=uuid7())
    assert (await ticket_of(shop, told.message)).waiting_since == began
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute("SELECT status FROM turn")
        assert [row["status"] for row in await found.fetchall()] == ["dropped"]


async def test_a_person_who_has_it_already_stays(shop: Shop) -> None:
    thread = await shop.thread()
    written = await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text="Hi"))
    taken = await take_over(shop.desk, written.message.ticket_id, shop.ben)
    await ask_person(shop.desk, thread, shop.connection, message_id=uuid7())
    ticket = await ticket_of(shop, written.message)
    assert (ticket.assignee_id, ticket.epoch) == (shop.ben.id, taken.epoch)
    assert ticket.waiting_since is not None


async def test_a_resolved_matter_opens_again(shop: Shop) -> None:
    thread = await shop.thread()
    first = await ask_person(shop.desk, thread, shop.connection, message_id=uuid7())
    await resolve(shop.desk, first.message.ticket_id, shop.ben)
    again = await ask_person(shop.desk, thread, shop.connection, message_id=uuid7())
    ticket = await ticket_of(shop, again.message)
    assert (again.repeated, ticket.id) == (False, first.message.ticket_id)
    assert (ticket.status, ticket.control, ticket.resolved_at) == ("open", "agents", None)


async def test_an_id_of_another_thread_is_not_found(shop: Shop) -> None:
    other = await ask_person(shop.desk, await shop.thread(), shop.connection, message_id=uuid7())
    with pytest.raises(NotFound):
        await ask_person(
            shop.desk, await shop.thread(), shop.connection, message_id=other.message.id
        )
    assert await shop.count("message") == 1


async def test_the_customer_is_told_in_their_language_and_the_brands_own_clock(shop: Shop) -> None:
    thread = await shop.thread()
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE customer SET language = 'de'")
        await connection.execute(
            "UPDATE brand SET settings = %s", (Jsonb(msgspec.to_builtins(LONDON)),)
        )
    shop.desk.now = lambda: datetime(2026, 11, 24, 16, 59, tzinfo=UTC)
    told = await ask_person(shop.desk, thread, shop.connection, message_id=uuid7())
    assert told.message.text.endswith(
        "Sie hören bis Mittwoch, 09:05 Uhr (Ortszeit London) von uns."
    )
    handoff = (await ticket_of(shop, told.message)).handoff
    assert handoff is not None
    assert handoff.promised_by == datetime(2026, 11, 25, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "waiting", "people", "expected"),
    [
        ("2026-11-24T10:00:00Z", 0, 2, "2026-11-24T10:05:00Z"),
        ("2026-11-24T10:00:00Z", 5, 2, "2026-11-24T10:20:00Z"),
        ("2026-11-24T16:58:00Z", 0, 1, "2026-11-24T17:00:00Z"),
        ("2026-11-27T16:58:00Z", 1, 1, "2026-11-30T09:10:00Z"),
        ("2026-11-28T12:00:00Z", 0, 1, "2026-11-30T09:05:00Z"),
        ("2026-03-28T12:00:00Z", 0, 1, "2026-03-30T08:05:00Z"),
    ],
)
def test_only_staffed_minutes_count(at: str, waiting: int, people: int, expected: str) -> None:
    reached = promised(LONDON, datetime.fromisoformat(at), waiting=waiting, people=people)
    assert reached == datetime.fromisoformat(expected)


def test_a_holiday_is_not_promised() -> None:
    brand = msgspec.structs.replace(LONDON, country="GB", region="ENG")
    christmas_eve = datetime(2026, 12, 24, 17, 30, tzinfo=UTC)
    assert promised(brand, christmas_eve, waiting=0, people=1) == datetime(
        2026, 12, 29, 9, 5, tzinfo=UTC
    )


def test_nobody_there_promises_nothing() -> None:
    at = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert promised(LONDON, at, waiting=0, people=0) is None
    for language in (*WORDS, "xx"):
        told = handed_over(Wait(by=None, zone="UTC", language=language), at)
        assert ":" not in told
    by = datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert "2026-12-24" in waiting(Wait(by=by, zone="UTC", language="en"), at)
