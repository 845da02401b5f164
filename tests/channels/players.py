"""Every channel as a shopper and its platform play it, so that one test can ask the same of all.

A `Player` is a running peer with a way to write as a customer, to trouble the platform, and to see
what reached the customer. What a channel cannot do is None or an empty sequence.
"""

import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
import msgspec
from standardwebhooks import Webhook
from starlette.responses import JSONResponse, Response

from shopbell.demo.peers.discord import TOKEN as DISCORD_TOKEN
from shopbell.demo.peers.discord import discord_peer
from shopbell.demo.peers.graph import SECRETS, Trouble, graph
from shopbell.demo.peers.http_shop import SECRET as HTTP_SECRET
from shopbell.demo.peers.http_shop import http_shop
from shopbell.demo.peers.line import BOT as LINE_BOT
from shopbell.demo.peers.line import SECRET as LINE_SECRET
from shopbell.demo.peers.line import TOKEN as LINE_TOKEN
from shopbell.demo.peers.line import line_peer
from shopbell.demo.peers.serving import Silence
from shopbell.demo.peers.slack import SECRET as SLACK_SECRET
from shopbell.demo.peers.slack import TOKEN as SLACK_TOKEN
from shopbell.demo.peers.slack import cut_off, signed, slack_peer
from shopbell.demo.peers.sms import ACCOUNT, NUMBER, twilio_peer
from shopbell.demo.peers.sms import TOKEN as TWILIO_TOKEN
from shopbell.demo.peers.telegram import SECRET as TELEGRAM_SECRET
from shopbell.demo.peers.telegram import TOKEN as TELEGRAM_TOKEN
from shopbell.demo.peers.telegram import refusing, telegram_peer
from shopbell.demo.peers.tiktok import APP, BUSINESS, said, tiktok_peer
from shopbell.demo.peers.tiktok import SECRET as TIKTOK_SECRET
from shopbell.desk.connections.types import ConnectionSettings
from tests.channels.conftest import Line

Fault = Literal["429", "500", "silence"]
Write = Callable[[Line, str, str], Awaitable[int]]
_ids = itertools.count(1)


@dataclass
class Player:
    """`write` sends a customer's words under a name of the platform's, and gives the status that was
    answered; `texts` is what reached the customer. `fault` has the next sending meet something:
    *silence* is taken and not answered. `new_token` ends the token we know; `old_token` brings it
    back. `repeatable`: sending again under the same key is harmless there; `found_again`: what was
    taken without an answer can be looked for. `peer` is what plays the platform."""

    name: str
    channel: str
    credentials: Mapping[str, str]
    settings: ConnectionSettings
    write: Write
    texts: Callable[[], list[str]]
    fault: Callable[[Fault], None]
    new_token: Callable[[], None]
    old_token: Callable[[], None]
    account: str | None = None
    peer: Any = None
    repeatable: bool = False
    found_again: bool = False


def _ms() -> int:
    return int(time.time() * 1000)


@asynccontextmanager
async def _meta(platform: str) -> AsyncGenerator[Player]:
    async with graph() as peer:
        peer.platform = platform
        person, own = ("16505551234", "106540352242922")
        peer.people.add(person)
        kinds: dict[Fault, Trouble] = {
            "429": Trouble(429, 4, headers={"retry-after": "0"}),
            "500": Trouble(500, 2),
            "silence": Trouble(hang_up=True, taken=True),
        }

        async def write(at: Line, text: str, name: str) -> int:
            return (
                await peer.tell(at.hook, _written(platform, own, person, text, name))
            ).status_code

        fields = {"whatsapp": "phone_number_id", "messenger": "page_id"}
        yield Player(
            peer=peer,
            name=platform,
            channel=platform,
            credentials={**SECRETS, fields.get(platform, "instagram_id"): own},
            settings=ConnectionSettings(base_url=peer.url),
            account=own,
            write=write,
            texts=lambda: peer.texts,
            fault=lambda kind: peer.trouble.append(kinds[kind]),
            new_token=lambda: _token(peer, "EAAnew"),
            old_token=lambda: _token(peer, SECRETS["access_token"]),
        )


def _token(peer: Any, token: str) -> None:
    peer.token = token


def _written(platform: str, own: str, person: str, text: str, name: str) -> dict[str, Any]:
    if platform != "whatsapp":
        message = {"mid": name, "text": text}
        parties = {"sender": {"id": person}, "recipient": {"id": own}}
        event = {**parties, "timestamp": _ms(), "message": message}
        entry = {"id": own, "time": _ms(), "messaging": [event]}
        return {"object": "page" if platform == "messenger" else "instagram", "entry": [entry]}
    message = {"from": person, "id": name, "timestamp": str(int(time.time())), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1555", "phone_number_id": own},
        "contacts": [{"profile": {"name": "Mia"}, "wa_id": person}],
        "messages": [{**message, "text": {"body": text}}],
    }
    entry = {"id": "waba", "changes": [{"value": value, "field": "messages"}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@asynccontextmanager
async def whatsapp() -> AsyncGenerator[Player]:
    async with _meta("whatsapp") as player:
        yield player


@asynccontextmanager
async def messenger() -> AsyncGenerator[Player]:
    async with _meta("messenger") as player:
        yield player


@asynccontextmanager
async def instagram() -> AsyncGenerator[Player]:
    async with _meta("instagram") as player:
        yield player


@asynccontextmanager
async def tiktok() -> AsyncGenerator[Player]:
    async with tiktok_peer() as peer:

        async def write(at: Line, text: str, name: str) -> int:
            peer.hook = at.hook
            content: dict[str, Any] = {
                "type": "text",
                "text": {"body": text},
                "message_id": name,
                "conversation_id": "room",
                "timestamp": 1_790_000_000_000,
                "from": "mia",
                "from_user": {"id": "user-7"},
                "to_user": {"id": BUSINESS},
            }
            return (
                await peer.tell("im_receive_msg", **{**content, "timestamp": _ms()})
            ).status_code

        def fault(kind: Fault) -> None:
            if kind == "silence":
                peer.answers.append(Silence)
            elif kind == "429":
                peer.script.append(lambda: said(40100, "Too fast"))
            else:
                peer.script.append(lambda: said(50000, "System error"))

        secrets = {"app_id": APP, "app_secret": TIKTOK_SECRET, "business_id": BUSINESS}
        yield Player(
            peer=peer,
            name="tiktok",
            channel="tiktok",
            credentials={**secrets, "access_token": "access-1", "refresh_token": "refresh-1"},
            settings=ConnectionSettings(base_url=peer.url),
            account=BUSINESS,
            write=write,
            texts=lambda: peer.texts,
            fault=fault,
            new_token=lambda: _token(peer, "another"),
            old_token=lambda: _token(peer, "access-1"),
        )


@asynccontextmanager
async def sms() -> AsyncGenerator[Player]:
    async with twilio_peer() as peer:

        async def write(at: Line, text: str, name: str) -> int:
            peer.hook = at.hook
            return (await peer.text(text, name)).status_code

        def fault(kind: Fault) -> None:
            if kind == "silence":
                peer.answers.append(Silence)
                return
            status, code = (429, 20429) if kind == "429" else (500, 20500)
            told = {"code": code, "message": "scripted", "status": status}
            peer.script.append(lambda: JSONResponse(told, status, {"retry-after": "0"}))

        yield Player(
            peer=peer,
            name="sms",
            channel="sms",
            credentials={"account_sid": ACCOUNT, "auth_token": TWILIO_TOKEN, "sender": NUMBER},
            settings=ConnectionSettings(base_url=peer.url),
            account=NUMBER,
            write=write,
            texts=lambda: peer.texts,
            fault=fault,
            new_token=lambda: _token(peer, "another"),
            old_token=lambda: _token(peer, TWILIO_TOKEN),
            found_again=True,
        )


@asynccontextmanager
async def _telegram(polled: bool) -> AsyncGenerator[Player]:
    async with telegram_peer() as peer:
        if not polled:
            peer.hook, peer.secret = "to be set", TELEGRAM_SECRET

        async def write(at: Line, text: str, name: str) -> int:
            peer.hook = "" if polled else at.hook
            who = {"id": 77, "is_bot": False, "first_name": "Mia"}
            number = int(name.removeprefix("m"))
            message = {"message_id": number, "from": who, "chat": {"id": 77, "type": "private"}}
            answer = await peer.say(message={**message, "date": int(time.time()), "text": text})
            return answer.status_code if answer else 200

        def fault(kind: Fault) -> None:
            scripted = {
                "429": refusing(429, "Too Many Requests: retry after 0", retry_after=0),
                "500": refusing(500),
            }
            if kind == "silence":
                peer.answers.append(Silence)
            else:
                peer.script.append(scripted[kind])

        secret = {} if polled else {"secret": TELEGRAM_SECRET}
        yield Player(
            peer=peer,
            name="telegram by polling" if polled else "telegram by webhook",
            channel="telegram",
            credentials={"token": TELEGRAM_TOKEN, **secret},
            settings=ConnectionSettings(base_url=peer.url),
            write=write,
            texts=lambda: [one["read"] for one in peer.taken],
            fault=fault,
            new_token=lambda: _token(peer, "1:another"),
            old_token=lambda: _token(peer, TELEGRAM_TOKEN),
        )


@asynccontextmanager
async def polled_telegram() -> AsyncGenerator[Player]:
    async with _telegram(True) as player:
        yield player


@asynccontextmanager
async def hooked_telegram() -> AsyncGenerator[Player]:
    async with _telegram(False) as player:
        yield player


@asynccontextmanager
async def slack() -> AsyncGenerator[Player]:
    async with slack_peer() as peer:
        began = int(time.time())

        async def write(at: Line, text: str, name: str) -> int:
            told = peer.said(text, ts=f"{began}.{int(name.removeprefix('m')):06d}")
            return (await at.post(*signed(told))).status_code

        def fault(kind: Fault) -> None:
            method = "chat.postMessage"
            if kind == "silence":
                peer.after.setdefault(method, []).append(lambda _: cut_off())
                return
            status = int(kind)
            answer = Response(status_code=status, headers={"retry-after": "0"})
            peer.before.setdefault(method, []).append(lambda _: answer)

        yield Player(
            peer=peer,
            name="slack",
            channel="slack",
            credentials={"bot_token": SLACK_TOKEN, "signing_secret": SLACK_SECRET},
            settings=ConnectionSettings(base_url=peer.url),
            account="T1",
            write=write,
            texts=lambda: peer.texts,
            fault=fault,
            new_token=lambda: peer.tokens.discard(SLACK_TOKEN),
            old_token=lambda: peer.tokens.add(SLACK_TOKEN),
            found_again=True,
        )


@asynccontextmanager
async def discord() -> AsyncGenerator[Player]:
    async with discord_peer() as peer:
        peer.channels["51"] = {"id": "51", "type": 1}
        written: dict[str, dict[str, Any]] = {}

        async def write(at: Line, text: str, name: str) -> int:
            await peer.ready.wait()
            told = written.setdefault(name, {}) or peer.message(text, "51")
            written[name] = told
            await peer.dispatch("MESSAGE_CREATE", told)
            return 200

        def fault(kind: Fault) -> None:
            if kind == "silence":
                peer.after.append(lambda _: cut_off())
                return
            told = {"message": "scripted", "retry_after": 0.0, "global": False}
            peer.before.append(lambda _: JSONResponse(told, int(kind)))

        yield Player(
            peer=peer,
            name="discord",
            channel="discord",
            credentials={"token": DISCORD_TOKEN},
            settings=ConnectionSettings(base_url=peer.url),
            write=write,
            texts=lambda: [one["content"] for one in peer.said],
            fault=fault,
            new_token=lambda: _token(peer, "another"),
            old_token=lambda: _token(peer, DISCORD_TOKEN),
            repeatable=True,
        )


@asynccontextmanager
async def line_app() -> AsyncGenerator[Player]:
    async with line_peer() as peer:

        async def write(at: Line, text: str, name: str) -> int:
            peer.hook = at.hook
            event = {
                "type": "message",
                "mode": "active",
                "timestamp": _ms(),
                "source": {"type": "user", "userId": "U4af4980629"},
                "webhookEventId": f"01EV{next(_ids)}",
                "deliveryContext": {"isRedelivery": False},
                "message": {"type": "text", "id": name, "text": text},
            }
            return (await peer.tell(event)).status_code

        def fault(kind: Fault) -> None:
            if kind == "silence":
                peer.answers.append(Silence)
                return
            answer = JSONResponse({"message": "scripted"}, int(kind), {"retry-after": "0"})
            peer.script.append(lambda: answer)

        yield Player(
            peer=peer,
            name="line",
            channel="line",
            credentials={"channel_secret": LINE_SECRET, "access_token": LINE_TOKEN},
            settings=ConnectionSettings(base_url=peer.url),
            account=LINE_BOT,
            write=write,
            texts=lambda: peer.texts,
            fault=fault,
            new_token=lambda: _token(peer, "another"),
            old_token=lambda: _token(peer, LINE_TOKEN),
            repeatable=True,
        )


@asynccontextmanager
async def custom() -> AsyncGenerator[Player]:
    async with http_shop() as peer:

        async def write(at: Line, text: str, name: str) -> int:
            told = {"id": name, "text": text, "from": {"id": "c-7", "name": "Mia"}}
            body = msgspec.json.encode({"type": "message.created", "data": told})
            key, now = f"msg_{next(_ids)}", datetime.now(UTC)
            headers = {
                "webhook-id": key,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(HTTP_SECRET).sign(key, now, body.decode()),
            }
            async with httpx.AsyncClient() as http:
                return (await http.post(at.hook, content=body, headers=headers)).status_code

        def fault(kind: Fault) -> None:
            if kind == "silence":
                peer.answers.append(Silence)
                return
            answer = Response(status_code=int(kind), headers={"retry-after": "0"})
            peer.script.append(lambda: answer)

        yield Player(
            peer=peer,
            name="custom",
            channel="http",
            credentials={"secret": HTTP_SECRET},
            settings=ConnectionSettings(endpoint=peer.url),
            write=write,
            texts=lambda: peer.texts,
            fault=fault,
            new_token=lambda: None,
            old_token=lambda: None,
            repeatable=True,
        )


PLAYERS = {
    "custom": custom,
    "discord": discord,
    "instagram": instagram,
    "line": line_app,
    "messenger": messenger,
    "slack": slack,
    "sms": sms,
    "telegram by polling": polled_telegram,
    "telegram by webhook": hooked_telegram,
    "tiktok": tiktok,
    "whatsapp": whatsapp,
}
"""How each is started."""
