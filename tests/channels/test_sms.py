"""Text messages end to end: signed forms in, texts out, callbacks, STOP, and looking before sending twice."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.sms.channel import Sms
from shopbell.connectors.channels.sms.reading import facts_of
from shopbell.connectors.channels.sms.segments import LONGEST, OF_GSM, length
from shopbell.connectors.channels.sms.signing import form_of, is_signed, signature
from shopbell.connectors.channels.types import Account
from shopbell.connectors.channels.words import split
from shopbell.demo.peers.serving import Silence
from shopbell.demo.peers.sms import ACCOUNT, NUMBER, TOKEN, TwilioPeer, no, signed, twilio_peer
from shopbell.desk.connections.commands import set_health
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries.types import Sent
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Raw
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.sending import file, outgoing
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

CREDENTIALS = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": NUMBER}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)


@pytest.fixture
async def peer() -> AsyncIterator[TwilioPeer]:
    async with twilio_peer() as peer:
        yield peer


@pytest.fixture
async def sms(settings: Settings, shop: Shop, peer: TwilioPeer) -> AsyncIterator[Line]:
    at_peer = ConnectionSettings(base_url=peer.url)
    async with line(
        settings, shop, "sms", CREDENTIALS, account=NUMBER, connection_settings=at_peer
    ) as sms:
        peer.hook = sms.hook
        yield sms


async def sent_is(of: Line, *states: str | None) -> None:
    async def check() -> bool:
        return [one["sent_state"] for one in await of.messages()] == list(states)

    await until(check)


async def test_a_text_is_answered_without_markup_and_its_receipts_only_rise(
    sms: Line, peer: TwilioPeer
) -> None:
    sms.mind.give(answered("**Yes**: [returns](https://s.example/r)"))

    answer = await peer.text("Can I return it?", "SMin1")

    assert (answer.status_code, answer.text) == (200, "<Response/>"), "else it is sent as a text"
    await sent_is(sms, None, "sent")
    assert peer.texts == ["Yes: returns (https://s.example/r)"]
    for told, becomes in [
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("failed", "delivered"),
    ]:
        assert (await peer.progress(0, told)).status_code == 200
        await sent_is(sms, None, becomes)
    (who,) = await rows(sms.desk, "SELECT kind, value FROM identity WHERE kind = 'phone'")
    assert who["value"] == "+491701234567"


async def test_the_same_text_a_hundred_times_is_one_message(sms: Line, peer: TwilioPeer) -> None:
    sms.mind.give(answered("Yes."))

    given = await asyncio.gather(*(peer.text("Small?", "SMin1") for _ in range(100)))

    assert {one.status_code for one in given} == {200}
    await sent_is(sms, None, "sent")
    assert peer.posts == 1


@pytest.mark.parametrize(
    "spoilt", ["none", "other token", "other field", "no text", "other address"]
)
async def test_what_is_not_signed_is_not_kept(sms: Line, peer: TwilioPeer, spoilt: str) -> None:
    fields = {
        "MessageSid": "SM1",
        "From": "+491701234567",
        "To": NUMBER,
        "Body": "Hi",
        "NumMedia": "0",
    }
    good = signed(TOKEN, sms.hook, fields)
    given = {
        "none": (urlencode(fields), ""),
        "other token": (urlencode(fields), signed("other", sms.hook, fields)),
        "other field": (urlencode({**fields, "Body": "Ho"}), good),
        "no text": (b"Body=\xff\xfe", good),
        "other address": (urlencode(fields), signed(TOKEN, f"{sms.hook}?delivery=1", fields)),
    }[spoilt]
    body = given[0] if isinstance(given[0], bytes) else given[0].encode()

    answer = await sms.post(body, {"x-twilio-signature": given[1]})

    assert answer.status_code == 401
    assert await sms.payload_states() == []


def test_signatures_are_the_ones_that_twilio_publishes() -> None:
    """https://www.twilio.com/docs/usage/security and twilio-python's request validator."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    expected = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert signature("12345", url, list(form.items())) == expected
    assert is_signed("12345", url.replace(".com/", ".com:443/"), list(form.items()), expected)


@pytest.mark.parametrize(
    ("words", "wish"), [("Stop", {}), ("Baja", {"OptOutType": "STOP"})], ids=["word", "told"]
)
async def test_stop_silences_us_and_start_takes_it_back(
    sms: Line, peer: TwilioPeer, words: str, wish: dict[str, str]
) -> None:
    await peer.text(words, "SMin1", **wish)
    (contact,) = await rows(sms.desk, "SELECT opted_out_at FROM contact")
    assert contact["opted_out_at"] is not None
    assert await sms.messages() == [], "nobody answers a STOP"

    await peer.text("START", "SMin2")
    (contact,) = await rows(sms.desk, "SELECT opted_out_at FROM contact")
    assert contact["opted_out_at"] is None


@pytest.mark.parametrize(
    "word",
    ["STOP", "stopall", "Unsubscribe", "CANCEL", "end", "quit", "revoke", "OptOut", " Stop. "],
)
def test_every_word_that_stops_twilio_silences_us(word: str) -> None:
    fields = {
        "MessageSid": "SM1",
        "From": "+491701234567",
        "To": NUMBER,
        "Body": word,
        "NumMedia": "0",
    }

    (fact,) = facts_of(fields, "", NUMBER)

    assert (fact.kind, fact.state) == ("opt_out", "out")


@pytest.mark.parametrize("words", ["Please stop the order", "stop it", "END of June?", "ARRET"])
def test_words_around_a_stop_are_a_message(words: str) -> None:
    fields = {
        "MessageSid": "SM1",
        "From": "+491701234567",
        "To": NUMBER,
        "Body": words,
        "NumMedia": "0",
    }

    assert [fact.kind for fact in facts_of(fields, "", NUMBER)] == ["message"]


async def test_yes_takes_a_stop_back_and_is_an_answer_all_the_same(
    sms: Line, peer: TwilioPeer
) -> None:
    await peer.text("Stop", "SMin1")
    await peer.text("Yes", "SMin2")

    (contact,) = await rows(sms.desk, "SELECT opted_out_at FROM contact")
    assert contact["opted_out_at"] is None
    assert [one["text"] for one in await sms.messages()] == ["Yes"]


@pytest.mark.parametrize(
    ("text", "segments"),
    [("a" * 153, 1), ("a" * 154, 2), ("[" * 77, 2), ("ж" * 67, 1), ("ж" * 68, 2), ("😀" * 34, 2)],
)
def test_a_text_is_as_long_as_carriers_count_it(text: str, segments: int) -> None:
    """In parts of several; https://www.twilio.com/docs/glossary/what-sms-character-limit."""
    assert math.ceil(length(text) / OF_GSM) == segments


@given(st.text(alphabet=st.sampled_from("ab[ж€😀 \n."), max_size=4000))
def test_no_part_of_a_long_text_is_over_ten_segments(text: str) -> None:
    pieces = split(text, LONGEST, length)

    assert all(length(one) <= LONGEST and len(one) <= 1600 for one in pieces)
    assert "".join("".join(one.split()) for one in pieces) == "".join(text.split())


async def test_a_number_that_stopped_elsewhere_is_a_failure_that_says_so(
    sms: Line, peer: TwilioPeer
) -> None:
    peer.stopped.add("+491701234567")
    sms.mind.give(answered("Yes."))
    await peer.text("Small?", "SMin1")

    await sent_is(sms, None, "failed")
    assert "STOP" in (await sms.messages())[1]["error"]


async def test_silence_is_looked_into_before_anybody_calls_it_unknown(
    sms: Line, peer: TwilioPeer
) -> None:
    peer.answers = [Silence]
    sms.mind.give(answered("It’s small."))
    await peer.text("Small?", "SMin1")

    await sent_is(sms, None, "sent")
    assert peer.posts == 1, "it was found in the list, not sent again"


async def test_silence_that_no_list_explains_is_uncertain_until_a_receipt_comes(
    sms: Line, peer: TwilioPeer
) -> None:
    peer.script = [Silence]
    sms.mind.give(answered("Yes."))
    await peer.text("Small?", "SMin1")
    await sent_is(sms, None, "uncertain")

    (delivery,) = await rows(sms.desk, "SELECT id FROM delivery")
    fields = {"MessageSid": "SMlate", "MessageStatus": "delivered", "From": NUMBER}
    await peer.tell(f"{sms.hook}?delivery={delivery['id']}", **fields)

    await sent_is(sms, None, "delivered")
    assert peer.posts == 1


@pytest.mark.parametrize(
    "refused",
    [
        lambda: no(429, 20429, "Too Many Requests", **{"Retry-After": "0"}),
        lambda: no(500, 20500, "Internal Server Error"),
    ],
    ids=["too many", "trouble"],
)
async def test_what_was_refused_for_now_is_sent_once_after(
    sms: Line, peer: TwilioPeer, refused: Any
) -> None:
    peer.script = [refused]
    sms.mind.give(answered("Yes."))
    await peer.text("Small?", "SMin1")

    await sent_is(sms, None, "sent")
    assert peer.texts == ["Yes."]


async def test_a_dead_token_asks_to_reconnect_and_the_backlog_goes_out_after(
    sms: Line, peer: TwilioPeer, shop: Shop
) -> None:
    await peer.text("Small?", "SMin1")
    peer.token = "another"
    sms.mind.give(answered("Yes."))

    async def asks() -> bool:
        found = await rows(sms.desk, "SELECT health FROM connection WHERE channel = 'sms'")
        return found[0]["health"] == "reconnect"

    await until(asks)
    peer.token = TOKEN
    await set_health(shop.desk, sms.connection.id, "ok")
    await rows(sms.desk, "UPDATE delivery SET next_at = now() RETURNING id")
    await sent_is(sms, None, "sent")


async def test_pictures_come_in_by_redirect_but_from_nowhere_else(
    sms: Line, peer: TwilioPeer
) -> None:
    peer.media = {"one": PNG}
    media = f"{peer.url}/2010-04-01/Accounts/{ACCOUNT}/Media"
    sms.mind.give(answered("Nice."))
    await peer.text(
        "",
        "SMin1",
        NumMedia="2",
        MediaUrl0=f"{media}/one",
        MediaContentType0="image/png",
        MediaUrl1=f"{media}/elsewhere",
        MediaContentType1="image/png",
    )

    async def settled() -> bool:
        (first, *_) = await sms.messages()
        return [one.get("state", "") for one in first["extra"]["attachments"]] == ["", "missing"]

    await until(settled)


async def test_a_failed_text_says_what_to_do(sms: Line, peer: TwilioPeer, shop: Shop) -> None:
    await peer.text("Small?", "SMin1")
    (ticket,) = await rows(sms.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Ben: take M."))
    await sent_is(sms, None, "sent")

    await peer.progress(0, "undelivered", ErrorCode="30006")

    await sent_is(sms, None, "failed")
    assert "landline" in (await sms.messages())[1]["error"]


async def test_pictures_go_along_with_the_last_text(peer: TwilioPeer) -> None:
    files = [file("a.png", "image/png"), file("b.png", "image/png")]
    text = f"{'wool ' * 300}\n\nAnd two pictures. {'wool ' * 100}"
    sending = outgoing("sms", peer.url, CREDENTIALS, "+491701234567", *files, text=text)
    async with httpx.AsyncClient() as http:
        result = await Sms(http).send(sending)

    assert isinstance(result, Sent)
    assert len(result.parts) == 2
    addresses = [f"https://shop.example/files/{name}.png" for name in "ab"]
    assert [one["media"] for one in peer.taken] == [[], addresses]
    assert {one["callback"] for one in peer.taken} == {f"{sending.hook}?delivery={sending.id}"}


def _account() -> Account:
    connection = Connection(id=uuid7(), brand_id=uuid7(), channel="sms", name="SMS")
    return Account(connection=connection, credentials=CREDENTIALS)


names = st.sampled_from(
    ["MessageSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "MessageStatus", "OptOutType"]
)


@given(
    st.binary(max_size=80)
    | st.dictionaries(names, st.text(max_size=12)).map(
        lambda one: urlencode(one, errors="replace").encode()
    )
)
def test_whatever_bytes_come_are_read(body: bytes) -> None:
    raw = Raw(body=body, query={"delivery": "x"})
    facts = Sms(httpx.AsyncClient()).normalise(_account(), raw)
    assert facts
    assert all(one.kind != "other" or one.words for one in facts)


@given(st.text(max_size=20), st.text(max_size=20), st.binary(max_size=30))
def test_any_signature_is_refused_without_an_error(url: str, given: str, body: bytes) -> None:
    try:
        form = form_of(body)
    except ValueError:
        return
    assert not is_signed(TOKEN, url, form, given)


async def test_an_account_is_checked(peer: TwilioPeer) -> None:
    at_peer = ConnectionSettings(base_url=peer.url)
    account = _account()
    connection = msgspec.structs.replace(account.connection, settings=at_peer)
    async with httpx.AsyncClient() as http:
        good = await Sms(http).check(Account(connection=connection, credentials=CREDENTIALS))
        wrong = {**CREDENTIALS, "auth_token": "old"}
        bad = await Sms(http).check(Account(connection=connection, credentials=wrong))

    assert (good.health, good.account, good.name) == ("ok", NUMBER, "Our shop")
    assert bad.health == "reconnect"
