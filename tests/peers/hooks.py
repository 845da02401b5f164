"""A hook that keeps what it is told, for a platform's own client to judge."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shopbell.demo.peers.serving import peer_server


@dataclass
class Hook:
    """Where it listens, and the headers and bodies that came."""

    url: str = ""
    came: list[tuple[Headers, bytes]] = field(default_factory=list[tuple[Headers, bytes]])

    @property
    def forms(self) -> list[tuple[Headers, dict[str, str]]]:
        """What came, as forms."""
        return [
            (headers, dict(parse_qsl(body.decode(), keep_blank_values=True)))
            for headers, body in self.came
        ]

    async def receive(self, request: Request) -> Response:
        self.came.append((request.headers, await request.body()))
        return Response()


@asynccontextmanager
async def hook() -> AsyncGenerator[Hook]:
    """A running hook."""
    ear = Hook()
    app = Starlette(routes=[Route("/hook", ear.receive, methods=["POST"])])
    async with peer_server(app) as url:
        ear.url = f"{url}/hook"
        yield ear
