"""How a peer that speaks HTTP is served: on the loopback, in the loop of whoever plays."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PATIENCE_S = 60.0
"""How long a platform waits for a hook here, where many call it at once and the machine is slow."""


@asynccontextmanager
async def peer_server(app: Any, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
    """The address of a served ASGI application, ready to answer."""
    ear = socket.create_server((host, port))
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,  # a page that listens would keep it for ever
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[ear]))
    try:
        await server.listening.wait()
        yield f"http://127.0.0.1:{ear.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """One that says when it listens, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Silence(Response):
    """An answer that breaks off before it says anything: what was asked is done all the same."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
