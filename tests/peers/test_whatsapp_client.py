"""The WhatsApp that Shopbell is tested against, as pywa finds it: Meta has no client of its own for Python."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from pywa_async import handlers
from pywa_async.client import WhatsApp as Client
from pywa_async.errors import ReEngagementMessage, WhatsAppError

from shopbell.demo.channels.meta import PERSON, Instagram, Messenger, WhatsApp
from shopbell.demo.channels.shopper import Picture
from shopbell.demo.peers.graph import APP_SECRET, TOKEN, VERIFY_TOKEN, Graph, Trouble
from tests.peers.hooks import hook

PNG = b"\x89PNG"


@pytest.fixture
async def shopper() -> AsyncIterator[WhatsApp]:
    shopper = WhatsApp()
    async with shopper.running():
        yield shopper


@pytest.fixture
async def client(shopper: WhatsApp) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(timeout=60) as http:
        client = Client(
            phone_id=WhatsApp.own,
            token=TOKEN,
            session=http,
            server=None,
            verify_token=VERIFY_TOKEN,
            app_secret=APP_SECRET,
            filter_updates=False,
        )
        http.base_url = f"{shopper.peer.url}/v25.0"  # it sets Meta's own when it is made
        yield client


@pytest.fixture
def peer(shopper: WhatsApp) -> Graph:
    return shopper.peer


async def test_the_graph_api_is_spoken(client: Client, peer: Graph) -> None:
    sent = await client.send_message(PERSON, "Take M.")
    assert sent.id == peer.taken[0].id
    await client.send_image(PERSON, PNG, caption="This one", mime_type="image/png")
    assert peer.texts == ["Take M.", "This one"]
    (kept,) = peer.kept.values()
    assert kept == (PNG, "image/png")


async def test_templates_are_listed_page_by_page(client: Client, peer: Graph) -> None:
    body = {"type": "BODY", "text": "Your parcel left today."}
    for name in ("sent", "late", "back"):
        about = {"id": f"9{len(peer.templates)}", "name": name, "language": "en_US"}
        kind = {"status": "APPROVED", "category": "UTILITY", "parameter_format": "POSITIONAL"}
        peer.templates.append({**about, **kind, "components": [body]})
    found = await client.get_templates(waba_id="waba")
    assert [one.name for one in found] == ["sent", "late"]
    assert found.has_next
    assert [one.name for one in await found.next()] == ["back"]


async def test_refusals_are_raised_by_metas_codes(client: Client, peer: Graph) -> None:
    peer.shut.add(PERSON)
    with pytest.raises(ReEngagementMessage):
        await client.send_message(PERSON, "Too late")
    peer.shut.clear()
    peer.trouble.append(Trouble(400, 131056))
    with pytest.raises(WhatsAppError) as slower:
        await client.send_message(PERSON, "Too fast")
    assert slower.value.code == 131056
    peer.token = "ended"
    with pytest.raises(WhatsAppError) as ended:
        await client.send_message(PERSON, "Who are you?")
    assert ended.value.code == 190


async def test_what_the_demos_shopper_does_comes_as_metas_signed_webhooks(
    client: Client, shopper: WhatsApp
) -> None:
    heard: list[Any] = []

    async def keep(_: Any, update: Any) -> None:
        heard.append(update)

    client.add_handlers(
        handlers.MessageHandler(keep),
        handlers.MessageStatusHandler(keep),
    )
    async with hook() as ear:
        shopper.hook = ear.url
        said = await shopper.say("Does it run small?")
        await shopper.say(
            "This one", picture=Picture(name="h.png", media_type="image/png", data=PNG)
        )
        await shopper.act("react", said.name, "👍")
        sent = await client.send_message(PERSON, "Take M.")
        shopper.look()
        await shopper.act("read", sent.id, "")

        for headers, body in ear.came:
            given = headers["x-hub-signature-256"]
            assert await client.webhook_update_validator(body, given) is None
            assert await client.webhook_update_validator(body + b" ", given) is not None
            assert await client.webhook_update_handler(body) == ("ok", 200)
        words, picture, sign, status = heard
        assert (words.text, words.from_user.wa_id, words.from_user.name) == (
            "Does it run small?",
            PERSON,
            "Mia Demo",
        )
        assert picture.caption == "This one"
        assert await picture.image.get_bytes() == PNG
        assert (sign.reaction.emoji, sign.reaction.message_id) == ("👍", said.name)
        assert (status.id, status.status.value) == (sent.id, "read")


@pytest.mark.parametrize("kind", [WhatsApp, Messenger, Instagram])
async def test_a_signature_is_what_openssl_makes_of_the_body(
    kind: type[WhatsApp | Messenger],
) -> None:
    """All three are signed by the same hand; Messenger and Instagram have no client to ask."""
    shopper = kind()
    async with shopper.running(), hook() as ear:
        shopper.hook = ear.url
        await shopper.say("Grüße")
        ((headers, body),) = ear.came
    openssl = HMAC(APP_SECRET.encode(), SHA256())
    openssl.update(body)
    assert headers["x-hub-signature-256"] == f"sha256={openssl.finalize().hex()}"
