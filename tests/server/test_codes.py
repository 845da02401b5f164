"""The shopper's door to one-time codes, asked as the widget asks."""

from datetime import timedelta
from typing import Any

import pytest

from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.vault import Vault
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.verification.codes import HIDDEN, Codes
from tests.server.conftest import Chat, Door, door

__all__ = ["door"]

MAIL = "mia@mail.example"


@pytest.fixture
async def mailed(door: Door) -> Door:
    """A shop with a mailbox, to which Mia has written."""
    shop = door.shop
    brand = shop.connection.brand_id
    await connect(shop.desk, Vault("key"), brand, "email", "Post", {"password": "x"})
    thread = await thread_of(shop.desk, "email", MAIL, name="Mia")
    await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text="By mail"))
    return door


async def asks(chat: Chat, address: str = MAIL, name: str = "") -> Any:
    body = {"id": name or str(uuid7()), "address": address}
    return await chat.ask("POST", "/api/widget/codes", json=body)


async def code_of(door: Door) -> str:
    (row,) = await door.sql("SELECT id FROM verification ORDER BY asked_at DESC LIMIT 1")
    return Codes(door.settings.secret_key).code_of(row["id"])


async def test_who_writes_the_code_back_sees_what_they_wrote_by_mail_for_a_day(
    mailed: Door,
) -> None:
    chat = await mailed.chat()
    given = await asks(chat)
    assert given.status_code == 200
    assert MAIL in given.json()["message"]["text"]
    assert await chat.texts() == [given.json()["message"]["text"]]
    code = await code_of(mailed)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for text in (wrong, f"Sorry, {code}"):
        assert (await chat.say(text)).json()["message"]["text"] == text.replace(text[-6:], HIDDEN)
    texts = await chat.texts()
    assert texts[0] == "By mail"
    assert texts[-1].startswith("Thank you, that is right.")
    assert not any(one in "".join(texts) for one in (code, wrong))
    await mailed.sql(
        "UPDATE identity SET verified_at = verified_at - %s WHERE kind = 'visitor'",
        timedelta(hours=25),
    )
    assert (await chat.ask("GET", "/api/widget/messages")).status_code == 401
    assert (await chat.open(token=chat.token)).status_code == 401


async def test_asking_again_under_the_same_id_asks_once(mailed: Door) -> None:
    chat, name = await mailed.chat(), str(uuid7())
    given = [(await asks(chat, name=name)).json()["message"] for _ in range(3)]
    assert given[0] == given[1] == given[2]
    (row,) = await mailed.sql("SELECT count(*) AS n FROM verification")
    assert row["n"] == 1


async def test_what_is_no_address_is_refused_with_words(mailed: Door) -> None:
    chat = await mailed.chat()
    for wrong in ("mia", "mia@", "12", "@example.com", "a b@example.com"):
        answer = await asks(chat, wrong)
        assert (answer.status_code, answer.json()["type"]) == (422, "invalid"), wrong
    (row,) = await mailed.sql("SELECT count(*) AS n FROM verification")
    assert row["n"] == 0


async def test_a_known_address_and_an_unknown_one_are_answered_alike(mailed: Door) -> None:
    answers: list[tuple[int, str, dict[str, Any]]] = []
    for address in (MAIL, "nobody@mail.example"):
        given = await asks(await mailed.chat(), address)
        message = given.json()["message"]
        text = message.pop("text").replace(address, "X")
        for one in ("id", "at"):
            message.pop(one)
        answers.append((given.status_code, text, message))
    assert answers[0] == answers[1]
