"""Slack at the far end: its Web API, signed events, and socket mode, with what they refuse.

https://docs.slack.dev/apis/web-api, https://docs.slack.dev/apis/events-api/using-socket-mode. It
refuses a wrong token, a channel it does not know, a person who takes no direct messages, and a
message that is too long; it answers refusals with 200 and `ok: false` as the real one does.
"""

import asyncio
import hmac
import itertools
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from shopbell.demo.peers.serving import peer_server

TEAM, APP, BOT, BOT_ID = "T1", "A1", "UBOT", "BBOT"
TOKEN, APP_TOKEN, SECRET = "xoxb-peer", "xapp-peer", "8f742231b10e8888abcd99yyyzzz85a5"
SCOPES = "chat:write,im:history,im:write,files:read,files:write,channels:history"

Told = dict[str, Any]
Scripted = Callable[[Told], Response | None]


def cut_off() -> Response:
    """An answer that breaks off: whoever asked cannot know what became of it."""

    async def begun() -> AsyncIterator[bytes]:
        yield b"{"

    return StreamingResponse(begun(), headers={"content-length": "100"})


def refused(code: str) -> Response:
    return JSONResponse({"ok": False, "error": code})


@dataclass
class SlackPeer:
    """`posted` is what stands in conversations, `whispered` what one person was shown.

    `before` and `after` decide, by method, about the next calls before and after they are done.
    """

    url: str = ""
    tokens: set[str] = field(default_factory=lambda: {TOKEN, APP_TOKEN})
    channels: set[str] = field(default_factory=lambda: {"C1", "C2", "DMIA"})
    deaf: set[str] = field(default_factory=set[str])
    people: dict[str, str] = field(default_factory=dict[str, str])
    may_read_people: bool = True
    asked: list[str] = field(default_factory=list[str])
    away: int = 0
    calls: list[tuple[str, Told]] = field(default_factory=list[tuple[str, Told]])
    posted: list[Told] = field(default_factory=list[Told])
    whispered: list[Told] = field(default_factory=list[Told])
    uploads: dict[str, bytes] = field(default_factory=dict[str, bytes])
    shared: list[Told] = field(default_factory=list[Told])
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    before: dict[str, list[Scripted]] = field(default_factory=dict[str, list[Scripted]])
    after: dict[str, list[Scripted]] = field(default_factory=dict[str, list[Scripted]])
    sockets: list[WebSocket] = field(default_factory=list[WebSocket])
    acked: list[str] = field(default_factory=list[str])
    _clock: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def texts(self) -> list[str]:
        return [one["text"] for one in self.posted]

    def ts(self) -> str:
        return f"{time.time() - 1:.0f}.{next(self._clock):06d}"

    def event(self, event: Told, **around: Any) -> Told:
        """An event in its envelope, as the hook and the socket get it."""
        return {
            "token": "old",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event_id": f"Ev{next(self._clock)}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
            "event": event,
            **around,
        }

    def said(self, text: str, user: str = "UMIA", channel: str = "DMIA", **more: Any) -> Told:
        """A person's message."""
        around = {name: more.pop(name) for name in ("is_ext_shared_channel",) if name in more}
        message = {
            "type": "message",
            "user": user,
            "team": TEAM,
            "text": text,
            "ts": self.ts(),
            "channel": channel,
            "channel_type": "im" if channel.startswith("D") else "channel",
            **more,
        }
        return self.event(message, **around)

    async def tell(self, payload: Told, kind: str = "events_api") -> str:
        """Send something down the last socket that was opened; its envelope."""
        envelope = f"env-{next(self._clock)}"
        frame = {
            "envelope_id": envelope,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            frame |= {"retry_attempt": 0, "retry_reason": ""}
        await self.sockets[-1].send_text(msgspec.json.encode(frame).decode())
        return envelope

    async def api(self, request: Request) -> Response:
        method = request.path_params["method"]
        form = await _form(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        wants = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if token not in self.tokens:
            return refused("invalid_auth")
        if token != wants:
            return refused("not_allowed_token_type")
        self.calls.append((method, form))
        for step in self.before.get(method, [])[:1]:
            self.before[method].pop(0)
            if (scripted := step(form)) is not None:
                return scripted
        done = getattr(self, _snake(method), None)
        answer: Response = done(form) if done else refused("unknown_method")
        for step in self.after.get(method, [])[:1]:
            self.after[method].pop(0)
            if (scripted := step(form)) is not None:
                return scripted
        return answer

    def auth_test(self, form: Told) -> Response:
        told = {
            "ok": True,
            "url": "https://wetherfold.slack.com/",
            "team": "Wetherfold",
            "user": "help",
            "team_id": TEAM,
            "user_id": BOT,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }
        return JSONResponse(told, headers={"x-oauth-scopes": SCOPES})

    def users_info(self, form: Told) -> Response:
        if self.away:
            self.away -= 1
            return Response(status_code=429, headers={"retry-after": "0"})
        self.asked.append(form["user"])
        if not self.may_read_people:
            return JSONResponse({"ok": False, "error": "missing_scope", "needed": "users:read"})
        if form["user"] not in self.people:
            return refused("user_not_found")
        profile = {"display_name": "", "real_name": self.people[form["user"]]}
        return JSONResponse({"ok": True, "user": {"id": form["user"], "profile": profile}})

    def apps_connections_open(self, form: Told) -> Response:
        return JSONResponse({"ok": True, "url": self.url.replace("http", "ws", 1) + "/link/?t=1"})

    def conversations_open(self, form: Told) -> Response:
        if form["users"] in self.deaf:
            return refused("user_not_found")
        channel = f"D{form['users'].removeprefix('U')}"
        self.channels.add(channel)
        return JSONResponse({"ok": True, "channel": {"id": channel}})

    def chat_post_message(self, form: Told) -> Response:
        if form["channel"] not in self.channels:
            return refused("channel_not_found")
        if len(form["text"]) > 40_000:
            return refused("msg_too_long")
        message = {**form, "type": "message", "user": BOT, "bot_id": BOT_ID, "ts": self.ts()}
        message["metadata"] = msgspec.json.decode(form.get("metadata", "{}"))
        self.posted.append(message)
        said = {"channel": form["channel"], "ts": message["ts"], "message": message}
        return JSONResponse({"ok": True, **said})

    def chat_post_ephemeral(self, form: Told) -> Response:
        if form["channel"] not in self.channels:
            return refused("channel_not_found")
        self.whispered.append(form)
        return JSONResponse({"ok": True, "message_ts": self.ts()})

    def conversations_history(self, form: Told) -> Response:
        found = [
            one
            for one in self.posted
            if one["channel"] == form["channel"]
            and float(one["ts"]) > float(form.get("oldest", "0"))
        ]
        if form.get("include_all_metadata") not in ("true", "1", "True"):
            found = [{**one, "metadata": {}} for one in found]
        page = found[::-1][: int(form.get("limit", "100"))]
        return JSONResponse({"ok": True, "messages": page, "has_more": len(page) < len(found)})

    def conversations_replies(self, form: Told) -> Response:
        return self.conversations_history(form)

    def files_get_upload_url_external(self, form: Told) -> Response:
        name = f"F{next(self._clock)}"
        self.files[name] = (form["filename"], b"")
        return JSONResponse({"ok": True, "upload_url": f"{self.url}/up/{name}", "file_id": name})

    def files_complete_upload_external(self, form: Told) -> Response:
        given: list[Told] = msgspec.json.decode(form["files"])
        if any(one["id"] not in self.uploads for one in given):
            return refused("file_not_found")
        self.shared.append(form)
        files = [{"id": one["id"], "title": one.get("title", "")} for one in given]
        return JSONResponse({"ok": True, "files": files})

    def files_info(self, form: Told) -> Response:
        if form["file"] not in self.files:
            return refused("file_not_found")
        address = f"{self.url}/files/{form['file']}"
        file = {"id": form["file"], "name": self.files[form["file"]][0]}
        return JSONResponse({"ok": True, "file": {**file, "url_private_download": address}})

    async def upload(self, request: Request) -> Response:
        self.uploads[request.path_params["name"]] = await request.body()
        return PlainTextResponse("OK")

    async def download(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response("<!DOCTYPE html><title>Sign in</title>", media_type="text/html")
        name, body = self.files[request.path_params["name"].partition("-")[0]]
        return Response(body, headers={"content-disposition": f'attachment; filename="{name}"'})

    async def link(self, socket: WebSocket) -> None:
        await socket.accept()
        hello = {"type": "hello", "connection_info": {"app_id": APP}, "num_connections": 1}
        await socket.send_text(msgspec.json.encode(hello).decode())
        self.sockets.append(socket)
        try:
            while True:
                self.acked.append(msgspec.json.decode(await socket.receive_text())["envelope_id"])
        except (WebSocketDisconnect, asyncio.CancelledError):
            pass


def signed(told: Told | bytes, at: int | str | None = None) -> tuple[bytes, dict[str, str]]:
    """A request's body, and the headers by which Slack signs it."""
    body = told if isinstance(told, bytes) else msgspec.json.encode(told)
    at = str(int(time.time()) if at is None else at)
    digest = hmac.digest(SECRET.encode(), f"v0:{at}:".encode() + body, "sha256")
    return body, {
        "content-type": "application/json",
        "x-slack-request-timestamp": at,
        "x-slack-signature": f"v0={digest.hex()}",
    }


def shortcut(message: Told, channel: str, by: str, callback: str = "hand_to_desk") -> bytes:
    """What a message's menu sends: a form with JSON in it."""
    told = {
        "type": "message_action",
        "callback_id": callback,
        "team": {"id": TEAM, "domain": "wetherfold"},
        "user": {"id": by, "name": "mod", "team_id": TEAM},
        "channel": {"id": channel, "name": "help"},
        "message": message,
        "response_url": "https://hooks.slack.com/app/T1/1/x",
    }
    return urlencode({"payload": msgspec.json.encode(told).decode()}).encode()


async def _form(request: Request) -> Told:
    """What a method was given: as a form, or as JSON, whose values then are texts all the same."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        given = msgspec.json.decode(body, type=Told)
        return {
            name: one if isinstance(one, str) else msgspec.json.encode(one).decode()
            for name, one in given.items()
        }
    asked = {name: one[0] for name, one in parse_qs(body.decode()).items()}
    return {**request.query_params, **asked}


def _snake(method: str) -> str:
    """The function that plays a method: `chat.postMessage` is `chat_post_message`."""
    words = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", method.replace(".", "_")).lower()
    return words.replace("_urlexternal", "_url_external")


@asynccontextmanager
async def slack_peer() -> AsyncGenerator[SlackPeer]:
    """A running peer."""
    peer = SlackPeer()
    app = Starlette(
        routes=[
            Route("/api/{method}", peer.api, methods=["GET", "POST"]),
            Route("/up/{name}", peer.upload, methods=["POST"]),
            Route("/files/{name}", peer.download),
            WebSocketRoute("/link/", peer.link),
        ]
    )
    async with peer_server(app) as url:
        peer.url = url
        yield peer
