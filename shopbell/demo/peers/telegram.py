"""A Bot API on the loopback: it knows its token, takes what Telegram takes and refuses the rest.

https://core.telegram.org/bots/api. `say` hands out an update as Telegram would: to who asks for
updates, or to the webhook where one is set, under its secret token.
"""

import asyncio
import itertools
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shopbell.demo.peers.serving import PATIENCE_S, peer_server

TOKEN = "123456:test-token"
SECRET = "hook-secret_1"
BOT = {"id": 123456, "is_bot": True, "first_name": "Our shop", "username": "shop_bot"}
MOST_TEXT = 4096
TAGS = {"text", "b", "i", "s", "u", "code", "pre", "a", "blockquote"}
Scripted = Callable[[], Response | None]


@dataclass
class TelegramPeer:
    """`taken` are the messages it took, `asked` every method called; `script` decides about the next
    sendings, `answers` about what is said after they are taken; `files` are what may be fetched; `blocked` the chats that shut the bot out."""

    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asked: list[str] = field(default_factory=list[str])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    blocked: set[str] = field(default_factory=set[str])
    script: list[Scripted] = field(default_factory=list[Scripted])
    answers: list[Scripted] = field(default_factory=list[Scripted])
    token: str = TOKEN
    hook: str = ""
    secret: str = ""
    updates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    allowed: list[str] = field(default_factory=list[str])
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(500))
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def texts(self) -> list[str]:
        return [one.get("text", "") for one in self.taken]

    async def say(self, **update: Any) -> httpx.Response | None:
        """Hand out one update; what the webhook answered."""
        whole = {"update_id": next(self.numbers), **update}
        if self.hook:
            async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
                headers = {"x-telegram-bot-api-secret-token": self.secret}
                return await http.post(self.hook, json=whole, headers=headers)
        async with self.news:
            self.updates.append(whole)
            self.news.notify_all()
        return None

    async def receive(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            return _no(401, "Unauthorized")
        method = request.path_params["method"]
        self.asked.append(method)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form() as form:
                given: dict[str, Any] = {
                    name: value
                    if isinstance(value, str)
                    else (value.filename, value.content_type, await value.read())
                    for name, value in form.items()
                }
        elif request.headers.get("content-type", "").startswith("application/json"):
            given = msgspec.json.decode(await request.body() or b"{}")
        else:
            given = dict(parse_qsl((await request.body()).decode()))
        match method:
            case "getMe":
                return _yes(BOT)
            case "getWebhookInfo":
                told = {"url": self.hook, "has_custom_certificate": False}
                return _yes({**told, "pending_update_count": len(self.updates)})
            case "setWebhook":
                self.hook, self.secret = given.get("url", ""), given.get("secret_token", "")
                return _yes(True)
            case "deleteWebhook":
                self.hook = ""
                return _yes(True)
            case "getUpdates":
                return await self._hand_out(given)
            case "getFile":
                return self._file(given)
            case _ if method.startswith("send"):
                return self._take(method, given)
            case _:
                return _no(404, "Not Found: method not found")

    async def _hand_out(self, given: dict[str, Any]) -> Response:
        if self.hook:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active")
        allowed, offset = given.get("allowed_updates", []), int(given.get("offset", 0))
        self.allowed = msgspec.json.decode(allowed) if isinstance(allowed, str) else allowed
        async with self.news:
            self.updates = [one for one in self.updates if one["update_id"] >= offset]
            if not self.updates and int(given.get("timeout", 0)):
                try:
                    async with asyncio.timeout(min(int(given["timeout"]), 2)):
                        await self.news.wait()
                except TimeoutError:
                    pass
            return _yes(self.updates[:100])

    def _file(self, given: dict[str, Any]) -> Response:
        name = given.get("file_id", "")
        if name not in self.files:
            return _no(400, "Bad Request: invalid file_id")
        if len(self.files[name]) > 20_000_000:
            return _no(400, "Bad Request: file is too big")
        about = {"file_unique_id": f"u{name}", "file_size": len(self.files[name])}
        return _yes({"file_id": name, **about, "file_path": f"photos/{name}.jpg"})

    def _take(self, method: str, given: dict[str, Any]) -> Response:
        if self.script:
            answer = self.script.pop(0)()
            if answer is not None:
                return answer
        if str(given.get("chat_id")) in self.blocked:
            return _no(403, "Forbidden: bot was blocked by the user")
        text = given.get("text", "")
        if given.get("parse_mode") == "HTML":
            try:
                tree = ET.fromstring(f"<text>{text}</text>")  # noqa: S314 - our own words
            except ET.ParseError:
                return _no(400, "Bad Request: can't parse entities: unclosed tag")
            if not {one.tag for one in tree.iter()} <= TAGS:
                return _no(400, "Bad Request: can't parse entities: unsupported start tag")
            text = "".join(tree.itertext())
        if method == "sendMessage" and not text.strip():
            return _no(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > MOST_TEXT:
            return _no(400, "Bad Request: message is too long")
        self.taken.append({"method": method, **given, "read": text})
        if self.answers and (answer := self.answers.pop(0)()) is not None:
            return answer
        made = {"message_id": next(self.ids), "from": BOT, "date": int(time.time()), "text": text}
        return _yes({**made, "chat": {"id": int(given["chat_id"]), "type": "private"}})

    async def download(self, request: Request) -> Response:
        name = request.path_params["path"].removeprefix("photos/").removesuffix(".jpg")
        if request.path_params["token"] != self.token or name not in self.files:
            return Response(status_code=404)
        return Response(self.files[name], media_type="image/jpeg")


def refusing(
    status: int, description: str = "Internal Server Error", **parameters: Any
) -> Scripted:
    """One sending refused like this."""
    return lambda: _no(status, description, **parameters)


def _yes(result: Any) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _no(status: int, description: str, **parameters: Any) -> Response:
    body = {"ok": False, "error_code": status, "description": description}
    return JSONResponse({**body, "parameters": parameters} if parameters else body, status)


@asynccontextmanager
async def telegram_peer() -> AsyncGenerator[TelegramPeer]:
    """A running peer."""
    peer = TelegramPeer()
    routes = [
        Route("/bot{token}/{method}", peer.receive, methods=["POST"]),
        Route("/file/bot{token}/{path:path}", peer.download),
    ]
    async with peer_server(Starlette(routes=routes)) as url:
        peer.url = url
        yield peer
