"""Discord at the far end: its gateway, with sessions that can be resumed, and its HTTP API.

https://docs.discord.com/developers/events/gateway and .../resources/message. It refuses a wrong
token, a nonce that is too long, a channel it does not know and a person who takes no direct
messages; a repeated nonce makes no second message.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from shopbell.demo.peers.serving import peer_server

TOKEN, BOT, APP, GUILD = "bot-token", "900", "901", "700"
HELP, FORUM, LOUNGE, POST = "10", "11", "12", "20"
CONTENT_INTENT = 1 << 15
THREAD = {
    "archived": False,
    "auto_archive_duration": 1440,
    "archive_timestamp": "2026-01-01T00:00:00+00:00",
}
EPOCH_MS = 1_420_070_400_000

APPLICATION: dict[str, Any] = {
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "0" * 64,
    "summary": "",
    "owner": {"id": "2", "username": "ben", "discriminator": "0", "avatar": None},
}

Told = dict[str, Any]
Scripted = Callable[[Told], Response | None]


def cut_off() -> Response:
    """An answer that breaks off: whoever asked cannot know what became of it."""

    async def begun() -> AsyncIterator[bytes]:
        yield b"{"

    return StreamingResponse(begun(), headers={"content-length": "100"})


def refused(status: int, code: int = 0, **more: Any) -> Response:
    return JSONResponse({"code": code, "message": "refused", **more}, status)


def person(name: str, user: str = "1") -> Told:
    told = {"id": user, "username": name.lower(), "global_name": name}
    return {**told, "discriminator": "0", "avatar": None}


@dataclass
class Session:
    """What a session was sent, so that it can be sent again from any point."""

    sent: list[Told] = field(default_factory=list[Told])


@dataclass
class DiscordPeer:
    """`messages` by channel; `said` are the bodies of the bot's own, each once.

    `before` and `after` decide about the next sendings before and after they are done.
    """

    url: str = ""
    token: str = TOKEN
    intents_allowed: bool = True
    deaf: set[str] = field(default_factory=set[str])
    channels: dict[str, Told] = field(default_factory=dict[str, Told])
    messages: dict[str, list[Told]] = field(default_factory=dict[str, list[Told]])
    said: list[Told] = field(default_factory=list[Told])
    nonces: dict[str, Told] = field(default_factory=dict[str, Told])
    commands: list[Told] = field(default_factory=list[Told])
    interactions: list[Told] = field(default_factory=list[Told])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    before: list[Scripted] = field(default_factory=list[Scripted])
    after: list[Scripted] = field(default_factory=list[Scripted])
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    sockets: list[WebSocket] = field(default_factory=list[WebSocket])
    greeted: list[Told] = field(default_factory=list[Told])
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    closes: list[int] = field(default_factory=list[int])
    heartbeat_ms: int = 41_250
    resume_path: str = "/gw"
    forgetful: bool = False
    mute: bool = False
    beats: int = 0
    _counter: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        for name, kind in ((HELP, 0), (FORUM, 15), (LOUNGE, 0)):
            known = {"id": name, "type": kind, "guild_id": GUILD, "name": f"channel-{name}"}
            self.channels[name] = {**known, "position": 0, "permission_overwrites": []}
        self.thread(POST, FORUM, owner="1")

    def thread(self, name: str, parent: str, owner: str) -> Told:
        """A thread, or a forum's post, begun by somebody."""
        self.channels[name] = {
            "id": name, "type": 11, "guild_id": GUILD, "parent_id": parent, "owner_id": owner,
            "name": f"thread-{name}", "message_count": 2, "member_count": 2, "thread_metadata": THREAD,
        }  # fmt: skip
        return self.channels[name]

    def snowflake(self) -> str:
        at = int(time.time() * 1000) - EPOCH_MS
        return str((at << 22) + next(self._counter))

    def message(self, text: str, channel: str, author: Told | None = None, **more: Any) -> Told:
        """A person's message, kept in its channel."""
        told: Told = {
            "id": self.snowflake(),
            "type": 0,
            "channel_id": channel,
            "author": author or person("Mia"),
            "content": text,
            "timestamp": datetime.now(UTC).isoformat(),
            "edited_timestamp": None,
            "attachments": [],
            "embeds": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "flags": 0,
            **more,
        }
        self.messages.setdefault(channel, []).append(told)
        return told

    async def say(self, text: str, channel: str, author: Told | None = None, **more: Any) -> Told:
        """A person writes, and whoever listens hears it."""
        roles = more.pop("roles", [])
        told = self.message(text, channel, author, **more)
        await self.dispatch("MESSAGE_CREATE", self.heard(told, roles))
        return told

    def heard(self, message: Told, roles: list[str] | None = None) -> Told:
        """A message as the gateway tells it: with its guild and its writer's roles."""
        guild = self.channels.get(message["channel_id"], {}).get("guild_id")
        return {**message, "guild_id": guild, "member": _member(roles)} if guild else message

    async def dispatch(self, kind: str, data: Told) -> None:
        """Tell the newest session, now or when it is resumed."""
        session = list(self.sessions.values())[-1]
        frame = {"op": 0, "t": kind, "s": len(session.sent) + 1, "d": data}
        session.sent.append(frame)
        if self.sockets:
            await _frame(self.sockets[-1], frame)

    async def close(self, code: int) -> None:
        """End the connection with this code."""
        socket = self.sockets.pop()
        self.ready.clear()
        await socket.close(code)

    async def gateway(self, socket: WebSocket) -> None:
        await socket.accept()
        await _frame(socket, {"op": 10, "d": {"heartbeat_interval": self.heartbeat_ms}})
        try:
            while True:
                told = msgspec.json.decode(await socket.receive_text())
                await self._told(socket, told["op"], told["d"])
        except WebSocketDisconnect as gone:
            self.closes.append(gone.code)
        except (RuntimeError, asyncio.CancelledError):
            pass
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)

    async def _told(self, socket: WebSocket, op: int, data: Any) -> None:
        if op == 1:
            self.beats += 1
            if not self.mute:
                await _frame(socket, {"op": 11})
            return
        self.greeted.append({"op": op, **data})
        if data["token"] != self.token:
            await socket.close(4004)
            return
        if op == 2 and data["intents"] & CONTENT_INTENT and not self.intents_allowed:
            await socket.close(4014)
            return
        if op == 6:
            session = self.sessions.get(data["session_id"])
            if session is None or self.forgetful:
                await _frame(socket, {"op": 9, "d": False})
                return
            missed = session.sent[data["seq"] :]
        else:
            name = f"s{len(self.sessions) + 1}"
            session = self.sessions[name] = Session()
            first = {
                "session_id": name,
                "resume_gateway_url": self._gateway.removesuffix("/gw") + self.resume_path,
                "user": {**person("help", BOT), "bot": True},
                "application": {"id": APP, "flags": 0},
                "guilds": [{"id": GUILD, "unavailable": True}],
            }
            plain = [one for one in self.channels.values() if one["type"] in (0, 15)]
            guild = {
                "id": GUILD,
                "name": "Wetherfold",
                "channels": plain,
                "threads": self._threads(),
            }
            guild |= {"roles": [], "emojis": [], "stickers": [], "features": [], "members": []}
            guild |= {
                "member_count": 3,
                "owner_id": "2",
                "verification_level": 0,
                "afk_timeout": 60,
            }
            missed = [
                {"op": 0, "t": "READY", "s": 1, "d": first},
                {"op": 0, "t": "GUILD_CREATE", "s": 2, "d": guild},
            ]
            session.sent += missed
        for frame in missed:
            await _frame(socket, frame)
        if op == 6:
            await _frame(socket, {"op": 0, "t": "RESUMED", "s": len(session.sent), "d": {}})
        self.sockets.append(socket)
        self.ready.set()

    def _threads(self) -> list[Told]:
        return [one for one in self.channels.values() if one["type"] == 11]

    @property
    def _gateway(self) -> str:
        return self.url.replace("http", "ws", 1) + "/gw"

    async def api(self, request: Request) -> Response:
        path, method = request.path_params["path"].split("/"), request.method
        if request.headers.get("authorization") != f"Bot {self.token}":
            return refused(401)
        if not request.headers.get("user-agent", "").startswith("DiscordBot ("):
            return refused(403, 40333)
        match method, path:
            case "GET", ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                told = {"url": self._gateway, "shards": 1, "session_start_limit": limit}
                return JSONResponse(told)
            case "GET", ["users", "@me"]:
                return JSONResponse({**person("help", BOT), "bot": True})
            case "GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]:
                flags = 1 << 19 if self.intents_allowed else 0
                return JSONResponse({"id": APP, "name": "help", "flags": flags, **APPLICATION})
            case "POST", ["applications", _, "commands"]:
                self.commands.append(await request.json())
                return JSONResponse({"id": "1"})
            case "POST", ["interactions", *_]:
                self.interactions.append(await request.json())
                return Response(status_code=204)
            case "POST", ["users", "@me", "channels"]:
                return self._open(await request.json())
            case "GET", ["channels", name]:
                known = self.channels.get(name)
                return JSONResponse(known) if known else refused(404, 10003)
            case "GET", ["channels", name, "messages"]:
                return self._history(name, request.query_params)
            case "POST", ["channels", name, "messages"]:
                return await self._post(name, request)
            case _:
                return refused(404)

    def _open(self, body: Told) -> Response:
        name = f"5{body['recipient_id']}"
        who = person("Mia", body["recipient_id"])
        made = {"id": name, "type": 1, "recipients": [who], "last_message_id": None}
        self.channels.setdefault(name, made)
        return JSONResponse(made)

    def _history(self, channel: str, asked: Mapping[str, str]) -> Response:
        """The first messages after one, or else the last, newest first (.../resources/message)."""
        known, most = self.messages.get(channel, []), int(asked.get("limit", "50"))
        after, before = int(asked.get("after", "0")), int(asked.get("before", str(1 << 63)))
        found = [one for one in known if after < int(one["id"]) < before]
        return JSONResponse((found[:most] if "after" in asked else found[-most:])[::-1])

    async def _post(self, channel: str, request: Request) -> Response:
        names: list[str] = []
        if request.headers["content-type"].startswith("multipart/"):
            async with request.form() as form:
                body = msgspec.json.decode(str(form["payload_json"]))
                for one in form.values():
                    if isinstance(one, UploadFile):
                        names.append(one.filename or "")
                        self.files[one.filename or ""] = await one.read()
        else:
            body = msgspec.json.decode(await request.body())
        if self.before and (scripted := self.before.pop(0)(body)) is not None:
            return scripted
        answer = self._made(channel, body, names)
        if self.after and (scripted := self.after.pop(0)(body)) is not None:
            return scripted
        return answer

    def _made(self, channel: str, body: Told, names: list[str]) -> Response:
        if channel not in self.channels:
            return refused(404, 10003)
        if self.channels[channel]["type"] == 1 and channel.removeprefix("5") in self.deaf:
            return refused(403, 50007)
        content = body.get("content") or ""
        if len(content) > 2_000 or len(body.get("nonce") or "") > 25:
            return refused(400, 50035)
        if not content and not names:
            return refused(400, 50006)
        if body.get("enforce_nonce") and body.get("nonce") in self.nonces:
            return JSONResponse(self.nonces[body["nonce"]])
        told = self.message(content, channel, {**person("help", BOT), "bot": True})
        told["attachments"] = [self._attached(one) for one in names]
        if reference := body.get("message_reference"):
            told |= {"type": 19, "message_reference": {"channel_id": channel, **reference}}
        if "nonce" in body:
            told["nonce"] = body["nonce"]
            self.nonces[body["nonce"]] = told
        self.said.append(
            {**body, "content": content, "channel_id": channel, "id": told["id"], "files": names}
        )
        return JSONResponse(told)

    def _attached(self, name: str) -> Told:
        url = f"{self.url}/files/{name}"
        about = {"id": self.snowflake(), "filename": name, "size": len(self.files[name])}
        return {**about, "url": url, "proxy_url": url}

    async def download(self, request: Request) -> Response:
        body = self.files.get(request.path_params["name"])
        return Response(body) if body is not None else Response(status_code=404)


def _member(roles: list[str] | None) -> Told:
    since = "2026-01-01T00:00:00+00:00"
    return {"roles": roles or [], "joined_at": since, "deaf": False, "mute": False, "flags": 0}


async def _frame(socket: WebSocket, frame: Told) -> None:
    await socket.send_text(msgspec.json.encode(frame).decode())


@asynccontextmanager
async def discord_peer() -> AsyncGenerator[DiscordPeer]:
    """A running peer."""
    peer = DiscordPeer()
    app = Starlette(
        routes=[
            Route("/api/v10/{path:path}", peer.api, methods=["GET", "POST"]),
            Route("/files/{name}", peer.download),
            WebSocketRoute("/gw", peer.gateway),
            WebSocketRoute("/gw/", peer.gateway),
        ]
    )
    async with peer_server(app) as url:
        peer.url = url
        yield peer
