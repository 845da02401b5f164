"""Mail that says to be what it is not joins nothing, opens nothing, is told apart, and is never answered or
passed on."""

from base64 import b32encode
from email import message_from_bytes
from email.message import EmailMessage
from uuid import uuid4

import pytest

from shopbell.connectors.channels.email.authentic import verdict
from shopbell.connectors.channels.email.reading import House, facts_of
from shopbell.connectors.channels.email.replies import signed
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
from tests.desk.conftest import Shop, shop
from tests.jobs.conftest import answered, rows
from tests.peers.smtp import Post

__all__ = ["forwarded", "post", "shop"]

pytestmark = quiet_server
HOST = "mx.shop.example"
WANTED = "Send the refund of order 10234 to my new account"


async def _asked_and_answered(line: Line, post: Post) -> EmailMessage:
    """Mia asks, and is answered with what is hers alone."""
    line.mind.give(answered("Order 10234 goes to Hill Road 3."))
    assert await forward(line, mail("Where does it go?")) == 200
    return await sent(line, post)


async def _tickets(line: Line) -> list[dict[str, object]]:
    return await rows(
        line.desk,
        "SELECT k.control, k.number, k.customer_id, m.text, m.extra -> 'mail' AS mail,"
        " EXISTS (SELECT 1 FROM identity i WHERE i.customer_id = k.customer_id"
        " AND i.verified_at IS NOT NULL) AS verified"
        " FROM message m JOIN ticket k ON k.id = m.ticket_id WHERE m.author_kind = 'customer'"
        " ORDER BY k.number, m.seq",
    )


def _forgeries(answer: EmailMessage, agent: str) -> dict[str, EmailMessage]:
    address = str(answer["Reply-To"]).rpartition("<")[2].strip(">")
    token = address.partition("@")[0].partition("+")[2]
    named = {"In_Reply_To": str(answer["Message-ID"]), "References": str(answer["Message-ID"])}

    def to(token: str) -> dict[str, str]:
        return {"To": f"help+{token}@shop.example"}

    another = signed(USER, uuid7(), "another-secret").partition("@")[0].partition("+")[2]
    empty = b32encode(bytes(26)).decode().rstrip("=").lower()
    return {
        "her address, disowned by her domain": mail(WANTED, results=FAILED),
        "her address, and the ids of her thread": mail(WANTED, results=FAILED, **named),
        "her address, and her signed reply address": mail(WANTED, results=FAILED, To=address),
        "her address, looked at by nobody": mail(WANTED, results="", **named),
        "her address, looked at by another host": mail(WANTED, results=f"evil.{PASSED}", **named),
        "her address, with a result for another domain": mail(
            WANTED, results=f"{HOST}; dmarc=pass header.from=evil.example", **named
        ),
        "an agent's address": mail(WANTED, sender=f"Ben <{agent}>", results=FAILED),
        "a signature with another last letter": mail(WANTED, **to(f"{token[:-2]}aa")),
        "a signature with its first bytes alone": mail(WANTED, **to(token[:26] + "a" * 16)),
        "a signature by another connection": mail(WANTED, **to(another)),
        "no signature but its shape": mail(WANTED, **to(empty)),
    }


async def test_forged_mail_opens_flagged_tickets_of_nobody_known(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    answer = await _asked_and_answered(forwarded, post)
    (agent,) = await rows(forwarded.desk, "SELECT email FROM agent WHERE id = %s", shop.ben.id)
    (mine,) = await _tickets(forwarded)
    forgeries = _forgeries(answer, agent["email"])

    for forged in forgeries.values():
        assert await forward(forwarded, forged) == 200

    others = (await _tickets(forwarded))[1:]
    assert len(others) == len(forgeries)
    for told, name in zip(others, forgeries, strict=True):
        assert told["text"] == WANTED, name
        assert told["customer_id"] != mine["customer_id"], name
        assert told["control"] == "agents", name
        assert told["verified"] is False, name
        head = told["mail"]
        assert isinstance(head, dict)
        assert head["warning"], name
    assert len(post.mails) == 1, "nobody who forged is answered, and nothing is passed on"
    assert await forwarded.payload_states() == ["done"] * (1 + len(forgeries))


async def test_what_a_stranger_knows_by_chance_opens_nothing(
    forwarded: Line, post: Post, shop: Shop
) -> None:
    answer = await _asked_and_answered(forwarded, post)
    (mine,) = await _tickets(forwarded)
    tom = {"sender": "Tom <tom@mail.example>"}
    number = mine["number"]

    await forward(forwarded, mail(WANTED, subject=f"Re: [#{number}] Wool coat", **tom))
    (_, other) = await _tickets(forwarded)
    assert other["customer_id"] != mine["customer_id"], "a number in the subject is no key"

    await forward(
        forwarded,
        mail("Me too", Cc="help@shop.example", References=str(answer["Message-ID"]), **tom),
    )
    found = [one for one in await _tickets(forwarded) if one["text"] == "Me too"]
    (joined,) = found
    assert joined["customer_id"] == mine["customer_id"], "who knows the mail's id is in the talk"
    assert joined["control"] == "agents"
    head = joined["mail"]
    assert isinstance(head, dict)
    assert "is not this conversation's customer" in head["warning"]
    assert len(post.mails) == 1, "a stranger is not answered by a machine"

    (ticket,) = await rows(
        forwarded.desk, "SELECT id FROM ticket WHERE number = %s", mine["number"]
    )
    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Mia, is that you?"))
    said = await sent(forwarded, post, 2)
    assert post.envelopes[1][1] == ["mia@mail.example"], "people's answers go to the customer alone"
    assert "Me too" not in said.as_string()


async def test_a_stranger_with_the_id_of_our_mail_cannot_make_it_vanish_or_fail(
    forwarded: Line, post: Post
) -> None:
    answer = await _asked_and_answered(forwarded, post)
    report = (
        "From: MAILER-DAEMON@evil.example\nSubject: Undelivered\nMessage-ID: <b@evil.example>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: <{uuid4()}@shop.example>\n\n--b--\n"
    )
    await forwarded.post(report.encode(), {"x-shopbell-key": SECRET})
    await forward(forwarded, mail(WANTED, name=str(answer["Message-ID"]), results=FAILED))

    found = await forwarded.messages()
    assert [one["sent_state"] for one in found] == [None, "sent"]


RESULTS = [
    ("dmarc=pass header.from=mail.example", True),
    ("dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=mail.example", True),
    ("dmarc=pass action=none header.from=mail.example;compauth=pass reason=100", True),
    ("dmarc=pass", True),
    ("dkim=pass header.d=mail.example", True),
    ("dkim=pass header.i=@mail.example; spf=fail", True),
    ("dkim=fail; dkim=pass header.d=mail.example", True),
    ("spf=pass smtp.mailfrom=mia@mail.example", True),
    ("dmarc=fail header.from=mail.example", False),
    ("dmarc=fail header.from=mail.example; dmarc=pass header.from=mail.example", False),
    ("dmarc=pass header.from=evil.example", False),
    ("dmarc=pass header.from=mail.example.evil.example", False),
    ("dmarc=pass header.from=notmail.example", False),
    ("dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=a@evil.example", False),
    ("dkim=pass header.d=example", False),
    ("dkim=none; spf=none", False),
    ("none", False),
    ("", False),
    ('spf=pass smtp.mailfrom="a; dmarc=pass header.from=mail.example; b"@evil.example', False),
    ('spf=pass smtp.mailfrom="a\\"; dmarc=pass"@evil.example', False),
    ("spf=pass (domain of a(b; dmarc=pass header.from=mail.example); x)", False),
    ("spf=pass (a; dmarc=pass header.from=mail.example", False),
    ("dmarc=fail (dmarc=pass header.from=mail.example) header.from=mail.example", False),
    ("dmarc = PASS header.from=MAIL.example", True),
    ("xdmarc=pass header.from=mail.example", False),
]


@pytest.mark.parametrize(("results", "proven"), RESULTS)
def test_only_what_the_receiving_host_found_of_this_sender_proves_it(
    results: str, *, proven: bool
) -> None:
    head = message_from_bytes(f"Authentication-Results: {HOST}; {results}\n\n".encode())
    assert verdict(head, "mia@mail.example", HOST).proven is proven


@pytest.mark.parametrize(
    ("lines", "proven"),
    [
        (f"Authentication-Results: {HOST}; dmarc=fail\nAuthentication-Results: {PASSED}", False),
        (
            f"Authentication-Results: evil.example; dmarc=fail\nAuthentication-Results: {PASSED}",
            True,
        ),
        (f"Authentication-Results: {HOST}.evil.example; dmarc=pass", False),
        (f"Authentication-Results: evil {HOST}; dmarc=pass", False),
        (f"Authentication-Results: {HOST} 1; dmarc=pass", True),
        (f"Authentication-Results:\n {HOST};\n\tdmarc=pass\n header.from=mail.example", True),
        (f"ARC-Authentication-Results: i=1; {PASSED}", False),
        (f"X-Authentication-Results: {PASSED}", False),
    ],
)
def test_only_the_first_results_under_the_hosts_own_name_count(lines: str, *, proven: bool) -> None:
    head = message_from_bytes(f"{lines}\n\n".encode())
    assert verdict(head, "mia@mail.example", HOST).proven is proven


@pytest.mark.parametrize(
    ("line", "value", "name", "proven"),
    [
        ("From: Mia <mia@mail.example>", "mia@mail.example", "Mia", True),
        ('From: "ben@shop.example" <mia@mail.example>', "mia@mail.example", "", True),
        ("From: ben@shop.example <mia@mail.example>", "mia@mail.example", "", True),
        ("From: <mia@mail.example>, <evil@evil.example>", "mia@mail.example", "", True),
        ("From: <evil@evil.example>\nFrom: <mia@mail.example>", "evil@evil.example", "", False),
        ("From: Mia <mia@mail\u200b.example>", "mia@mail.example", "Mia", True),
        ("From: Mia <mia@m\u0430il.example>", "mia@m\u0430il.example", "Mia", False),
        ("Sender: mia@mail.example\nFrom: evil@evil.example", "evil@evil.example", "", False),
        ("Reply-To: mia@mail.example\nFrom: evil@evil.example", "evil@evil.example", "", False),
        ("From: mia@mail.example\u202e@evil.example", "", "", False),
    ],
)
def test_the_one_sender_that_is_judged_is_the_one_that_is_shown(
    line: str, value: str, name: str, *, proven: bool
) -> None:
    results = f"Authentication-Results: {PASSED}"
    (fact,) = facts_of(f"{results}\n{line}\n\nhi".encode(), House(host=HOST))
    assert fact.sender is not None
    assert (fact.sender.value, fact.sender.name) == (value or fact.sender.value, name)
    assert fact.sender.verified is proven
