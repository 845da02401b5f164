"""One customer across channels: by a number that platforms vouch for, and by a code."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import msgspec
import pytest
from standardwebhooks import Webhook

from shopbell.assistant.turn import think
from shopbell.demo.peers.graph import SECRETS, graph
from shopbell.demo.peers.http_shop import SECRET, HttpShop, http_shop
from shopbell.demo.peers.sms import ACCOUNT, NUMBER, TOKEN, TwilioPeer, twilio_peer
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.identities.commands import join, undo
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.verification.codes import HIDDEN
from shopbell.desk.verification.words import WORDS
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.test_whatsapp import NUMBER as WHATSAPP
from tests.channels.test_whatsapp import text as whatsapp_text
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

MIA = "+491701234567"
CODE = re.compile(r"\b\d{6}\b")
EN = WORDS["en"]


@pytest.fixture
async def peer() -> AsyncIterator[HttpShop]:
    async with http_shop() as peer:
        yield peer


@pytest.fixture
async def phones() -> AsyncIterator[TwilioPeer]:
    async with twilio_peer() as peer:
        yield peer


@pytest.fixture
async def custom(
    settings: Settings, shop: Shop, peer: HttpShop, phones: TwilioPeer
) -> AsyncIterator[Line]:
    """A custom channel whose turns are really thought, beside a number for text messages."""
    endpoint = ConnectionSettings(endpoint=peer.url)
    async with line(
        settings, shop, "http", {"secret": SECRET}, connection_settings=endpoint
    ) as custom:
        texts = await texting(settings, shop, phones)
        phones.hook = f"{custom.served.url}/hooks/{texts.id}"
        custom.room.think = think
        yield custom


async def texting(settings: Settings, shop: Shop, phones: TwilioPeer) -> Connection:
    return await connect(
        shop.desk,
        Vault(settings.secret_key),
        shop.connection.brand_id,
        "sms",
        "Our number",
        {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": NUMBER},
        account=NUMBER,
        settings=ConnectionSettings(base_url=phones.url),
    )


async def writes(custom: Line, text: str) -> None:
    """The shopper of the custom channel writes."""
    sender = {"id": "c-7", "name": "Mia"}
    event = {
        "type": "message.created",
        "data": {"from": sender, "id": uuid4().hex, "text": text},
    }
    body, at, key = msgspec.json.encode(event), datetime.now(UTC), f"msg_{uuid4().hex}"
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(key, at, body.decode()),
    }
    assert (await custom.post(body, headers)).status_code == 200


async def told(custom: Line, peer: HttpShop, *texts: str) -> None:
    """Wait until the shopper was sent these, in order."""

    async def check() -> bool:
        sent = [one["data"]["text"] for one in peer.taken.values()]
        return sent == list(texts)

    await until(check)


async def test_a_code_by_text_joins_what_was_written_by_text(
    custom: Line, peer: HttpShop, phones: TwilioPeer
) -> None:
    custom.mind.give(answered("Yes."))
    custom.room.think = custom.mind.think
    await phones.text("By text: where is it?", "SMin1")
    await until(lambda: _count(custom, "message WHERE author_kind = 'assistant'", 1))
    custom.room.think = think

    await writes(custom, "I also texted you")
    which = "Which address did you write from? Tell me the e-mail address or the phone number, and I'll send a code there."
    await told(custom, peer, which)
    await writes(custom, MIA)
    sent = EN.sent.format(address=MIA)
    await told(custom, peer, which, sent)
    await until(lambda: _holds(lambda: len(phones.texts) == 2))
    code = _code(phones)
    assert phones.texts[-1] == EN.code.format(code=code, brand="Wetherfold")
    await writes(custom, f"It is {code}")
    await told(custom, peer, which, sent, EN.right.format(address=MIA))

    said = await custom.messages()
    assert {one["thread_id"] for one in said} == {said[0]["thread_id"]}
    assert said[0]["text"] == "By text: where is it?"
    assert f"It is {HIDDEN}" in [one["text"] for one in said]
    for table in ("message", "event", "outbox", "turn", "ticket"):
        assert not await rows(
            custom.desk,
            f"SELECT 1 FROM {table} t WHERE t::text ~ %s",
            f"[^0-9a-f-]{code}[^0-9a-f-]",
        )
    by_text = await rows(custom.desk, "SELECT id FROM ticket WHERE channel = 'sms'")
    ben = custom.served.shop.ben
    await reply(custom.desk, by_text[0]["id"], ben, Draft(id=uuid7(), text="Tomorrow, Mia."))
    await until(lambda: _holds(lambda: phones.texts[-1] == "Tomorrow, Mia."))

    (joined,) = await rows(custom.desk, "SELECT id FROM customer_join")
    await undo(custom.desk, joined["id"], ben)
    await reply(custom.desk, by_text[0]["id"], ben, Draft(id=uuid7(), text="Still tomorrow."))
    await until(lambda: _holds(lambda: phones.texts[-1] == "Still tomorrow."))


async def test_a_code_that_is_delivered_leaves_no_payload_unread(
    custom: Line, peer: HttpShop, phones: TwilioPeer
) -> None:
    await writes(custom, f"I also texted you from {MIA}")
    await until(lambda: _holds(lambda: len(phones.texts) == 1))
    await until(lambda: _count(custom, "verification WHERE status = 'sent'", 1))
    assert (await phones.progress(0, "delivered")).status_code == 200
    assert await custom.payload_states() == ["done", "done"]


async def test_who_gets_a_code_that_another_asked_for_proves_nothing_by_asking_what_it_is(
    custom: Line, peer: HttpShop, phones: TwilioPeer
) -> None:
    await writes(custom, f"I also texted you from {MIA}")
    await until(lambda: _holds(lambda: len(phones.texts) == 1))
    code = _code(phones)
    custom.room.think = custom.mind.think
    custom.mind.give(answered("Do not mind it."))
    await phones.text(f"What is {code}? I asked for nothing", "SMin2")
    await until(lambda: _count(custom, "message WHERE author_kind = 'assistant'", 2))
    assert await rows(custom.desk, "SELECT 1 FROM customer_join") == []
    assert await rows(custom.desk, "SELECT 1 FROM verification WHERE proved_at IS NOT NULL") == []


async def test_what_is_written_while_customers_are_joined_and_parted_is_not_lost(
    custom: Line, phones: TwilioPeer
) -> None:
    custom.room.think = custom.mind.think
    custom.mind.give(*(answered("Yes.") for _ in range(20)))
    await phones.text("By text", "SMin1")
    await writes(custom, "0")
    people = await rows(custom.desk, "SELECT id FROM customer ORDER BY created_at")
    former, into = (row["id"] for row in people)
    ben = custom.served.shop.ben

    async def there_and_back() -> None:
        for _ in range(3):
            await join(custom.desk, into, former, ben)
            (joined,) = await rows(
                custom.desk, "SELECT id FROM customer_join WHERE undone_at IS NULL"
            )
            await undo(custom.desk, joined["id"], ben)
        await join(custom.desk, into, former, ben)

    texts = [phones.text(f"text {n}", f"SMmore{n}") for n in range(6)]
    await asyncio.gather(*(writes(custom, f"{n}") for n in range(1, 7)), there_and_back(), *texts)
    await until(lambda: _count(custom, "message WHERE author_kind = 'customer'", 14))
    (misplaced,) = await rows(
        custom.desk,
        "SELECT count(*) AS n FROM message m JOIN ticket k ON k.id = m.ticket_id"
        " JOIN thread t ON t.id = m.thread_id JOIN customer c ON c.id = t.customer_id"
        " WHERE k.thread_id <> m.thread_id OR c.merged_into IS NOT NULL",
    )
    assert misplaced["n"] == 0


async def test_whatsapp_and_text_messages_of_one_number_are_one_customer(
    settings: Settings, shop: Shop, phones: TwilioPeer
) -> None:
    async with (
        graph() as whatsapp,
        line(
            settings,
            shop,
            "whatsapp",
            {**SECRETS, "phone_number_id": WHATSAPP, "business_account_id": "waba"},
            account=WHATSAPP,
            connection_settings=ConnectionSettings(base_url=whatsapp.url),
        ) as wa,
    ):
        whatsapp.people.add(MIA[1:])
        texts = await texting(settings, shop, phones)
        phones.hook = f"{wa.served.url}/hooks/{texts.id}"
        wa.mind.give(answered("First."), answered("Second."))
        await whatsapp.tell(wa.hook, _from(whatsapp_text("By WhatsApp"), MIA[1:]))
        await until(lambda: _holds(lambda: len(whatsapp.taken) == 1))
        await phones.text("By text", "SMin1")
        await until(lambda: _holds(lambda: phones.texts == ["Second."]))
        assert [one["text"] for one in await wa.messages()] == [
            "By WhatsApp",
            "First.",
            "By text",
            "Second.",
        ]
        (customer,) = await rows(wa.desk, "SELECT count(*) AS n FROM customer")
        (known,) = await rows(wa.desk, "SELECT kind, value, verified_by FROM identity")
        assert customer["n"] == 1
        assert tuple(known.values()) == ("phone", MIA, "channel")


def _from(payload: dict[str, Any], number: str) -> dict[str, Any]:
    """The same payload from another number."""
    text = msgspec.json.encode(payload).decode().replace("16505551234", number)
    return cast("dict[str, Any]", msgspec.json.decode(text))


def _code(phones: TwilioPeer) -> str:
    found = CODE.search(phones.texts[-1])
    assert found is not None
    return found[0]


async def _count(custom: Line, table: str, n: int) -> bool:
    (row,) = await rows(custom.desk, f"SELECT count(*) AS n FROM {table}")
    return row["n"] == n


async def _holds(condition: Callable[[], bool]) -> bool:
    return condition()
