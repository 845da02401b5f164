"""Twilio's Messages on the loopback: basic auth, its own error codes, a list to look in, callbacks.

https://www.twilio.com/docs/messaging/api/message-resource. Posts to the hook are signed as Twilio
signs them, over the address as it was given.
"""

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from shopbell.demo.peers.serving import PATIENCE_S, peer_server

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "twilio-token"
NUMBER = "+15017122661"
Scripted = Callable[[], Response | None]


@dataclass
class TwilioPeer:
    """`taken` are the messages made, newest last; `script` decides about the next before they are
    made, `answers` about what is said after; `stopped` are numbers that texted STOP."""

    url: str = ""
    token: str = TOKEN
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    posts: int = 0
    script: list[Scripted] = field(default_factory=list[Scripted])
    answers: list[Scripted] = field(default_factory=list[Scripted])
    stopped: set[str] = field(default_factory=set[str])
    media: dict[str, bytes] = field(default_factory=dict[str, bytes])
    hook: str = ""
    named_from: int = 0

    @property
    def texts(self) -> list[str]:
        return [one["body"] for one in self.taken]

    async def tell(self, url: str = "", **fields: str) -> httpx.Response:
        """Post a form to the hook, or to `url`, signed."""
        url = url or self.hook
        body = urlencode(fields)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": signed(self.token, url, fields),
        }
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            return await http.post(url, content=body, headers=headers)

    async def text(self, body: str, sid: str, **fields: str) -> httpx.Response:
        """A text message from a customer."""
        whole = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": "+491701234567", "To": NUMBER}
        return await self.tell(**{**whole, "Body": body, "NumMedia": "0", **fields})

    async def progress(self, at: int, status: str, **fields: str) -> httpx.Response:
        """Tell how far the message of this index came."""
        message = self.taken[at]
        whole = {"MessageSid": message["sid"], "MessageStatus": status, "From": NUMBER}
        return await self.tell(message["callback"], **whole, **fields)

    def _is_known(self, request: Request) -> bool:
        expected = base64.b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {expected}"

    async def messages(self, request: Request) -> Response:
        if not self._is_known(request):
            return no(401, 20003, "Authenticate")
        if request.method == "GET":
            wanted = request.query_params.get("To")
            found = [one for one in reversed(self.taken) if one["to"] == wanted]
            page = {"page": 0, "page_size": 50, "next_page_uri": None, "uri": request.url.path}
            return JSONResponse({"messages": found, **page})
        self.posts += 1
        given = parse_qs((await request.body()).decode(), keep_blank_values=True)
        if self.script:
            answer = self.script.pop(0)()
            if answer is not None:
                return answer
        refused = self._refusal(given)
        if refused is not None:
            return refused
        made = {
            "sid": f"SM{self.named_from + len(self.taken):032d}",
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "from": NUMBER,
            "to": given["To"][0],
            "body": given.get("Body", [""])[0].replace("’", "'"),
            "media": given.get("MediaUrl", []),
            "num_media": str(len(given.get("MediaUrl", []))),
            "error_code": None,
            "error_message": None,
            "callback": given.get("StatusCallback", [""])[0],
            "direction": "outbound-api",
            "status": "queued",
            "date_created": format_datetime(datetime.now(UTC).replace(microsecond=0)),
        }
        self.taken.append(made)
        answer = self.answers.pop(0)() if self.answers else None
        return answer or JSONResponse(made, 201)

    async def message(self, request: Request) -> Response:
        if not self._is_known(request):
            return no(401, 20003, "Authenticate")
        found = [one for one in self.taken if one["sid"] == request.path_params["sid"]]
        return JSONResponse(found[0]) if found else no(404, 20404, "No such message")

    def _refusal(self, given: dict[str, list[str]]) -> Response | None:
        to, body = given.get("To", [""])[0], given.get("Body", [""])[0]
        if not to.startswith("+"):
            return no(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if given.get("From") != [NUMBER]:
            return no(400, 21606, "The From phone number is not a valid, SMS-capable number")
        if to in self.stopped:
            return no(400, 21610, "Attempt to send to unsubscribed recipient")
        if len(body) > 1600:
            return no(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if not body and not given.get("MediaUrl"):
            return no(400, 21602, "Message body is required")
        return None

    async def account(self, request: Request) -> Response:
        if not self._is_known(request):
            return no(401, 20003, "Authenticate")
        return JSONResponse({"sid": ACCOUNT, "friendly_name": "Our shop", "status": "active"})

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if not self._is_known(request):
            return no(401, 20003, "Authenticate")
        if name == "elsewhere":
            return RedirectResponse("http://127.0.0.1:1/secret", 307)
        return RedirectResponse(f"{self.url}/cdn/{name}", 307)

    async def cdn(self, request: Request) -> Response:
        if request.headers.get("authorization"):
            return Response(status_code=400)
        body = self.media.get(request.path_params["name"])
        return Response(status_code=404) if body is None else Response(body, media_type="image/png")


def signed(token: str, url: str, fields: dict[str, str]) -> str:
    """X-Twilio-Signature, by the book."""
    text = url
    for name in sorted(fields):
        text += name + fields[name]
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def no(status: int, code: int, message: str, **headers: str) -> Response:
    """A refusal as Twilio words it."""
    return JSONResponse({"code": code, "message": message, "status": status}, status, headers)


@asynccontextmanager
async def twilio_peer() -> AsyncGenerator[TwilioPeer]:
    """A running peer."""
    peer = TwilioPeer()
    base = f"/2010-04-01/Accounts/{ACCOUNT}"
    routes = [
        Route(f"{base}/Messages.json", peer.messages, methods=["GET", "POST"]),
        Route(f"{base}/Messages/{{sid}}.json", peer.message),
        Route(f"{base}.json", peer.account),
        Route(f"{base}/Media/{{name}}", peer.file),
        Route("/cdn/{name}", peer.cdn),
    ]
    async with peer_server(Starlette(routes=routes)) as url:
        peer.url = url
        yield peer
