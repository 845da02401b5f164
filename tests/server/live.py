"""A served application in this process, and clients that speak its websockets for real."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import msgspec
import uvicorn
from argon2 import PasswordHasher
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from shopbell.desk.ids import uuid7
from shopbell.server.app import create_app
from shopbell.server.doors import COOKIE
from shopbell.server.state import State
from shopbell.server.uvicorn_config import server_config
from shopbell.settings import Settings
from tests.desk.conftest import Shop

WIDGET_KEY = "test-widget"
PASSWORD = "green-wool"
HASH = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
PATIENCE = 15.0


class Socket:
    """One websocket that hands out frames as dictionaries."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[dict[str, Any]] = []

    async def tell(self, **frame: Any) -> None:
        """Send one frame."""
        await self.connection.send(msgspec.json.encode(frame).decode())

    async def hear(self, kind: str, holds: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next frame of this type of which `holds` is true; all that came are in `seen`."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = msgspec.json.decode(await self.connection.recv())
                self.seen.append(frame)
                if frame["type"] == kind and holds(frame):
                    return frame

    async def hear_any(self, *kinds: str) -> Any:
        """The next frame of one of these types; of any, without one."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = msgspec.json.decode(await self.connection.recv())
                self.seen.append(frame)
                if not kinds or frame["type"] in kinds:
                    return frame

    async def event(self, holds: Callable[[Any], bool]) -> Any:
        """The next event of which `holds` is true."""
        found: list[Any] = []

        def has(frame: Any) -> bool:
            found.extend(event for event in frame["events"] if holds(event))
            return bool(found)

        await self.hear("events", has)
        return found[0]

    async def closed(self) -> int | None:
        """Wait for the server to close; its code."""
        async with asyncio.timeout(PATIENCE):
            await self.connection.wait_closed()
        return self.connection.close_code


class Served:
    """A running server with one widget connection and the shop's agents."""

    def __init__(self, settings: Settings, server: uvicorn.Server, app: Any, shop: Shop) -> None:
        self.settings = settings
        self.server = server
        self.shop = shop
        self._app = app

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def state(self) -> State:
        return self._app.state.shopbell

    async def visitor(self, token: str | None = None) -> dict[str, Any]:
        """A widget session; its `token` opens sockets."""
        async with httpx.AsyncClient(base_url=self.url) as http:
            given = await http.post("/api/widget/session", json={"key": WIDGET_KEY, "token": token})
            assert given.status_code == 200, given.text
            return given.json()

    async def cookie(self, email: str) -> str:
        """The session cookie of an agent who signs in."""
        async with httpx.AsyncClient(base_url=self.url, headers={"origin": self.url}) as http:
            body = {"email": email, "password": PASSWORD}
            given = await http.post("/api/session", json=body)
            assert given.status_code == 200, given.text
            return given.cookies[COOKIE]

    @asynccontextmanager
    async def shopper(
        self, token: str, resume: dict[str, Any] | None = None
    ) -> AsyncGenerator[Socket]:
        """A shopper's socket, greeted; `seen` holds the welcome and, if any, the snapshot."""
        async with self.open("/ws/shopper") as socket:
            await socket.tell(type="hello", token=token, resume=resume)
            welcome = await socket.hear("welcome")
            if not welcome["resumed"]:
                await socket.hear("snapshot")
            yield socket

    @asynccontextmanager
    async def agent(
        self, cookie: str, resume: dict[str, Any] | None = None
    ) -> AsyncGenerator[Socket]:
        """An agent's socket, greeted."""
        headers = {"cookie": f"{COOKIE}={cookie}"}
        async with self.open("/ws/agent", origin=self.url, headers=headers) as socket:
            await socket.tell(type="hello", resume=resume)
            await socket.hear("welcome")
            yield socket

    @asynccontextmanager
    async def open(
        self, path: str, *, origin: str | None = None, headers: dict[str, str] | None = None
    ) -> AsyncGenerator[Socket]:
        """A bare socket, nothing said yet."""
        address = self.url.replace("http", "ws", 1) + path
        async with connect(
            address,
            origin=Origin(origin) if origin else None,
            additional_headers=headers,
            compression=None,
            max_size=None,
        ) as connection:
            yield Socket(connection)

    async def say(self, socket: Socket, text: str) -> Any:
        """Have a shopper's socket say something; its ack."""
        message_id = str(uuid7())
        await socket.tell(type="send", draft={"id": message_id, "text": text})
        return await socket.hear("ack", lambda frame: frame["id"] == message_id)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; `PATIENCE` is the deadline."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.01)


async def _started(server: uvicorn.Server) -> bool:
    return server.started


@asynccontextmanager
async def serving(settings: Settings, shop: Shop) -> AsyncGenerator[Served]:
    """Serve the application over the shop's database on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = msgspec.structs.replace(settings, port=port, public_url=f"http://127.0.0.1:{port}")
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET password_hash = %s", (HASH,))
        await connection.execute(
            "UPDATE connection SET public_key = %s WHERE id = %s", (WIDGET_KEY, shop.connection.id)
        )
    app = create_app(settings)
    server = uvicorn.Server(server_config(app, settings))
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: _started(server))
        yield Served(settings, server, app, shop)
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
