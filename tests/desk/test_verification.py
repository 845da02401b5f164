"""Codes prove an address once, in the conversation that asked, and say nothing of who is known."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.registry import capabilities
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.vault import Vault
from shopbell.desk.customers.commands import claimed_thread, thread_of
from shopbell.desk.database import now
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.identities.commands import join
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Draft
from shopbell.desk.threads.reads import messages_before
from shopbell.desk.verification.addresses import address_within
from shopbell.desk.verification.codes import HIDDEN, Codes, code_in, hidden
from shopbell.desk.verification.commands import (
    MOST_A_DAY,
    MOST_LATELY,
    MOST_WRONG,
    NotProven,
    ask_code,
    claim_code,
    code_sent,
    hear,
)
from shopbell.desk.verification.words import WORDS
from tests.desk.conftest import Shop

MAIL = Address(kind="email", value="mia@example.com")


class Asking:
    """A shop with a mailbox, and short words for what is asked and written back."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.desk = shop, shop.desk
        self.desk.capabilities = capabilities()

    async def mailbox(self) -> None:
        vault = Vault("key")
        await connect(self.desk, vault, self.shop.connection.brand_id, "email", "Post", {"a": "b"})

    async def asks(self, thread: UUID, address: Address = MAIL, name: UUID | None = None) -> str:
        message = name or uuid7()
        told = await ask_code(self.desk, thread, self.shop.connection, address, message_id=message)
        return told.message.text

    async def says(self, thread: UUID, text: str, name: UUID | None = None) -> str:
        """Write this; what was answered at once, if anything."""
        draft = Draft(id=name or uuid7(), text=text)
        written = await hear(self.desk, thread, self.shop.connection, draft)
        messages, _ = await messages_before(self.desk, written.thread.id, None)
        return messages[-1].text if messages[-1].id != written.message.id else ""

    async def code(self, thread: UUID) -> str:
        (row,) = await self.desk.run(
            "SELECT id FROM verification WHERE thread_id = %(thread)s ORDER BY asked_at DESC LIMIT 1",
            thread=thread,
        )
        return self.desk.codes.code_of(row["id"])

    async def wrong(self, thread: UUID, n: int = 1) -> str:
        return f"{(int(await self.code(thread)) + n) % 1_000_000:06}"

    async def owner(self, address: Address = MAIL) -> UUID | None:
        rows = await self.desk.run(
            "SELECT t.id FROM identity i JOIN thread t USING (customer_id) WHERE i.kind = %(kind)s"
            " AND i.value = %(value)s AND i.verified_at IS NOT NULL",
            kind=address.kind,
            value=address.value,
        )
        return rows[0]["id"] if rows else None

    def pass_time(self, **by: float) -> None:
        self.desk.now = lambda: now() + timedelta(**by)


@pytest.fixture
async def at(shop: Shop) -> Asking:
    made = Asking(shop)
    await made.mailbox()
    return made


EN = WORDS["en"]
RIGHT = EN.right.format(address=MAIL.value)


async def test_a_code_joins_what_was_written_from_the_address(at: Asking) -> None:
    mail = await thread_of(at.desk, "email", MAIL.value, name="Mia")
    await at.says(mail, "By mail")
    chat = await at.shop.thread()
    assert await at.asks(chat) == EN.sent.format(address=MAIL.value)
    code = await at.code(chat)
    assert await at.says(chat, f"Here it is: {code[:3]} {code[3:]}.") == RIGHT
    messages, _ = await messages_before(at.desk, chat, None)
    assert [one.text for one in messages] == [
        "By mail",
        EN.sent.format(address=MAIL.value),
        f"Here it is: {HIDDEN}.",
        RIGHT,
    ]
    assert await at.owner() == chat
    (join,) = await at.desk.run("SELECT how, joined_by FROM customer_join")
    assert tuple(join.values()) == ("code", None)


async def test_an_address_that_nobody_knew_is_theirs_afterwards(at: Asking) -> None:
    chat = await at.shop.thread()
    await at.asks(chat)
    assert await at.owner() is None
    assert await at.says(chat, await at.code(chat)) == RIGHT
    assert await at.owner() == chat
    told = await at.desk.run(
        "SELECT payload -> 'customer' -> 'identities' AS known FROM outbox WHERE kind = 'customer.updated'"
    )
    assert {"email"} < {one["kind"] for one in told[0]["known"]} | {"email", "visitor"}


async def test_asking_tells_nothing_of_who_is_known(at: Asking) -> None:
    known = Address(kind="email", value="known@example.com")
    await at.says(await thread_of(at.desk, "email", known.value), "Hello")
    told: list[str] = []
    writes: list[dict[str, Any]] = []
    for address in (known, Address(kind="email", value="never@example.com")):
        chat = await at.shop.thread()
        told.append((await at.asks(chat, address)).replace(address.value, "X"))
        writes += await at.desk.run(
            "SELECT status, kind, connection_id FROM verification WHERE value = %(value)s",
            value=address.value,
        )
    assert told[0] == told[1]
    assert writes[0] == writes[1]


async def test_the_code_is_nowhere_in_the_database(at: Asking) -> None:
    await at.says(await thread_of(at.desk, "email", MAIL.value), "By mail")
    chat = await at.shop.thread()
    await at.asks(chat)
    code, wrong = await at.code(chat), await at.wrong(chat)
    await at.says(chat, wrong)
    await at.says(chat, code)
    tables = await at.desk.run(
        "SELECT table_name AS name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for table in tables:
        found = await at.desk.run(
            f"SELECT 1 FROM {table['name']} t WHERE t::text ~ %(code)s"
            f" AND t::text !~ ('[0-9a-f-]' || %(code)s) LIMIT 1",
            code=f"({code}|{wrong})(?![0-9a-f])",
        )
        assert not found, table["name"]


async def test_a_code_is_good_once_in_its_own_conversation_and_for_ten_minutes(at: Asking) -> None:
    chat, thief = await at.shop.thread(), await at.shop.thread()
    await at.says(thief, "Hello")
    await at.asks(chat)
    code = await at.code(chat)
    assert await at.says(thief, code) == ""
    assert (await messages_before(at.desk, thief, None))[0][-1].text == code
    at.pass_time(minutes=11)
    assert await at.says(chat, code) == EN.over
    assert await at.owner() is None
    at.pass_time(minutes=12)
    await at.asks(chat)
    assert await at.says(chat, code) == EN.wrong
    assert await at.says(chat, await at.code(chat)) == RIGHT
    (row,) = await at.desk.run("SELECT count(*) AS n FROM verification WHERE status = 'proved'")
    assert row["n"] == 1


async def test_five_wrong_ones_end_it_and_a_hundred_at_once_are_five(at: Asking) -> None:
    chat = await at.shop.thread()
    await at.asks(chat)
    code = await at.code(chat)
    guesses = [f"{(int(code) + n) % 1_000_000:06}" for n in range(1, 31)]
    await asyncio.gather(*(at.says(chat, guess) for guess in guesses))
    (row,) = await at.desk.run("SELECT wrong, status FROM verification")
    assert tuple(row.values()) == (MOST_WRONG, "spent")
    assert await at.says(chat, code) == EN.over
    assert await at.owner() is None


async def test_the_same_message_again_is_no_second_try(at: Asking) -> None:
    chat = await at.shop.thread()
    await at.asks(chat)
    name, wrong = uuid7(), await at.wrong(chat)
    for _ in range(8):
        await at.says(chat, wrong, name)
    (row,) = await at.desk.run("SELECT wrong FROM verification")
    assert row["wrong"] == 1
    asked = uuid7()
    for _ in range(5):
        await at.asks(chat, name=asked)
    assert await at.shop.count("verification") == 2


async def test_the_right_code_many_times_at_once_joins_once(at: Asking) -> None:
    await at.says(await thread_of(at.desk, "email", MAIL.value), "By mail")
    chat = await at.shop.thread()
    await at.asks(chat)
    code = await at.code(chat)
    told = await asyncio.gather(*(at.says(chat, code) for _ in range(4)))
    assert RIGHT in told
    assert await at.shop.count("customer_join") == 1
    assert await at.owner() == chat


async def test_caps_hold_for_a_conversation_an_address_and_a_day(at: Asking) -> None:
    chat = await at.shop.thread()
    told = [await at.asks(chat) for _ in range(MOST_LATELY + 1)]
    assert told == [EN.sent.format(address=MAIL.value)] * MOST_LATELY + [EN.often]
    other = await at.shop.thread()
    assert await at.asks(other) == EN.sent.format(address=MAIL.value)
    assert await at.shop.count("verification") == MOST_LATELY, "no word of it, and no mail"
    for hour in range(2, 8):
        at.pass_time(hours=hour)
        for _ in range(MOST_LATELY):
            await at.asks(await at.shop.thread())
    assert await at.shop.count("verification") == MOST_A_DAY


async def test_who_merely_claims_an_address_can_prove_no_other(at: Asking) -> None:
    claimed = await claimed_thread(at.desk, "email", "tom@example.com")
    with pytest.raises(NotProven):
        await at.asks(claimed)
    assert await at.shop.count("verification") == 0


async def test_claims_of_the_address_stay_apart(at: Asking) -> None:
    claimed = await claimed_thread(at.desk, "email", MAIL.value)
    await at.says(claimed, "I am Mia, believe me")
    chat = await at.shop.thread()
    await at.asks(chat)
    assert await at.says(chat, await at.code(chat)) == RIGHT
    assert len((await messages_before(at.desk, claimed, None))[0]) == 1


async def test_two_sign_ins_of_the_shop_are_looked_at_by_people(at: Asking) -> None:
    mail = await thread_of(at.desk, "email", MAIL.value)
    chat = await at.shop.thread()
    for thread, subject in ((mail, "c-1"), (chat, "c-2")):
        await at.desk.run(
            "INSERT INTO identity (id, customer_id, kind, value, verified_at, verified_by)"
            " SELECT %(id)s, customer_id, 'shop', %(subject)s, now(), 'shop' FROM thread WHERE id = %(thread)s",
            id=uuid7(),
            subject=subject,
            thread=thread,
        )
    await at.asks(chat)
    assert "belongs to another sign-in" in await at.says(chat, await at.code(chat))
    assert await at.owner() == mail
    notes = await at.desk.run("SELECT text FROM message WHERE visibility = 'note'")
    assert len(notes) == 1


async def test_without_a_way_to_send_it_nothing_is_asked(shop: Shop) -> None:
    bare = Asking(shop)
    chat = await shop.thread()
    assert await bare.asks(chat) == EN.nowhere.format(address=MAIL.value)
    assert await shop.count("verification") == 0


async def test_a_code_is_sent_by_one_worker_and_again_when_it_died(at: Asking) -> None:
    await at.asks(await at.shop.thread())
    claims = await asyncio.gather(*(claim_code(at.desk) for _ in range(6)))
    (sent,) = [one for one in claims if one is not None]
    assert (sent.value, sent.place, sent.barred) == (MAIL.value, MAIL.value, False)
    at.pass_time(minutes=2)
    again = await claim_code(at.desk)
    assert again is not None
    assert again.id == sent.id
    await code_sent(at.desk, again, "<1@shop>")
    at.pass_time(minutes=4)
    assert await claim_code(at.desk) is None


@given(st.text())
def test_nothing_that_is_hidden_holds_a_code(text: str) -> None:
    assert code_in(hidden(text)) is None
    if code_in(text) is None:
        assert hidden(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("123 456", "123456"),
        ("123-456 is it", "123456"),
        ("Der Code: 123456.", "123456"),
        ("コードは123456です", "123456"),
        ("１２３４５６", "123456"),
        ("コードは 123456 です", "123456"),
        ("order WF-123456", None),
        ("order #123456", None),
        ("1234567", None),
        ("+49 123456", "123456"),
        ("12.345.678", None),
        ("https://x.example/123456", None),
    ],
)
def test_a_code_is_six_digits_by_themselves(text: str, code: str | None) -> None:
    assert code_in(text) == code


def test_codes_are_of_one_key_and_one_row() -> None:
    one, other, row = Codes("a"), Codes("b"), uuid7()
    assert one.code_of(row) == Codes("a").code_of(row) != other.code_of(row)
    assert one.fits(row, one.code_of(row), one.hash_of(row, one.code_of(row)))
    assert not one.fits(uuid7(), one.code_of(row), one.hash_of(row, one.code_of(row)))
    assert len({one.code_of(uuid7()) for _ in range(200)}) > 195


@pytest.mark.parametrize(
    ("text", "country", "kind", "value"),
    [
        ("it was Mia.Berg@Example.COM.", "", "email", "mia.berg@example.com"),
        ("<mia@example.co.uk>", "", "email", "mia@example.co.uk"),
        ("+49 170 1234567", "", "phone", "+491701234567"),
        ("0170 1234567", "de", "phone", "+491701234567"),
        ("0170 1234567", "", "", ""),
        ("mia at example dot com", "", "", ""),
    ],
)
def test_addresses_are_read_as_people_write_them(
    text: str, country: str, kind: str, value: str
) -> None:
    found = address_within(text, country)
    assert (found and (found.kind, found.value)) == ((kind, value) if kind else None)


def test_every_language_says_everything() -> None:
    for language, words in WORDS.items():
        assert "{code}" in words.code, language
        assert "{brand}" in words.code, language
        for text in (words.sent, words.nowhere, words.right, words.apart):
            assert "{address}" in text, language


async def test_an_owner_who_wants_no_more_is_sent_no_code(at: Asking) -> None:
    (way,) = await at.desk.run("SELECT id FROM connection WHERE channel = 'email'")
    await at.desk.run(
        "INSERT INTO silenced_address (connection_id, value, at) VALUES (%(id)s, %(value)s, now())",
        id=way["id"],
        value=MAIL.value,
    )
    assert await at.asks(await at.shop.thread()) == EN.sent.format(address=MAIL.value)
    due = await claim_code(at.desk)
    assert due is not None
    assert due.barred


async def test_where_only_whatsapp_reaches_a_number_its_window_must_be_open(at: Asking) -> None:
    brand = at.shop.connection.brand_id
    way = await connect(at.desk, Vault("key"), brand, "whatsapp", "Our WhatsApp", {"a": "b"})
    number = Address(kind="phone", value="+491701234567")
    wrote = await thread_of(at.desk, "phone", number.value)
    for hours, barred in ((None, True), (-1, True), (5, False)):
        if hours is not None:
            await at.desk.run(
                "INSERT INTO contact (connection_id, thread_id, place, identity, window_until, heard_at)"
                " VALUES (%(way)s, %(thread)s, 'chat-7', %(value)s, now() + %(by)s, now())"
                " ON CONFLICT (connection_id, thread_id) DO UPDATE SET window_until = excluded.window_until",
                way=way.id,
                thread=wrote,
                value=number.value,
                by=timedelta(hours=hours),
            )
        told = await at.asks(await at.shop.thread(), number)
        assert told == EN.sent.format(address=number.value), "the same whether or not it goes"
        due = await claim_code(at.desk)
        assert due is not None
        assert due.barred is barred
    assert due.place == "chat-7"


async def test_a_code_goes_with_a_conversation_that_is_joined_meanwhile(at: Asking) -> None:
    chat, other = await at.shop.thread(), await at.shop.thread()
    await at.asks(chat)
    code = await at.code(chat)
    await at.says(other, "Hello")
    people = {
        row["id"]: row["customer_id"]
        for row in await at.desk.run("SELECT id, customer_id FROM thread")
    }
    await join(at.desk, people[other], people[chat], at.shop.ben)
    assert await at.says(other, code) == RIGHT
    assert await at.owner() == other
    assert code not in " ".join(
        one.text for one in (await messages_before(at.desk, other, None))[0]
    )
