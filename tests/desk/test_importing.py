"""Conversations of the past come in at once, each once, and leave the desk as it was otherwise."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from shopbell.desk.control.commands import take_over
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.ids import uuid7
from shopbell.desk.importing import commands
from shopbell.desk.importing.commands import bring_in
from shopbell.desk.importing.types import Brought, PastMessage, PastThread, PastTicket
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.tickets.reads import open_ticket
from tests.desk.conftest import Shop

THEN = datetime(2024, 5, 1, 9, tzinfo=UTC)


def said(key: str, text: str, author: Any = "customer", **more: Any) -> PastMessage:
    at = THEN + timedelta(minutes=len(key))
    return PastMessage(external_id=key, author=author, at=at, text=text, **more)


def matter(name: str, *messages: PastMessage, **more: Any) -> PastTicket:
    return PastTicket(external_id=name, messages=messages, **more)


MIA = PastThread(
    kind="email",
    value="mia@example.com",
    name="Mia",
    language="de",
    place="mia@example.com",
    tickets=(
        matter(
            "t1",
            said("m1", "Does it run small?"),
            said("m1b", "Take M.", "agent", name="Ben"),
            said("m1bc", "She is nice", "agent", name="Ben", note=True),
            subject="Sizes",
            tags=("size",),
        ),
        matter("t2", said("m2dddd", "My card is 4111 1111 1111 1111"), status="resolved"),
    ),
)
OLE = PastThread(
    kind="email",
    value="ole@example.com",
    tickets=(
        matter(
            "t3",
            said("m3", "Hej"),
        ),
    ),
)


async def every(shop: Shop, query: str) -> list[dict[str, Any]]:
    return await shop.desk.run(query)


async def told(shop: Shop) -> list[str]:
    return [one["kind"] for one in await every(shop, "SELECT kind FROM outbox ORDER BY id")]


async def test_a_past_comes_in_whole_and_is_over(shop: Shop) -> None:
    brought = await bring_in(shop.desk, shop.connection, [MIA, OLE])

    assert brought == Brought(customers=2, tickets=3, messages=5)
    tickets = await every(shop, "SELECT * FROM ticket ORDER BY number")
    assert [(one["subject"], one["status"], one["control"]) for one in tickets] == [
        ("Sizes", "closed", "agents"),
        ("My card is •••• 1111", "resolved", "agents"),
        ("Hej", "closed", "agents"),
    ]
    opened = await open_ticket(shop.desk, shop.ben, tickets[0]["id"])
    assert [(one.seq, one.author.name, one.text) for one in opened.messages][:3] == [
        (1, "", "Does it run small?"),
        (2, "Ben", "Take M."),
        (3, "Ben", "She is nice"),
    ]
    assert "4111" not in opened.messages[3].text, "masked as whatever comes in"
    assert opened.thread.agents_read_seq == opened.thread.last_seq == 4
    assert opened.thread.out_count == opened.thread.customer_read_out == 1
    assert [one.place for one in opened.contacts] == ["mia@example.com"]
    assert await told(shop) == ["import.came"]
    for table in ("turn", "delivery", "sla_clock"):
        assert await shop.count(table) == 0, f"nothing happens about the past: {table}"


async def test_the_same_again_writes_nothing(shop: Shop) -> None:
    await bring_in(shop.desk, shop.connection, [MIA, OLE])
    before = await every(shop, "SELECT * FROM thread ORDER BY id")

    again = await bring_in(shop.desk, shop.connection, [MIA, OLE])

    assert again == Brought(known=5)
    assert await every(shop, "SELECT * FROM thread ORDER BY id") == before


async def test_an_import_that_broke_off_goes_on_where_it_was(shop: Shop) -> None:
    half = msgspec.structs.replace(
        MIA, tickets=(matter("t1", said("m1", "Does it run small?"), subject="Sizes"),)
    )
    await bring_in(shop.desk, shop.connection, [half])

    rest = await bring_in(shop.desk, shop.connection, [MIA])

    assert rest == Brought(tickets=1, messages=3, known=1)
    first, _ = await every(shop, "SELECT * FROM ticket ORDER BY number")
    assert (first["last_seq"], first["last_customer_seq"]) == (3, 1)
    assert first["preview"]["text"] == "She is nice"


async def test_who_writes_here_already_gets_it_in_their_one_thread(shop: Shop) -> None:
    thread = await thread_of(shop.desk, "email", "mia@example.com", name="Mia M.")
    written = await receive(
        shop.desk, thread, shop.connection, Draft(id=uuid7(), text="Are you open?")
    )
    await take_over(shop.desk, written.ticket.id, shop.ben)
    before = await told(shop)

    await bring_in(shop.desk, shop.connection, [MIA])

    opened = await open_ticket(shop.desk, shop.ben, written.ticket.id)
    assert [one.seq for one in opened.messages] == [1, 2, 3, 4, 5]
    assert opened.thread.current_ticket_id == written.ticket.id, "the live one stays"
    assert opened.ticket.status == "open"
    assert opened.thread.agents_read_seq == 0, "what was new to them still is"
    assert await shop.count("customer") == 1
    imported = ["message.imported"] * 4
    assert await told(shop) == [*before, *imported, "ticket.updated", "import.came"]


async def test_first_messages_and_imports_at_once_make_one_customer(shop: Shop) -> None:
    shoppers = [f"c{number}@example.com" for number in range(40)]
    past = [
        PastThread(kind="email", value=who, tickets=(matter(f"t-{who}", said(f"m-{who}", "Hi")),))
        for who in shoppers
    ]

    await asyncio.gather(
        bring_in(shop.desk, shop.connection, past),
        bring_in(shop.desk, shop.connection, past[::-1]),
        *(thread_of(shop.desk, "email", who) for who in shoppers),
    )

    assert await shop.count("customer") == len(shoppers)
    assert await shop.count("message") == len(shoppers)


async def test_batches_stand_by_themselves_and_one_customer_may_be_in_several(
    shop: Shop, monkeypatch: Any
) -> None:
    monkeypatch.setattr(commands, "MOST_THREADS", 2)
    parts = [msgspec.structs.replace(MIA, tickets=(one,)) for one in MIA.tickets]

    brought = await bring_in(shop.desk, shop.connection, [parts[0], OLE, OLE, parts[1]])

    assert brought == Brought(customers=2, tickets=3, messages=5, known=1)
    assert await shop.count("thread") == 2


async def test_a_ticket_that_is_another_customers_by_now_is_left_alone(shop: Shop) -> None:
    await bring_in(shop.desk, shop.connection, [MIA])
    moved = msgspec.structs.replace(
        OLE, tickets=(matter("t1", said("m9", "Is it mine?")), *OLE.tickets)
    )

    assert await bring_in(shop.desk, shop.connection, [moved]) == Brought(
        customers=1, tickets=1, messages=1, elsewhere=1
    )
