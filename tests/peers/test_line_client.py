"""The LINE that Shopbell is tested against, as LINE's own client finds it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from linebot.v3 import WebhookParser
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import (
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    Configuration,
    ImageMessage,
    PushMessageRequest,
    TextMessage,
)
from linebot.v3.messaging.exceptions import ApiException

from shopbell.demo.channels.apps import Line
from shopbell.demo.channels.shopper import Picture
from shopbell.demo.peers.line import BOT, SECRET, TOKEN, LinePeer, line_peer
from tests.peers.hooks import hook

MIA = Line.user


@pytest.fixture
async def peer() -> AsyncIterator[LinePeer]:
    async with line_peer() as peer:
        peer.profiles = {MIA: "Mia Demo"}
        yield peer


def client_of(peer: LinePeer, token: str = TOKEN) -> AsyncApiClient:
    return AsyncApiClient(Configuration(host=peer.url, access_token=token))


def pushed(*messages: Any) -> PushMessageRequest:
    return PushMessageRequest(to=MIA, messages=list(messages))  # pyright: ignore[reportCallIssue]


def text(words: str) -> TextMessage:
    return TextMessage(text=words)  # pyright: ignore[reportCallIssue]


async def refusal(api: Any, push: PushMessageRequest, key: str) -> Any:
    with pytest.raises(ApiException) as refused:
        await api.push_message(push, key)
    return refused.value


async def test_the_messaging_api_is_spoken(peer: LinePeer) -> None:
    async with client_of(peer) as client:
        api: Any = AsyncMessagingApi(client)
        assert (await api.get_bot_info()).user_id == BOT
        assert (await api.get_profile(MIA)).display_name == "Mia Demo"
        peer.hook = "https://shop.test/hooks/1"
        assert (await api.get_webhook_endpoint()).endpoint == peer.hook

        address = "https://shop.test/hole.png"
        image: Any = ImageMessage(originalContentUrl=address, previewImageUrl=address)  # pyright: ignore[reportCallIssue]
        done = await api.push_message(pushed(text("Take M."), image), str(uuid4()))
        assert len(done.sent_messages) == 2
        assert [one["type"] for one in peer.taken] == ["text", "image"]

        peer.contents["m1"] = b"\x89PNG"
        blob: Any = AsyncMessagingApiBlob(client)
        assert bytes(await blob.get_message_content("m1", _host_index=0)) == b"\x89PNG"


async def test_a_retry_key_works_once(peer: LinePeer) -> None:
    key = str(uuid4())
    async with client_of(peer) as client:
        api: Any = AsyncMessagingApi(client)
        first = await api.push_message(pushed(text("Take M.")), key)
        again = await refusal(api, pushed(text("Take M.")), key)
    assert again.status == 409
    assert first.sent_messages[0].id in again.body
    assert peer.texts == ["Take M."]


async def test_what_line_refuses_is_refused(peer: LinePeer) -> None:
    async with client_of(peer) as client, client_of(peer, "wrong") as stranger:
        api: Any = AsyncMessagingApi(client)
        for caller, request, status in (
            (api, pushed(text("x" * 5001)), 400),
            (api, PushMessageRequest(to="group", messages=[text("x")]), 400),  # pyright: ignore[reportCallIssue]
            (AsyncMessagingApi(stranger), pushed(text("x")), 401),
        ):
            assert (await refusal(caller, request, str(uuid4()))).status == status
    assert peer.taken == []


async def test_a_push_without_a_retry_key_is_taken(peer: LinePeer) -> None:
    async with client_of(peer) as client:
        api: Any = AsyncMessagingApi(client)
        await api.push_message(pushed(text("Once")))
        await api.push_message(pushed(text("Once")))
    assert peer.texts == ["Once", "Once"]


async def test_what_the_demos_shopper_does_comes_as_lines_signed_events() -> None:
    shopper = Line()
    async with shopper.running(), hook() as ear:
        shopper.hook = ear.url
        said = await shopper.say("Does it run small?")
        photo = Picture(name="hole.png", media_type="image/png", data=b"\x89PNG")
        await shopper.say("", picture=photo)
        await shopper.act("delete", said.name, "")

        parser: Any = WebhookParser(SECRET)
        events = [
            parser.parse(body.decode(), headers["x-line-signature"])[0]
            for headers, body in ear.came
        ]
        assert [one.type for one in events] == ["message", "message", "unsend"]
        assert (events[0].message.text, events[0].source.user_id) == ("Does it run small?", MIA)
        assert events[1].message.content_provider.type == "line"
        assert events[2].unsend.message_id == said.name
        headers, body = ear.came[0]
        with pytest.raises(InvalidSignatureError):
            parser.parse(body.decode() + " ", headers["x-line-signature"])
        stranger: Any = WebhookParser("another")
        with pytest.raises(InvalidSignatureError):
            stranger.parse(body.decode(), headers["x-line-signature"])
