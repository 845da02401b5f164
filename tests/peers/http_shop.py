"""A shop's own system at the far end of the custom channel: it checks signatures and keeps what came."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.peers.serving import peer_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class HttpShop:
    """`taken` holds each message once, by webhook-id; `calls` every request that was signed right.

    `script` decides about the next requests: a status, or an exception to hang up with.
    """

    url: str = ""
    calls: list[str] = field(default_factory=list[str])
    taken: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    refused: int = 0
    script: list[Callable[[], Response | None]] = field(
        default_factory=list[Callable[[], Response | None]]
    )

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return JSONResponse({"error": "signature"}, 401)
        key = request.headers["webhook-id"]
        self.calls.append(key)
        if self.script:
            answer = self.script.pop(0)()
            if answer is not None:
                return answer
        self.taken.setdefault(key, msgspec.json.decode(body))
        return JSONResponse({"id": f"shop-{key}"})


@asynccontextmanager
async def http_shop() -> AsyncGenerator[HttpShop]:
    """A running peer."""
    shop = HttpShop()
    app = Starlette(routes=[Route("/in", shop.receive, methods=["POST"])])
    async with peer_server(app) as url:
        shop.url = f"{url}/in"
        yield shop
