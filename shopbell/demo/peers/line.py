"""LINE's Messaging API on the loopback: bearer tokens, retry keys that work once, signed events.

https://developers.line.biz/en/reference/messaging-api/.
"""

import base64
import hashlib
import hmac
import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shopbell.demo.peers.serving import PATIENCE_S, peer_server

SECRET = "line-channel-secret"
TOKEN = "line-access-token"
BOT = "Ubot00000000000000000000000000000"
Scripted = Callable[[], Response | None]


@dataclass
class LinePeer:
    """`taken` are the messages that reached somebody, `keys` every retry key in the order it came;
    `script` decides about the next pushes before they are taken, `answers` about what is said after."""

    url: str = ""
    hook: str = ""
    token: str = TOKEN
    active: bool = True
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: list[str] = field(default_factory=list[str])
    accepted: dict[str, list[dict[str, str]]] = field(
        default_factory=dict[str, list[dict[str, str]]]
    )
    script: list[Scripted] = field(default_factory=list[Scripted])
    answers: list[Scripted] = field(default_factory=list[Scripted])
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    preparing: set[str] = field(default_factory=set[str])
    profiles: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[str] = field(default_factory=list[str])
    away: int = 0
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(900))

    @property
    def texts(self) -> list[str]:
        return [one.get("text", "") for one in self.taken]

    async def tell(self, *events: dict[str, Any]) -> httpx.Response:
        """Post events to the hook, signed."""
        body = msgspec.json.encode({"destination": BOT, "events": events})
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            headers = {"x-line-signature": signed(body), "content-type": "application/json"}
            return await http.post(self.hook, content=body, headers=headers)

    async def push(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return no(401, "Authentication failed")
        key = request.headers.get("x-line-retry-key", "")
        try:
            UUID(key or str(uuid4()))
        except ValueError:
            return no(400, "Retry key is invalid")
        self.keys.append(key)
        if self.script:
            answer = self.script.pop(0)()
            if answer is not None:
                return answer
        if key in self.accepted:
            said = {
                "message": "The retry key is already accepted",
                "sentMessages": self.accepted[key],
            }
            return JSONResponse(said, 409, {"x-line-accepted-request-id": "r1"})
        given = msgspec.json.decode(await request.body())
        messages: list[dict[str, Any]] = given.get("messages", [])
        wrong = _wrong(given.get("to", ""), messages)
        if wrong:
            return no(400, wrong)
        self.taken += [{"to": given["to"], **one} for one in messages]
        sent = [{"id": str(next(self.ids)), "quoteToken": "q"} for _ in messages]
        if key:
            self.accepted[key] = sent
        answer = self.answers.pop(0)() if self.answers else None
        return answer or JSONResponse({"sentMessages": sent})

    async def profile(self, request: Request) -> Response:
        name = request.path_params["name"]
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return no(401, "Authentication failed")
        if self.away:
            self.away -= 1
            return no(503, "Unavailable")
        self.asked.append(name)
        if name not in self.profiles:
            return no(404, "Not found")
        return JSONResponse({"userId": name, "displayName": self.profiles[name], "language": "ja"})

    async def info(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return no(401, "Authentication failed")
        if request.url.path.endswith("endpoint"):
            return JSONResponse({"endpoint": self.hook, "active": self.active})
        about = {"userId": BOT, "basicId": "@our-shop", "displayName": "Our shop"}
        return JSONResponse({**about, "chatMode": "bot", "markAsReadMode": "auto"})

    async def content(self, request: Request) -> Response:
        name = request.path_params["name"]
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return no(401, "Authentication failed")
        if name in self.preparing:
            self.preparing.discard(name)
            return Response(status_code=202)
        body = self.contents.get(name)
        return no(404, "Not found") if body is None else Response(body, media_type="image/png")


def _wrong(to: str, messages: list[dict[str, Any]]) -> str:
    if not to.startswith("U"):
        return "The property, 'to', in the request body is invalid"
    if not 1 <= len(messages) <= 5:
        return "Size must be between 1 and 5"
    for one in messages:
        if one["type"] == "text" and not 0 < len(one["text"].encode("utf-16-le")) // 2 <= 5000:
            return "Length must be between 0 and 5000"
        if one["type"] == "image" and not one["originalContentUrl"].startswith("https://"):
            return "Must be a valid HTTPS URL"
    return ""


def signed(body: bytes, secret: str = SECRET) -> str:
    """X-Line-Signature of these bytes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def no(status: int, message: str, **headers: str) -> Response:
    """A refusal as LINE words it."""
    return JSONResponse({"message": message}, status, headers)


@asynccontextmanager
async def line_peer() -> AsyncGenerator[LinePeer]:
    """A running peer."""
    peer = LinePeer()
    routes = [
        Route("/v2/bot/message/push", peer.push, methods=["POST"]),
        Route("/v2/bot/message/{name}/content", peer.content),
        Route("/v2/bot/profile/{name}", peer.profile),
        Route("/v2/bot/info", peer.info),
        Route("/v2/bot/channel/webhook/endpoint", peer.info),
    ]
    async with peer_server(Starlette(routes=routes)) as url:
        peer.url = url
        yield peer
