"""Web chat goes on elsewhere: an address left on the page, replies that were missed, and answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from shopbell.demo.peers.sms import TwilioPeer
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.elsewhere.addresses import address_in, veiled
from shopbell.desk.elsewhere.commands import send_on
from shopbell.desk.elsewhere.reads import due
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.errors import Invalid
from shopbell.desk.identities.joining import join_customers
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.messages.types import Citation, Draft
from shopbell.desk.tickets.types import Suggestion
from shopbell.jobs.sweeping import sweep_work
from tests.channels.conftest import Line
from tests.channels.mailing import forward, forwarded, mail, post, quiet_server
from tests.channels.test_sms import peer, sms
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows, until
from tests.peers.smtp import Post
from tests.server.live import WIDGET_KEY

__all__ = ["forwarded", "peer", "post", "sms"]

pytestmark = quiet_server

CONSENT = "Send me replies that I miss here."
PHONE, MAIL = "+491701234567", "mia@mail.example"


class Page:
    """A shopper's page, over HTTP."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.token = ""

    async def session(self) -> dict[str, Any]:
        body = {"key": WIDGET_KEY, "token": self.token or None}
        told = (await self.http.post("/api/widget/session", json=body)).json()
        self.token = told["token"]
        return told

    async def ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        bearer = {"authorization": f"Bearer {self.token}"}
        given = body or None
        return await self.http.request(method, f"/api/widget/{path}", headers=bearer, json=given)

    async def leave(self, address: str) -> httpx.Response:
        return await self.ask("POST", "address", address=address, consent=CONSENT)

    async def texts(self) -> list[str]:
        return [one["text"] for one in (await self.ask("GET", "messages")).json()["messages"]]


@pytest.fixture
async def page(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A page on which Mia has asked for a person, at the line that the test also takes."""
    held: Line = request.getfixturevalue("sms" if "sms" in request.fixturenames else "forwarded")
    await rows(held.desk, "UPDATE connection SET answer_mode = 'off' RETURNING id")
    async with httpx.AsyncClient(base_url=held.served.url) as http:
        page = Page(http)
        await page.session()
        assert (await page.ask("POST", "messages", id=str(uuid7()), text="Hello?")).is_success
        assert (await page.ask("POST", "ask-person", id=str(uuid7()))).is_success
        yield page


async def ticket_of(of: Line) -> Any:
    (ticket, *_) = await rows(of.desk, "SELECT * FROM ticket ORDER BY created_at LIMIT 1")
    return ticket


async def answer(of: Line, shop: Shop, words: str) -> Any:
    ticket = await ticket_of(of)
    draft = Draft(id=uuid7(), text=words)
    return (await reply(of.room.desk, ticket["id"], shop.ben, draft, take_on_purpose=True)).message


async def pass_time(of: Line) -> None:
    """As if the time for reading on the page were over."""
    await rows(of.desk, "UPDATE unseen_reply SET due_at = now() RETURNING 1")
    await sweep_work(of.room)

    async def is_over() -> bool:
        return not await due(of.desk, 1)

    await until(is_over)


async def went(of: Line, text: str, state: str | None = "sent") -> Any:
    async def is_so() -> bool:
        found = [one for one in await of.messages() if one["text"] == text]
        return bool(found) and found[0]["sent_state"] == state

    await until(is_so)
    return next(one for one in await of.messages() if one["text"] == text)


async def test_a_missed_reply_goes_by_text_and_the_answer_comes_to_the_same_thread(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    assert (await page.session())["elsewhere"] == ["phone"]
    left = await page.leave("0170 1234567")
    assert left.status_code == 422, "a number without its country"
    left = await page.leave("+49 170 1234567")
    assert left.json() == {"left": "+49 ••• 67"}
    assert (await page.session())["left"] == "+49 ••• 67"
    (agreed,) = await rows(sms.desk, "SELECT consent, agreed_at FROM left_address")
    assert agreed["consent"] == CONSENT

    await answer(sms, shop, "It is in the window.")
    (waits,) = await rows(sms.desk, "SELECT due_at - now() AS left FROM unseen_reply")
    assert timedelta(seconds=90) < waits["left"] <= timedelta(minutes=2)
    await sweep_work(sms.room)
    assert peer.texts == []
    await pass_time(sms)

    message = await went(sms, "It is in the window.")
    assert message["channel"] == "sms"
    (text,) = peer.texts
    assert text.startswith("It is in the window.\n\nYou left this address in our chat.")
    assert "STOP" in text

    await peer.text("Keep it for me!", "SMback")
    written = await went(sms, "Keep it for me!", None)
    assert written["thread_id"] == message["thread_id"]
    ticket = await ticket_of(sms)
    assert (ticket["control"], ticket["channel"]) == ("agents", "sms")
    assert await page.texts() == [
        "Hello?",
        (await page.texts())[1],
        "It is in the window.",
        "Keep it for me!",
    ]
    assert sms.mind.contexts == []
    (identity,) = await rows(sms.desk, "SELECT verified_at FROM identity WHERE kind = 'phone'")
    assert identity["verified_at"] is None

    await answer(sms, shop, "We will.")
    await went(sms, "We will.")
    assert peer.texts[1].startswith("We will.")


async def test_what_is_read_on_the_page_stays_there(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    await page.leave(PHONE)
    message = await answer(sms, shop, "Yes.")
    await page.ask("POST", "read", seq=message.seq)
    await pass_time(sms)
    assert await rows(sms.desk, "SELECT * FROM unseen_reply") == []
    assert (await went(sms, "Yes."))["channel"] == "webchat"

    await page.ask("DELETE", "address")
    await answer(sms, shop, "And in red.")
    assert await rows(sms.desk, "SELECT * FROM unseen_reply") == []
    assert (await page.session())["left"] == ""
    assert peer.texts == []


async def test_however_often_it_is_swept_it_goes_once(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    await page.leave(PHONE)
    message = await answer(sms, shop, "Yes.")

    went_on = await asyncio.gather(*(send_on(sms.room.desk, message.id) for _ in range(8)))

    assert sorted(went_on) == [False] * 7 + [True]
    await went(sms, "Yes.")
    assert peer.posts == 1


async def test_stop_is_for_good_whoever_leaves_the_address_again(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    await page.leave(PHONE)
    await answer(sms, shop, "Yes.")
    await pass_time(sms)
    await went(sms, "Yes.")

    await peer.text("STOP", "SMstop")
    await until(lambda: rows(sms.desk, "SELECT 1 FROM silenced_address"))
    await answer(sms, shop, "And in red.")
    await pass_time(sms)

    assert (await went(sms, "And in red."))["channel"] == "webchat"
    again = await page.leave(PHONE)
    assert again.status_code == 422
    assert "wants no messages" in again.json()["title"]
    assert peer.posts == 1


async def test_a_text_without_a_reply_before_it_is_its_senders_own(
    sms: Line, page: Page, peer: TwilioPeer
) -> None:
    await page.leave(PHONE)

    await peer.text("Who are you?", "SMown")

    written = await went(sms, "Who are you?", None)
    assert written["thread_id"] != (await ticket_of(sms))["thread_id"]
    assert await page.texts() == [(await page.texts())[0], (await page.texts())[1]]


async def test_a_number_of_somebody_known_writes_in_its_own_thread_whoever_left_it(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    await peer.text("My parcel is at 7 Mill Lane", "SMbefore")
    own = (await went(sms, "My parcel is at 7 Mill Lane", None))["thread_id"]
    await page.leave(PHONE)
    (ticket,) = await rows(sms.desk, "SELECT id FROM ticket WHERE thread_id <> %s", own)
    draft = Draft(id=uuid7(), text="It is in the window.")
    await reply(sms.room.desk, ticket["id"], shop.ben, draft, take_on_purpose=True)
    await pass_time(sms)
    await went(sms, "It is in the window.")

    await peer.text("And my name is Mia", "SMafter")

    assert (await went(sms, "And my name is Mia", None))["thread_id"] == own
    assert "And my name is Mia" not in await page.texts()


async def test_a_missed_reply_goes_by_mail_and_the_answer_goes_to_people(
    forwarded: Line, page: Page, post: Post, shop: Shop
) -> None:
    assert (await page.session())["elsewhere"] == ["email"]
    assert (await page.leave("Mia@Mail.example")).json() == {"left": "m•••@mail.example"}
    await answer(forwarded, shop, "It is in the window.")
    await pass_time(forwarded)
    await went(forwarded, "It is in the window.")
    (sent,) = post.mails
    assert sent["To"] == MAIL
    assert "You left this address in our chat." in str(sent.get_body(("plain",)))
    ticket = await ticket_of(forwarded)
    await rows(forwarded.desk, "UPDATE connection SET answer_mode = 'first' RETURNING id")
    await rows(forwarded.desk, "UPDATE ticket SET control = 'assistant' RETURNING id")

    back = mail("Keep it!", To=str(sent["Reply-To"]), In_Reply_To=str(sent["Message-ID"]))
    assert await forward(forwarded, back) == 200
    written = await went(forwarded, "Keep it!", None)

    assert written["thread_id"] == ticket["thread_id"]
    ticket = await ticket_of(forwarded)
    assert (ticket["control"], ticket["channel"]) == ("agents", "email")
    assert "nobody has proven" in ticket["handoff"]["summary"]
    assert forwarded.mind.contexts == []

    stop = mail("Stop.", To=str(sent["Reply-To"]), In_Reply_To=str(sent["Message-ID"]))
    assert await forward(forwarded, stop) == 200
    await until(lambda: rows(forwarded.desk, "SELECT 1 FROM silenced_address"))
    assert "Stop." not in await page.texts()


async def test_orders_go_to_no_address_that_nobody_has_proven(
    forwarded: Line, page: Page, post: Post, shop: Shop
) -> None:
    await page.leave(MAIL)
    cited = (Citation(title="WF-1001", kind="order"),)
    suggestion = Suggestion(text="Order WF-1001 left.", citations=cited, at=shop.desk.now())
    ticket = await ticket_of(forwarded)
    async with forwarded.desk.pool.connection() as connection:
        await connection.execute(
            "UPDATE ticket SET suggestion = %s::jsonb WHERE id = %s",
            (msgspec.json.encode(suggestion).decode(), ticket["id"]),
        )
    await answer(forwarded, shop, "Order WF-1001 left.")
    await pass_time(forwarded)
    assert (await went(forwarded, "Order WF-1001 left."))["channel"] == "webchat"
    assert post.mails == []
    assert await rows(forwarded.desk, "SELECT * FROM unseen_reply") == []

    async with forwarded.desk.pool.connection() as connection:
        await connection.execute(
            "UPDATE ticket SET suggestion = %s::jsonb WHERE id = %s",
            (msgspec.json.encode(suggestion).decode(), ticket["id"]),
        )
    draft = Draft(id=uuid7(), text="Order WF-1001 left.")
    by = forwarded.connection.id
    with pytest.raises(Unreachable, match="Nobody has proven"):
        await reply(forwarded.room.desk, ticket["id"], shop.ben, draft, by=by)


async def test_an_address_that_is_proven_meanwhile_is_as_good_as_any(
    forwarded: Line, page: Page, post: Post, shop: Shop
) -> None:
    await page.leave(MAIL)
    await rows(
        forwarded.desk, "UPDATE identity SET verified_at = now() WHERE kind = 'email' RETURNING 1"
    )
    await answer(forwarded, shop, "Yes.")
    await pass_time(forwarded)
    await went(forwarded, "Yes.")
    assert "You left this address" not in str(post.mails[0].get_body(("plain",)))


async def test_who_turns_out_to_be_somebody_is_not_that_by_an_address_they_only_left(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    await page.leave(PHONE)
    waiting = await answer(sms, shop, "Yes.")
    (mia,) = await rows(sms.desk, "SELECT customer_id AS id FROM ticket")
    known = await thread_of(sms.desk, "email", MAIL)
    (owner,) = await rows(sms.desk, "SELECT customer_id AS id FROM thread WHERE id = %s", known)

    await join_customers(sms.desk, mia["id"], owner["id"], "shop")

    assert not await send_on(sms.room.desk, waiting.id)
    (contact,) = await rows(sms.desk, "SELECT claimed FROM contact WHERE thread_id = %s", known)
    assert contact["claimed"]
    await peer.text("Who is this?", "SMnew")
    written = await went(sms, "Who is this?", None)
    assert written["thread_id"] != known


async def test_a_proven_address_goes_on_with_whoever_it_is_joined_to(
    sms: Line, page: Page, peer: TwilioPeer, shop: Shop
) -> None:
    await page.leave(PHONE)
    waiting = await answer(sms, shop, "Yes.")
    await rows(sms.desk, "UPDATE identity SET verified_at = now() WHERE kind = 'phone' RETURNING 1")
    (mia,) = await rows(sms.desk, "SELECT customer_id AS id FROM ticket")
    known = await thread_of(sms.desk, "email", MAIL)
    (owner,) = await rows(sms.desk, "SELECT customer_id AS id FROM thread WHERE id = %s", known)

    await join_customers(sms.desk, mia["id"], owner["id"], "code")

    assert await send_on(sms.room.desk, waiting.id)
    await went(sms, "Yes.")
    assert peer.texts == ["Yes."]


async def test_no_address_on_the_page_takes_the_place_of_a_proven_one(
    sms: Line, page: Page, peer: TwilioPeer
) -> None:
    ticket = await ticket_of(sms)
    await rows(
        sms.desk,
        "INSERT INTO contact (connection_id, thread_id, place, identity, heard_at)"
        " VALUES (%s, %s, %s, %s, now()) RETURNING 1",
        *(sms.connection.id, ticket["thread_id"], "+447911123456", "+447911123456"),
    )

    refused = await page.leave(PHONE)
    taken = await page.leave("+44 7911 123456")

    assert (refused.status_code, taken.status_code) == (422, 200)
    (contact,) = await rows(sms.desk, "SELECT identity, claimed FROM contact")
    assert contact == {"identity": "+447911123456", "claimed": False}


async def test_one_chat_cannot_write_to_many(sms: Line, page: Page) -> None:
    answers = [(await page.leave(f"+4917012345{n:02}")).status_code for n in range(10, 17)]
    assert answers == [200] * 5 + [429] * 2


@pytest.mark.parametrize(
    ("typed", "country", "found"),
    [
        (" Mia@Mail.Example ", "", Address(kind="email", value="mia@mail.example")),
        ("0170 1234567", "DE", Address(kind="phone", value="+491701234567")),
        ("+44 7911 123456", "DE", Address(kind="phone", value="+447911123456")),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, country: str, found: Address) -> None:
    assert address_in(typed, country) == found
    assert found.value not in veiled(found)


@pytest.mark.parametrize(
    "typed", ["", "mia", "mia@", "mia@mail", "a b@mail.example", "<x@y.zz>", "12", "+49", "a@b.c\n"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        address_in(typed)
