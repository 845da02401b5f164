"""Answers find their thread however their program names what they answer, and nothing else finds it."""

import uuid
from email.message import EmailMessage

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.tickets.reads import open_ticket
from tests.channels.conftest import Line
from tests.channels.mailing import forward, forwarded, mail, post, quiet_server, sent
from tests.desk.conftest import Shop, shop
from tests.jobs.conftest import answered, rows
from tests.peers.smtp import Post

__all__ = ["forwarded", "post", "shop"]

pytestmark = quiet_server


def shapes(asked: str, answer: EmailMessage) -> dict[str, dict[str, str]]:
    """Header lines of answers by how programs name our mail; the writer is always somebody new, so
    that nothing but these leads to the thread."""
    ours, back = str(answer["Message-ID"]), str(answer["Reply-To"]).rpartition("<")[2].strip(">")
    local, _, domain = back.partition("@")
    return {
        "in reply to": {"In-Reply-To": ours},
        "references": {"References": f"{asked} {ours}"},
        "both": {"In-Reply-To": ours, "References": f"{asked} {ours}"},
        "references folded": {"References": f"{asked}\n {ours}"},
        "references by tabs": {"References": f"{asked}\t{ours}"},
        "references by commas": {"References": f"{asked}, {ours}"},
        "references run together": {"References": f"{asked}{ours}"},
        "the customer's own mail": {"In-Reply-To": asked},
        "ours, then one we never saw": {"References": f"{ours} <between@mail.example>"},
        "one we never saw, then ours": {"In-Reply-To": "<x@y>", "References": f"<x@y> {ours}"},
        "in reply to one we never saw": {
            "In-Reply-To": "<between@mail.example>",
            "References": ours,
        },
        "with words": {"In-Reply-To": f"Your message of Monday {ours}"},
        "with a comment": {"In-Reply-To": f'{ours} ("Shop"\'s message of Monday)'},
        "without brackets": {"In-Reply-To": ours.strip("<>")},
        "with spaces in it": {"In-Reply-To": f"< {ours.strip('<>')} >"},
        "in capitals": {"in-reply-to": ours, "Subject-X": "x"},
        "two of them": {"In-Reply-To": f"<x@y> {ours}"},
        "the reply address alone": {"To": back},
        "the reply address among others": {"To": f"Ann <a@b.example>, Shop <{back}>"},
        "the reply address in copy": {"To": "a@b.example", "Cc": back},
        "the reply address in capitals": {"To": f"{local.upper()}@{domain.upper()}"},
        "the reply address where it was delivered": {"To": "x@y.example", "Delivered-To": back},
        "the reply address quoted": {"To": f'"{local}"@{domain}'},
        "many references": {
            "References": " ".join(f"<{n}@mail.example>" for n in range(25)) + f" {ours}"
        },
    }


def no_shapes(answer: EmailMessage) -> dict[str, dict[str, str]]:
    ours = str(answer["Message-ID"])
    return {
        "the same subject": {"Subject": "Re: Wool coat"},
        "a number in the subject": {"Subject": "Re: Wool coat [#1]"},
        "another's id": {"In-Reply-To": f"<{uuid.uuid4()}@shop.example>"},
        "our domain alone": {"References": "<@shop.example> shop.example"},
        "a part of the id": {"In-Reply-To": f"{ours[:20]}@shop.example>"},
        "the id in the text": {},
    }


async def test_answers_find_their_thread_and_others_do_not(forwarded: Line, post: Post) -> None:
    asked = mail()
    forwarded.mind.give(answered("Take M."))
    await forward(forwarded, asked)
    answer = await sent(forwarded, post)
    (mine,) = await rows(forwarded.desk, "SELECT id FROM thread")
    right, wrong = shapes(str(asked["Message-ID"]), answer), no_shapes(answer)

    for number, (name, headers) in enumerate([*right.items(), *wrong.items()]):
        made = mail(
            f"{name}{answer['Message-ID'] if name == 'the id in the text' else ''}",
            sender=f"N{number} <n{number}@mail.example>",
            subject="Re: Wool coat",
            Auto_Submitted="no",
        )
        body = bytes(made)
        for header, value in headers.items():
            if header in ("To", "Subject"):
                body = body.replace(f"{header}: {made[header]}\n".encode(), b"")
            body = f"{header}: {value}\n".encode() + body
        given = await forwarded.post(body, {"x-shopbell-key": "a-secret-of-this-connection"})
        assert given.status_code == 200

    found = await rows(
        forwarded.desk,
        "SELECT text, thread_id, extra #>> '{mail,matched_by}' AS by FROM message"
        " WHERE author_kind = 'customer' AND text <> 'Does it run small?'",
    )
    there = {one["text"].partition("<")[0] for one in found if one["thread_id"] == mine["id"]}
    assert there == set(right)
    assert len(found) == len(right) + len(wrong)
    by = {one["text"]: one["by"] for one in found}
    assert by["in reply to"] == "in reply to"
    assert by["references"] == "references"
    assert by["the reply address alone"] == "reply address"
    assert len(post.mails) == 1, "strangers are people's"


async def test_one_who_writes_anew_is_in_their_own_thread_proven_or_not(
    forwarded: Line, post: Post
) -> None:
    quiet = {"Auto_Submitted": "auto-generated"}
    await forward(forwarded, mail("one", **quiet))
    await forward(forwarded, mail("two", subject="Another matter", **quiet))
    await forward(forwarded, mail("three", results="", **quiet))
    found = await rows(forwarded.desk, "SELECT text, thread_id FROM message ORDER BY text")
    threads = {one["text"]: one["thread_id"] for one in found}
    assert threads["one"] == threads["two"]
    assert threads["three"] != threads["one"], "who only claims to be Mia is not shown what is hers"


async def test_two_matters_of_one_customer_are_answered_each_in_its_own_mails(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    coat = mail("one", subject="Wool coat")
    forwarded.mind.give(answered("Take M."))
    await forward(forwarded, coat)
    first = await sent(forwarded, post)
    invoice = mail("two", subject="My invoice")
    await forward(forwarded, invoice)
    about_coat, about_invoice = await rows(forwarded.desk, "SELECT * FROM ticket ORDER BY number")
    assert about_invoice["thread_id"] == about_coat["thread_id"]
    assert about_coat["control"] == "assistant"
    assert about_invoice["control"] == "agents", "one automatic answer an hour"

    await reply(shop.desk, about_invoice["id"], shop.ben, Draft(id=uuid7(), text="It is attached."))
    second = await sent(forwarded, post, 2)
    assert second["Subject"] == "Re: My invoice"
    assert second["In-Reply-To"] == invoice["Message-ID"]
    assert str(coat["Message-ID"]) not in str(second["References"])

    await forward(forwarded, mail("three", subject="Hm", In_Reply_To=str(first["Message-ID"])))
    await reply(shop.desk, about_coat["id"], shop.ben, Draft(id=uuid7(), text="S, then."))
    third = await sent(forwarded, post, 3)
    assert third["Subject"] == "Re: Hm"
    await forward(forwarded, mail("four", subject="RE: My invoice"))
    await forward(forwarded, mail("five", To=str(second["Reply-To"]), subject="Coat"))

    found = await rows(
        forwarded.desk, "SELECT text, ticket_id FROM message WHERE author_kind = 'customer'"
    )
    tickets = {one["text"]: one["ticket_id"] for one in found}
    assert tickets == {
        "one": about_coat["id"],
        "three": about_coat["id"],
        "two": about_invoice["id"],
        "four": about_invoice["id"],
        "five": about_invoice["id"],
    }
    opened = await open_ticket(shop.desk, shop.ben, about_coat["id"])
    assert [one.id for one in opened.tickets] == [about_coat["id"], about_invoice["id"]]
