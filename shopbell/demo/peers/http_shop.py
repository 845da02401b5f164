"""A shop's own system at the far end of the custom channel: it checks signatures and keeps what came.

It speaks the receiving side of Standard Webhooks: a wrong signature is 401, and a `webhook-id` that
it has taken before is answered again and taken no second time.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shopbell.demo.peers.serving import peer_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class HttpShop:
    """`taken` holds each message once, by webhook-id; `calls` the id of every request about a
    message that was signed right, `tests` those that only asked whether it is there.

    `mood`: `takes` what comes, `silent` takes it and never answers, `busy` says 503. `script`
    decides about the next requests before that, `answers` about what is said once they are taken.
    """

    url: str = ""
    secret: str = SECRET
    mood: Literal["takes", "silent", "busy"] = "takes"
    calls: list[str] = field(default_factory=list[str])
    taken: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    tests: int = 0
    refused: int = 0
    script: list[Callable[[], Response | None]] = field(
        default_factory=list[Callable[[], Response | None]]
    )
    answers: list[Callable[[], Response | None]] = field(
        default_factory=list[Callable[[], Response | None]]
    )
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> list[str]:
        """What it took, in order."""
        return [one["data"]["text"] for one in self.taken.values()]

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(self.secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return JSONResponse({"error": "signature"}, 401)
        told: dict[str, Any] = msgspec.json.decode(body)
        if told["type"] == "connection.test":
            self.tests += 1
            return JSONResponse({})
        key = request.headers["webhook-id"]
        self.calls.append(key)
        if self.script:
            answer = self.script.pop(0)()
            if answer is not None:
                return answer
        if self.mood == "busy":
            return JSONResponse({}, 503)
        self.taken.setdefault(key, told)
        if self.answers and (answer := self.answers.pop(0)()) is not None:
            return answer
        if self.mood == "silent":
            await self._until_they_leave(request)
        return JSONResponse({"id": f"shop-{key}"})

    async def _until_they_leave(self, request: Request) -> None:
        left = asyncio.ensure_future(request.receive())
        over = asyncio.ensure_future(self.ended.wait())
        await asyncio.wait({left, over}, return_when=asyncio.FIRST_COMPLETED)
        left.cancel()
        over.cancel()


@asynccontextmanager
async def http_shop() -> AsyncGenerator[HttpShop]:
    """A running peer."""
    shop = HttpShop()
    app = Starlette(routes=[Route("/in", shop.receive, methods=["POST"])])
    async with peer_server(app) as url:
        shop.url = f"{url}/in"
        try:
            yield shop
        finally:
            shop.ended.set()
