"""A code by mail, from a real SMTP server to the page and back, and whom it proves nothing of."""

import re
from email.message import EmailMessage

import httpx

from shopbell.desk.elsewhere.commands import leave_address
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.facts import Matched, write_message
from shopbell.desk.inbound.types import Fact, Sender
from shopbell.desk.verification.words import WORDS
from tests.channels.conftest import Line
from tests.channels.mailing import FAILED, USER, forward, forwarded, mail, post, quiet_server, sent
from tests.desk.conftest import Shop, shop
from tests.jobs.conftest import answered, rows, until
from tests.peers.smtp import Post
from tests.server.live import Socket

__all__ = ["forwarded", "post", "shop"]

pytestmark = quiet_server

MIA = "mia@mail.example"
EN = WORDS["en"]


async def asks(forwarded: Line, token: str) -> None:
    """The page asks for a code to Mia's address."""
    async with httpx.AsyncClient(base_url=forwarded.served.url) as http:
        given = await http.post(
            "/api/widget/codes",
            json={"id": str(uuid7()), "address": "Mia@Mail.example"},
            headers={"authorization": f"Bearer {token}"},
        )
    assert given.status_code == 200, given.text
    assert given.json()["message"]["text"] == EN.sent.format(address=MIA)


async def code_in(post: Post, count: int) -> tuple[EmailMessage, str]:
    """The newest mail once there are so many, and the code in it."""

    async def came() -> bool:
        return len(post.mails) == count

    await until(came)
    made = post.mails[-1]
    body = made.get_body(("plain",))
    assert body is not None
    found = re.search(r"\b\d{6}\b", body.get_content())
    assert found is not None
    return made, found[0]


async def hears(socket: Socket, text: str) -> None:
    await socket.event(lambda one: "message" in one and one["message"]["text"] == text)


async def test_a_code_by_mail_joins_the_page_with_the_mails(forwarded: Line, post: Post) -> None:
    forwarded.mind.give(answered("It does not."))
    assert await forward(forwarded, mail("Does it run small?")) == 200
    await sent(forwarded, post)
    token = (await forwarded.served.visitor())["token"]
    async with forwarded.served.shopper(token) as page:
        await asks(forwarded, token)
        made, code = await code_in(post, 2)
        assert made["To"] == MIA
        assert made["In-Reply-To"] is None
        await page.tell(type="send", draft={"id": str(uuid7()), "text": f"The code is {code}"})
        await hears(page, EN.right.format(address=MIA))
    (customer,) = await rows(
        forwarded.desk, "SELECT count(*) AS n FROM customer WHERE merged_into IS NULL"
    )
    assert customer["n"] == 1
    said = [one["text"] for one in await forwarded.messages()]
    assert said[:2] == ["Does it run small?", "It does not."]
    assert code not in "".join(said)


async def test_the_owner_who_answers_such_a_mail_proves_nothing(
    forwarded: Line, post: Post
) -> None:
    forwarded.mind.give(answered("Do not mind it."), answered("Nor this."))
    token = (await forwarded.served.visitor())["token"]
    await asks(forwarded, token)
    made, code = await code_in(post, 1)
    answer = mail(
        f"What is this?\n\n> {code}",
        In_Reply_To=made["Message-ID"],
        References=made["Message-ID"],
        To=str(made["Reply-To"] or USER),
    )
    assert await forward(forwarded, answer) == 200
    assert await forward(forwarded, mail(f"I mean {code}", results=FAILED)) == 200
    await until(lambda: _both(forwarded))
    assert (
        await rows(forwarded.desk, "SELECT 1 FROM verification WHERE proved_at IS NOT NULL") == []
    )
    assert await rows(forwarded.desk, "SELECT 1 FROM customer_join") == []


async def test_who_is_in_copy_or_only_left_an_address_proves_nothing(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    served = forwarded.served
    token = (await served.visitor())["token"]
    async with served.shopper(token) as page:
        thread = (await served.say(page, "Hello?"))["message"]["id"]
        await asks(forwarded, token)
        _, code = await code_in(post, 1)
        (row,) = await rows(forwarded.desk, "SELECT thread_id FROM message WHERE id = %s", thread)
        address = Address(kind="email", value=MIA)
        await leave_address(
            forwarded.desk, row["thread_id"], address, forwarded.connection.id, "Yes"
        )
        in_copy = Matched(thread_id=row["thread_id"], stranger=True)
        left = Matched(thread_id=row["thread_id"], claimed=True, because="Unproven.")
        for matched in (in_copy, left):
            fact = Fact(
                kind="message",
                external_id=str(uuid7()),
                sender=Sender(kind="email", value=MIA),
                text=f"It says {code}",
            )
            await write_message(forwarded.desk, forwarded.connection, fact, matched=matched)
        assert await rows(forwarded.desk, "SELECT wrong FROM verification") == [{"wrong": 0}]
        await page.tell(type="send", draft={"id": str(uuid7()), "text": code})
        await hears(page, EN.right.format(address=MIA))


async def _both(forwarded: Line) -> bool:
    found = await rows(forwarded.desk, "SELECT 1 FROM message WHERE author_kind = 'customer'")
    return len(found) == 2
