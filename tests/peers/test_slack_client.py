"""The Slack that Shopbell is tested against, as Slack's own client and framework find it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from shopbell.demo.peers.serving import peer_server
from shopbell.demo.peers.slack import (
    APP_TOKEN,
    BOT,
    SECRET,
    TEAM,
    TOKEN,
    SlackPeer,
    signed,
    slack_peer,
)
from tests.jobs.conftest import until


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    async with slack_peer() as peer:
        peer.people = {"UMIA": "Mia Demo"}
        yield peer


def client_of(peer: SlackPeer, token: str = TOKEN) -> Any:
    again = AsyncRateLimitErrorRetryHandler(max_retry_count=2)
    return AsyncWebClient(token, base_url=f"{peer.url}/api/", retry_handlers=[again])


def has(condition: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    async def held() -> bool:
        return bool(condition())

    return held


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    answer: Any = refused.value
    return answer.response["error"]


async def test_the_web_api_is_spoken(peer: SlackPeer) -> None:
    web = client_of(peer)
    known = await web.auth_test()
    assert (known["team_id"], known["user_id"]) == (TEAM, BOT)
    person = await web.users_info(user="UMIA")
    assert person["user"]["profile"]["real_name"] == "Mia Demo"

    opened = await web.conversations_open(users=["UMIA"])
    room = opened["channel"]["id"]
    metadata = {"event_type": "shopbell", "event_payload": {"delivery": "d1"}}
    posted = await web.chat_postMessage(channel=room, text="Take *M*.", metadata=metadata)
    found = await web.conversations_history(
        channel=room, oldest="0", limit=5, include_all_metadata=True
    )
    (message,) = found["messages"]
    assert (message["ts"], message["text"]) == (posted["ts"], "Take *M*.")
    assert message["metadata"] == metadata
    assert posted["message"]["text"] == "Take *M*."
    shown = await web.chat_postEphemeral(channel="C1", user="UMIA", text="Only you see this.")
    assert shown["message_ts"]


async def test_a_file_is_uploaded_in_slacks_three_steps_and_told_of(peer: SlackPeer) -> None:
    web = client_of(peer)
    done = await web.files_upload_v2(channel="C1", filename="note.txt", content="Take M.")
    (name,) = peer.uploads
    assert peer.uploads[name] == b"Take M."
    assert done["files"][0]["id"] == name
    assert (await web.files_info(file=name))["file"]["id"] == name


async def test_refusals_are_raised_by_their_codes_and_a_pause_is_kept(peer: SlackPeer) -> None:
    web = client_of(peer)
    assert await refusal(web.chat_postMessage(channel="C9", text="x")) == "channel_not_found"
    assert await refusal(web.api_call("no.such.method")) == "unknown_method"
    assert await refusal(client_of(peer, "xoxb-wrong").auth_test()) == "invalid_auth"
    assert await refusal(web.apps_connections_open(app_token=TOKEN)) == "not_allowed_token_type"

    slower = Response(status_code=429, headers={"retry-after": "0"})
    peer.before["chat.postMessage"] = [lambda _: slower]
    assert (await web.chat_postMessage(channel="C1", text="Once"))["ok"]
    assert peer.texts == ["Once"]


async def test_what_the_peer_signs_the_framework_takes_and_answers(peer: SlackPeer) -> None:
    app = AsyncApp(client=client_of(peer), signing_secret=SECRET, process_before_response=True)

    @app.event("message")  # pyright: ignore[reportUnknownMemberType, reportUntypedFunctionDecorator]
    async def answer(event: dict[str, Any], say: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        await say(f"You said: {event['text']}")

    handler = AsyncSlackRequestHandler(app)
    hooks = Starlette(routes=[Route("/slack", handler.handle, methods=["POST"])])
    async with peer_server(hooks) as url, httpx.AsyncClient() as http:

        async def post(told: dict[str, Any], *, other: bytes = b"") -> httpx.Response:
            body, headers = signed(told)
            return await http.post(f"{url}/slack", content=other or body, headers=headers)

        challenged = await post({"type": "url_verification", "challenge": "c1", "token": "old"})
        assert challenged.json() == {"challenge": "c1"}
        assert (await post(peer.said("Does it run small?"))).status_code == 200
        assert peer.texts == ["You said: Does it run small?"]
        assert (await post(peer.said("Another"), other=b"{}")).status_code == 401


async def test_socket_mode_is_spoken_and_each_envelope_is_acknowledged(peer: SlackPeer) -> None:
    app = AsyncApp(client=client_of(peer))
    heard: asyncio.Queue[str] = asyncio.Queue()

    @app.event("message")  # pyright: ignore[reportUnknownMemberType, reportUntypedFunctionDecorator]
    async def hear(event: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
        heard.put_nowait(event["text"])

    handler = AsyncSocketModeHandler(app, APP_TOKEN, web_client=client_of(peer, APP_TOKEN))
    await handler.connect_async()
    try:
        await until(has(lambda: peer.sockets))
        first = await peer.tell(peer.said("Does it run small?"))
        assert await heard.get() == "Does it run small?"
        await until(has(lambda: peer.acked == [first]))

        await peer.sockets[-1].send_text('{"type":"disconnect","reason":"refresh_requested"}')
        await until(has(lambda: len(peer.sockets) == 2))
        second = await peer.tell(peer.said("Still there?"))
        assert await heard.get() == "Still there?"
        await until(has(lambda: peer.acked == [first, second]))
    finally:
        await handler.close_async()
