"""The Twilio that Shopbell is tested against, as Twilio's own client finds it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from shopbell.demo.channels.apps import Sms
from shopbell.demo.channels.shopper import Picture
from shopbell.demo.peers.sms import ACCOUNT, NUMBER, TOKEN, TwilioPeer, twilio_peer
from tests.peers.hooks import hook

MIA = "+491701234567"
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*aiohttp.encode_basic_auth:DeprecationWarning"  # how the library signs in
)


class Redirected(AsyncTwilioHttpClient):
    """Goes to the peer, since the library builds only addresses of Twilio's."""

    def __init__(self, peer: TwilioPeer) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self.peer = peer

    async def request(self, method: str, url: str, *given: Any, **more: Any) -> Any:
        there = url.replace("https://api.twilio.com", self.peer.url)
        return await super().request(method, there, *given, **more)


@pytest.fixture
async def peer() -> AsyncIterator[TwilioPeer]:
    async with twilio_peer() as peer:
        yield peer


@pytest.fixture
async def http(peer: TwilioPeer) -> AsyncIterator[Redirected]:
    async with Redirected(peer) as http:
        yield http


async def test_messages_are_made_and_listed(peer: TwilioPeer, http: Redirected) -> None:
    twilio: Any = Client(ACCOUNT, TOKEN, http_client=http)
    account = await twilio.api.v2010.accounts(ACCOUNT).fetch_async()
    assert (account.sid, account.status) == (ACCOUNT, "active")

    told = {"from_": NUMBER, "to": MIA, "body": "Take M.", "status_callback": "https://shop.test/h"}
    made = await twilio.messages.create_async(**told)
    assert (made.to, made.from_, made.body) == (MIA, NUMBER, "Take M.")
    assert (made.status, made.direction, made.error_code) == ("queued", "outbound-api", None)
    assert datetime.now(UTC) - made.date_created < timedelta(minutes=5)

    await twilio.messages.create_async(from_=NUMBER, to="+491700000001", body="To another")
    found = await twilio.messages.list_async(to=MIA, limit=20)
    assert [one.sid for one in found] == [made.sid]
    assert (await twilio.messages(made.sid).fetch_async()).body == "Take M."


async def test_refusals_carry_twilios_codes(peer: TwilioPeer, http: Redirected) -> None:
    twilio: Any = Client(ACCOUNT, TOKEN, http_client=http)
    stranger: Any = Client(ACCOUNT, "wrong", http_client=http)
    peer.stopped.add(MIA)
    for client, to, body, code in (
        (twilio, "Mia", "Hello", 21211),
        (twilio, MIA, "Hello", 21610),
        (twilio, "+491700000001", "x" * 1601, 21617),
        (stranger, "+491700000001", "Hello", 20003),
    ):
        with pytest.raises(TwilioRestException) as refused:
            await client.messages.create_async(from_=NUMBER, to=to, body=body)
        assert refused.value.code == code


async def test_what_the_demos_shopper_does_is_signed_as_twilio_signs() -> None:
    shopper = Sms()
    async with shopper.running(), hook() as ear, Redirected(shopper.peer) as http:
        twilio: Any = Client(ACCOUNT, TOKEN, http_client=http)
        shopper.hook = f"{ear.url}?brand=a%20b"
        await shopper.say("Grüße & Küsse + 1 = 2")
        photo = Picture(name="hole.png", media_type="image/png", data=b"\x89PNG")
        await shopper.say("", picture=photo)
        address = f"{ear.url}?of=m1"
        sent = await twilio.messages.create_async(
            from_=NUMBER, to=MIA, body="Take M.", status_callback=address
        )
        shopper.look()
        await shopper.act("delivered", sent.sid, "")

        right: Any = RequestValidator(TOKEN)
        other: Any = RequestValidator("another")
        (first, form), (second, photo_form), (third, told) = ear.forms
        for headers, fields, url in (
            (first, form, shopper.hook),
            (second, photo_form, shopper.hook),
            (third, told, address),
        ):
            given = headers["x-twilio-signature"]
            assert right.validate(url, fields, given)
            assert not right.validate(url, {**fields, "Body": "Something else"}, given)
            assert not other.validate(url, fields, given)
        assert (form["Body"], form["From"], form["NumMedia"]) == (
            "Grüße & Küsse + 1 = 2",
            MIA,
            "0",
        )
        assert photo_form["NumMedia"] == "1"
        assert (told["MessageSid"], told["MessageStatus"]) == (sent.sid, "delivered")
