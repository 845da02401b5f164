"""TikTok's Business API on the loopback: HTTP 200 with a code, tokens that end, ten messages a window.

https://business-api.tiktok.com/portal/docs?id=1832184403754242. Events go to the hook as TikTok posts
them: content is JSON in a string, and the whole is signed with the app's secret and the time.
"""

import hashlib
import hmac
import itertools
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shopbell.demo.peers.serving import PATIENCE_S, peer_server

APP, SECRET, BUSINESS = "app-1", "tiktok-app-secret", "biz-open-id"
MOST_IN_WINDOW = 10
Scripted = Callable[[], Response | None]


@dataclass
class TikTokPeer:
    """`taken` are the messages it took; `script` decides about the next sends before they are taken,
    `answers` about what is said after; `echoing` tells the hook of each message before its answer."""

    url: str = ""
    hook: str = ""
    token: str = "access-1"
    refresh_token: str = "refresh-1"
    renewals: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    sends: int = 0
    script: list[Scripted] = field(default_factory=list[Scripted])
    answers: list[Scripted] = field(default_factory=list[Scripted])
    echoing: bool = False
    windows: Counter[str] = field(default_factory=Counter[str])
    media: dict[str, bytes] = field(default_factory=dict[str, bytes])
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(700))

    @property
    def texts(self) -> list[str]:
        return [one.get("text", {}).get("body", "") for one in self.taken]

    async def tell(self, kind: str, at: float | None = None, **content: Any) -> httpx.Response:
        """Post one event to the hook, signed."""
        if kind == "im_receive_msg":
            self.windows[content["conversation_id"]] = MOST_IN_WINDOW
        body = event(kind, **content)
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            headers = {"tiktok-signature": signed(body, at=at), "content-type": "application/json"}
            return await http.post(self.hook, content=body, headers=headers)

    async def receive(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/open_api/v1.3/")
        if path == "tt_user/oauth2/refresh_token/":
            return await self._renew(request)
        if request.headers.get("access-token") != self.token:
            return said(40105, "Access token is incorrect or has been revoked")
        match path:
            case "business/get/":
                return said(0, "OK", username="our_shop", display_name="Our shop")
            case "business/message/send/":
                return await self._take(request)
            case "business/message/media/upload/":
                async with request.form() as form:
                    file = form["file"]
                    assert not isinstance(file, str)
                    if file.content_type not in ("image/jpeg", "image/png"):
                        return said(40908, "Unsupported file type")
                    name = f"media-{next(self.ids)}"
                    self.media[name] = await file.read()
                return said(0, "OK", media_id=name)
            case "business/message/media/download/":
                asked = msgspec.json.decode(await request.body())
                if asked["media_id"] not in self.media:
                    return said(40007, "The media does not exist")
                return said(0, "OK", download_url=f"{self.url}/files/{asked['media_id']}")
            case _:
                return said(40006, "No such path")

    async def _renew(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body())
        good = (asked["client_id"], asked["client_secret"]) == (APP, SECRET)
        if not good or asked["refresh_token"] != self.refresh_token:
            return said(40105, "Refresh token is invalid")
        self.renewals += 1
        self.token = f"access-{self.renewals + 1}"
        self.refresh_token = f"refresh-{self.renewals + 1}"
        return said(
            0,
            "OK",
            access_token=self.token,
            refresh_token=self.refresh_token,
            expires_in=86_400,
            refresh_token_expires_in=31_536_000,
        )

    async def _take(self, request: Request) -> Response:
        self.sends += 1
        if self.script:
            answer = self.script.pop(0)()
            if answer is not None:
                return answer
        given = msgspec.json.decode(await request.body())
        to = given["recipient"]
        if given["business_id"] != BUSINESS or given["recipient_type"] != "CONVERSATION":
            return said(40002, "Invalid parameter")
        if given["message_type"] == "TEXT" and not 0 < len(given["text"]["body"]) <= 6000:
            return said(40002, "text.body: invalid length")
        if given["message_type"] == "IMAGE" and given["image"]["media_id"] not in self.media:
            return said(40007, "The media does not exist")
        if self.windows[to] <= 0:
            return said(40064, "You are sending messages too fast. Take a rest.")
        self.windows[to] -= 1
        name = f"tt-{next(self.ids)}"
        self.taken.append({**given, "id": name})
        if self.echoing:
            await self.echo(len(self.taken) - 1)
        answer = self.answers.pop(0)() if self.answers else None
        return answer or said(0, "OK", message={"message_id": name})

    async def echo(self, at: int) -> None:
        """Tell the hook of the message of this index, as TikTok does of all that the account sends."""
        one = self.taken[at]
        kind = one["message_type"].lower()
        await self.tell(
            "im_send_msg",
            type=kind,
            message_id=one["id"],
            conversation_id=one["recipient"],
            timestamp=int(time.time() * 1000),
            from_user={"id": BUSINESS},
            to_user={"id": "user-7"},
            to="mia",
            **{kind: one[kind]},
        )

    async def file(self, request: Request) -> Response:
        body = self.media.get(request.path_params["name"])
        if body is None or request.headers.get("x-user") != self.token:
            return Response(status_code=404)
        return Response(body, media_type="image/png")


def event(kind: str, **content: Any) -> bytes:
    """The body of an event."""
    told = {
        "client_key": APP,
        "event": kind,
        "create_time": int(time.time()),
        "user_openid": BUSINESS,
        "content": msgspec.json.encode(content).decode(),
    }
    return msgspec.json.encode(told)


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> str:
    """TikTok-Signature of these bytes."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},s={digest.hexdigest()}"


def said(code: int, words: str, **data: Any) -> Response:
    """An answer as TikTok gives all of them: HTTP 200."""
    return JSONResponse({"code": code, "message": words, "request_id": "r", "data": data})


@asynccontextmanager
async def tiktok_peer() -> AsyncGenerator[TikTokPeer]:
    """A running peer."""
    peer = TikTokPeer()
    routes = [
        Route("/open_api/v1.3/{path:path}", peer.receive, methods=["GET", "POST"]),
        Route("/files/{name}", peer.file),
    ]
    async with peer_server(Starlette(routes=routes)) as url:
        peer.url = url
        yield peer
