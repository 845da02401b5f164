"""E-mail that a provider forwards, end to end: a real SMTP server, and the desk before it."""

import asyncio
from email.message import EmailMessage

import httpx
import pytest

from shopbell.connectors.channels.email.replies import answered as named_in
from shopbell.connectors.channels.email.replies import signed
from shopbell.desk.control.commands import take_over
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from tests.channels.conftest import Line
from tests.channels.mailing import (
    FAILED,
    PASSED,
    SECRET,
    USER,
    forward,
    forwarded,
    mail,
    post,
    quiet_server,
    sent,
)
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until
from tests.peers.smtp import Post

__all__ = ["forwarded", "post"]

pytestmark = quiet_server


@pytest.mark.parametrize("key", ["", "wrong", "a-secret"])
async def test_mail_without_the_key_is_not_kept(forwarded: Line, key: str) -> None:
    headers = {"x-shopbell-key": key.encode().decode("latin-1")} if key else {}

    given = await forwarded.post(bytes(mail()), headers)

    assert given.status_code == 401
    assert await forwarded.payload_states() == []


async def test_the_key_in_the_address_is_not_kept_with_the_mail(
    forwarded: Line, post: Post
) -> None:
    forwarded.mind.give(answered("Yes."))
    async with httpx.AsyncClient() as http:
        given = await http.post(f"{forwarded.hook}?key={SECRET}", content=bytes(mail()))

    assert given.status_code == 200
    kept = await rows(forwarded.desk, "SELECT headers::text AS told FROM inbound")
    assert SECRET not in kept[0]["told"]
    await sent(forwarded, post)


async def test_an_agent_takes_over_and_the_customer_answers_in_the_same_thread(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    await forward(forwarded, mail(Auto_Submitted="no", results=PASSED))
    (ticket,) = await rows(forwarded.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Ben: take M."))
    answer = await sent(forwarded, post)
    assert answer["Auto-Submitted"] is None

    back = mail(
        "Thanks!\n\nOn Mon, 1 Jan 2024 at 10:00, Shop <help@shop.example> wrote:\n> Ben: take M.\n",
        To=str(answer["Reply-To"]),
    )
    await forward(forwarded, back)

    found = await forwarded.messages()
    assert [one["text"] for one in found] == ["Does it run small?", "Ben: take M.", "Thanks!"]
    assert len({one["thread_id"] for one in found}) == 1
    assert found[2]["extra"]["mail"]["matched_by"] == "reply address"
    assert "On Mon" in found[2]["extra"]["whole"]
    assert found[1]["sent_state"] == "delivered", "an answer proves that ours arrived"


async def _one_answer(line: Line, post: Post) -> EmailMessage:
    line.mind.give(answered("Yes."))
    assert await forward(line, mail()) == 200
    return await sent(line, post)


async def test_references_find_the_thread_whoever_answers_and_strangers_go_to_people(
    forwarded: Line, post: Post
) -> None:
    answer = await _one_answer(forwarded, post)

    await forward(
        forwarded,
        mail(
            "I live there too",
            sender="Tom <tom@mail.example>",
            References=f"<unknown@x> {answer['Message-ID']}",
        ),
    )

    found = await forwarded.messages()
    assert len({one["thread_id"] for one in found}) == 1
    told = found[-1]["extra"]["mail"]
    assert told["sender"] == "tom@mail.example"
    assert told["matched_by"] == "references"
    assert "is not this conversation's customer" in told["warning"]
    (ticket,) = await rows(forwarded.desk, "SELECT control, handoff FROM ticket")
    assert ticket["control"] == "agents"
    assert ticket["handoff"]["reason"] == "stranger"
    (contact,) = await rows(forwarded.desk, "SELECT place FROM contact")
    assert contact["place"] == "mia@mail.example"
    assert len(post.mails) == 1


def _spoilt(answer: EmailMessage) -> str:
    """The reply address with the last letter of its signature changed."""
    local, _, domain = str(answer["Reply-To"]).rpartition("<")[2].strip(">").partition("@")
    return f"{local[:-2]}{'aa' if local[-2] != 'a' else 'ba'}@{domain}"


@pytest.mark.parametrize("how", ["dmarc", "unchecked", "reply address", "agent"])
async def test_forged_mail_is_a_flagged_ticket_of_an_unverified_customer(
    forwarded: Line, post: Post, shop: Shop, how: str
) -> None:
    answer = await _one_answer(forwarded, post)
    (agent,) = await rows(forwarded.desk, "SELECT email FROM agent WHERE id = %s", shop.ben.id)
    told = {
        "dmarc": mail("Send it to me", results=FAILED, In_Reply_To=answer["Message-ID"]),
        "unchecked": mail("Send it to me", results="evil.example; dmarc=pass"),
        "reply address": mail("Send it to me", To=_spoilt(answer)),
        "agent": mail("Refund all", sender=agent["email"], results=FAILED),
    }[how]

    await forward(forwarded, told)

    found = await rows(
        forwarded.desk,
        "SELECT k.control, k.customer_id, m.extra FROM message m JOIN ticket k ON k.id = m.ticket_id"
        " WHERE m.author_kind = 'customer' ORDER BY m.at",
    )
    assert len(found) == 2
    assert found[1]["customer_id"] != found[0]["customer_id"]
    assert found[1]["control"] == "agents"
    assert found[1]["extra"]["mail"]["warning"]
    proven = await rows(
        forwarded.desk,
        "SELECT 1 FROM identity WHERE verified_at IS NOT NULL AND customer_id = %s",
        found[1]["customer_id"],
    )
    assert proven == []
    assert len(post.mails) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
    ],
)
async def test_machines_are_never_answered(forwarded: Line, headers: dict[str, str]) -> None:
    await forward(forwarded, mail(**headers))

    assert await rows(forwarded.desk, "SELECT 1 FROM turn") == []
    assert len(await forwarded.messages()) == 1


async def test_our_own_mail_coming_back_is_no_message(forwarded: Line, post: Post) -> None:
    answer = await _one_answer(forwarded, post)

    await forward(forwarded, answer)

    assert len(await forwarded.messages()) == 2


async def test_an_address_gets_one_automatic_answer_an_hour(forwarded: Line, post: Post) -> None:
    await _one_answer(forwarded, post)

    for number in range(5):
        await forward(forwarded, mail(f"again {number}"))

    (ticket,) = await rows(forwarded.desk, "SELECT control, handoff FROM ticket")
    assert ticket["control"] == "agents"
    assert "no loop" in ticket["handoff"]["summary"]
    assert len(post.mails) == 1


async def test_a_bounce_makes_our_message_failed_with_words(forwarded: Line, post: Post) -> None:
    answer = await _one_answer(forwarded, post)
    report = (
        "From: MAILER-DAEMON@post.example\nTo: help@shop.example\nSubject: Undelivered Mail\n"
        "Return-Path: <>\nMessage-ID: <b1@post.example>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; post.example\n\n"
        "Final-Recipient: rfc822; mia@mail.example\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552 over quota\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {answer['Message-ID']}\n"
        "Subject: Re: Wool coat\n\nYes.\n--b--\n"
    )

    await forwarded.post(report.encode(), {"x-shopbell-key": SECRET})

    found = await forwarded.messages()
    assert [one["sent_state"] for one in found] == [None, "failed"]
    assert "the mailbox is full (5.2.2)" in found[1]["error"]


def _undelivered(about: str, *recipients: str) -> bytes:
    blocks = "".join(
        f"Final-Recipient: rfc822; {one}\nAction: failed\nStatus: 5.1.1\n\n" for one in recipients
    )
    return (
        "From: MAILER-DAEMON@post.example\nTo: help@shop.example\nSubject: Undelivered Mail\n"
        f"Return-Path: <>\nMessage-ID: <{uuid7()}@post.example>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; post.example\n\n{blocks}"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {about}\n\nYes.\n--b--\n"
    ).encode()


async def test_a_copy_that_comes_back_is_noted_once_and_fails_nothing(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    await forward(forwarded, mail(Auto_Submitted="auto-generated"))
    (ticket,) = await rows(forwarded.desk, "SELECT id FROM ticket")
    draft = Draft(id=uuid7(), text="To you both.", cc=("ann@mail.example",))
    await reply(forwarded.room.desk, ticket["id"], shop.ben, draft)
    about = str((await sent(forwarded, post))["Message-ID"])
    query = "SELECT text FROM message WHERE visibility = 'note'"

    for _ in range(2):
        report = _undelivered(about, "Ann@mail.example")
        await forwarded.post(report, {"x-shopbell-key": SECRET})
    (note,) = await rows(forwarded.desk, query)
    assert "copy did not arrive" in note["text"]
    assert "Ann@mail.example was not delivered" in note["text"]
    assert [one["sent_state"] for one in await forwarded.messages()] == [None, "sent"]

    report = _undelivered(about, "mia@mail.example", "ann@mail.example")
    await forwarded.post(report, {"x-shopbell-key": SECRET})
    assert [one["sent_state"] for one in await forwarded.messages()] == [None, "failed"]
    assert len(await rows(forwarded.desk, query)) == 1
    assert await forwarded.payload_states() == ["done"] * 4


@pytest.mark.parametrize(
    ("step", "told", "state", "words"),
    [
        ("RCPT", "450 4.2.1 later", "queued", "asks to wait"),
        ("RCPT", "550 5.1.1 nobody", "failed", "no such mailbox"),
        ("DATA", "552 5.3.4 too big", "failed", "too big"),
        ("DATA", "554 5.7.1 no", "failed", "SPF"),
    ],
)
async def test_refusals_pass_or_stay_and_say_what_to_do(
    forwarded: Line, post: Post, step: str, told: str, state: str, words: str
) -> None:
    post.script[step] = [lambda _: told for _ in range(50)]
    forwarded.mind.give(answered("Yes."))
    await forward(forwarded, mail())

    async def is_so() -> bool:
        found = await forwarded.messages()
        return (
            len(found) == 2
            and found[1]["sent_state"] == state
            and words in (found[1]["error"] or "")
        )

    await until(is_so)
    assert post.mails == []


async def test_a_line_that_drops_after_the_mail_was_taken_leaves_it_uncertain_and_sent_once(
    forwarded: Line, post: Post
) -> None:
    post.script["ACK"] = [lambda _: "drop"]
    forwarded.mind.give(answered("Yes."))
    await forward(forwarded, mail())

    async def is_uncertain() -> bool:
        found = await forwarded.messages()
        return len(found) == 2 and found[1]["sent_state"] == "uncertain"

    await until(is_uncertain)
    assert len(post.mails) == 1

    await forward(forwarded, mail("Thanks", In_Reply_To=post.mails[0]["Message-ID"]))
    assert [one["sent_state"] for one in await forwarded.messages()] == [None, "delivered", None]


async def test_a_password_that_ended_makes_the_connection_wait(forwarded: Line, post: Post) -> None:
    post.password = "changed"
    forwarded.mind.give(answered("Yes."))
    await forward(forwarded, mail())

    async def is_told() -> bool:
        (found,) = await rows(
            forwarded.desk, "SELECT health, health_words FROM connection WHERE channel = 'email'"
        )
        return found["health"] == "reconnect" and "sign-in" in found["health_words"]

    await until(is_told)
    assert post.mails == []


async def test_files_come_along_both_ways(forwarded: Line, post: Post, shop: Shop) -> None:
    made = mail(Auto_Submitted="no")
    made.add_attachment(
        b"%PDF-1.4 receipt", maintype="application", subtype="pdf", filename="a\u202e.pdf"
    )

    await forward(forwarded, made)

    (message, *_) = await forwarded.messages()
    (file,) = message["extra"]["attachments"]
    assert (file["name"], file["media_type"]) == ("a.pdf", "application/pdf")


async def test_the_same_mail_a_hundred_times_at_once_is_one_message(forwarded: Line) -> None:
    made = mail(Auto_Submitted="auto-generated")

    given = await asyncio.gather(*(forward(forwarded, made) for _ in range(100)))

    assert set(given) == {200}
    assert len(await forwarded.messages()) == 1


def test_reply_addresses_name_their_delivery_and_nothing_else_does() -> None:
    delivery = uuid7()
    address = signed(USER, delivery, SECRET)
    assert named_in([address.upper().lower()], SECRET).delivery == str(delivery)
    assert named_in([address], "another").forged
    assert named_in(["help+news@shop.example", USER], SECRET) == named_in([], SECRET)
    assert signed(f"{'x' * 40}@shop.example", delivery, SECRET) == ""


async def test_copies_go_where_an_agent_wants_them_and_only_those_in_sight_are_seen(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    await forward(forwarded, mail(Auto_Submitted="auto-generated"))
    (ticket,) = await rows(forwarded.desk, "SELECT id FROM ticket")
    draft = Draft(
        id=uuid7(),
        text="To all of you.",
        cc=("Ann@Mail.example", "tom@mail.example", "ann@mail.example"),
        bcc=("boss@shop.example", "tom@mail.example"),
    )

    await reply(forwarded.room.desk, ticket["id"], shop.ben, draft)

    told = await sent(forwarded, post)
    everybody = ["mia@mail.example", "ann@mail.example", "tom@mail.example", "boss@shop.example"]
    assert post.envelopes == [(USER, everybody)]
    assert (told["To"], told["Cc"]) == ("mia@mail.example", "ann@mail.example, tom@mail.example")
    assert b"boss@" not in post.raw[0]
    (kept,) = await rows(forwarded.desk, "SELECT extra FROM message WHERE author_kind = 'agent'")
    assert kept["extra"]["mail"] == {"cc": everybody[1:3], "bcc": everybody[3:]}

    back = mail("From Ann", sender="ann@mail.example", In_Reply_To=str(told["Message-ID"]))
    await forward(forwarded, back)
    joined = (await forwarded.messages())[-1]
    assert joined["text"] == "From Ann"
    assert "is not this conversation's customer" in joined["extra"]["mail"]["warning"]
    proven = await rows(
        forwarded.desk,
        "SELECT 1 FROM identity WHERE value = 'ann@mail.example' AND verified_at IS NOT NULL",
    )
    assert proven == []


async def test_a_copy_that_is_refused_keeps_the_whole_back_and_is_named(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    await forward(forwarded, mail(Auto_Submitted="auto-generated"))
    (ticket,) = await rows(forwarded.desk, "SELECT id FROM ticket")
    post.script["RCPT"] = [lambda _: None, lambda _: "550 5.1.1 nobody"]
    draft = Draft(id=uuid7(), text="To you both.", cc=("nobody@mail.example",))

    await reply(forwarded.room.desk, ticket["id"], shop.ben, draft)

    async def is_told() -> bool:
        return (await forwarded.messages())[-1]["sent_state"] == "failed"

    await until(is_told)
    assert (
        "the copy to nobody@mail.example was refused" in (await forwarded.messages())[-1]["error"]
    )
    assert post.mails == []


@pytest.mark.parametrize(
    "copies",
    [("no address",), ("a@b.example\r\nBcc: c@d.example",), ("<a@b.example>",), ("a@b",)],
)
async def test_what_is_no_address_gets_no_copy(
    forwarded: Line, post: Post, shop: Shop, copies: tuple[str, ...]
) -> None:
    await forward(forwarded, mail(Auto_Submitted="auto-generated"))
    (ticket,) = await rows(forwarded.desk, "SELECT id FROM ticket")
    with pytest.raises(Invalid, match="is no address"):
        await reply(
            forwarded.room.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Hi", cc=copies)
        )
    assert len(await forwarded.messages()) == 1
