"""A server in this process, asked over ASGI: a shop with a chat, agents who sign in, visitors."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from shopbell.desk.ids import uuid7
from shopbell.server.app import create_app
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop

__all__ = ["Chat", "Door", "door", "shop"]

KEY = "demo-key"
SECRET = "a-secret-of-the-shop-that-is-long-enough"
HASH = PasswordHasher(time_cost=1, memory_cost=64).hash("green-wool")


@dataclass
class Chat:
    """One browser of a shopper."""

    client: httpx.AsyncClient
    origin: str = "https://shop.example"
    token: str = ""
    session: dict[str, Any] = field(default_factory=dict[str, Any])

    async def open(self, identity: str | None = None, *, token: str | None = None) -> Any:
        body = {"key": KEY, "token": token or self.token or None, "identity_token": identity}
        answer = await self.ask("POST", "/api/widget/session", json=body)
        if answer.status_code == 200:
            self.session = answer.json()
            self.token = self.session["token"]
        return answer

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"origin": self.origin, **more.pop("headers", {})}
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        return await self.client.request(method, path, headers=headers, **more)

    async def say(self, text: str, **more: Any) -> httpx.Response:
        draft = {"id": str(uuid7()), "text": text, **more}
        return await self.ask("POST", "/api/widget/messages", json=draft)

    async def texts(self) -> list[str]:
        page = await self.ask("GET", "/api/widget/messages")
        return [one["text"] for one in page.json()["messages"]]


@dataclass(frozen=True)
class Door:
    """The server and whoever asks it."""

    app: Starlette
    shop: Shop
    settings: Settings

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 5000))
        return httpx.AsyncClient(transport=transport, base_url=self.settings.public_url)

    async def chat(self, identity: str | None = None) -> Chat:
        """A new visitor with a session."""
        chat = Chat(self.client())
        answer = await chat.open(identity)
        assert answer.status_code == 200, answer.text
        return chat

    async def agent(self, who: str = "ben") -> "Inbox":
        """A signed-in agent's browser."""
        inbox = Inbox(self.client(), self.settings.public_url)
        body = {"email": f"{who}@demo.shop", "password": "green-wool"}
        answer = await inbox.ask("POST", "/api/session", json=body)
        assert answer.status_code == 200, answer.text
        return inbox

    async def sql(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.shop.desk.pool.connection() as connection:
            found = await connection.execute(query.encode(), values)
            return await found.fetchall() if found.description else []

    def identity(self, subject: str = "c-1", secret: str = SECRET, **more: Any) -> str:
        """A statement as the shop's server signs it; None takes a claim out."""
        claims = {
            "sub": subject,
            "email": f"{subject}@example.com",
            "name": "Mia Berg",
            "exp": datetime.now(UTC) + timedelta(minutes=10),
            "jti": str(uuid7()),
            **more,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, secret, algorithm="HS256")


@dataclass(frozen=True)
class Inbox:
    """One browser of an agent."""

    client: httpx.AsyncClient
    origin: str

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"origin": self.origin, **more.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def door(settings: Settings, shop: Shop) -> AsyncIterator[Door]:
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET password_hash = %s", (HASH,))
        await connection.execute("UPDATE agent SET role = 'admin' WHERE name = 'Cleo'")
        await connection.execute(
            "UPDATE connection SET public_key = %s, secret = %s", (KEY, SECRET)
        )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield Door(app, shop, settings)


async def ticket_of(door: Door, chat: Chat, text: str = "Does it run small?") -> UUID:
    """The ticket that this visitor's message opens."""
    said = await chat.say(text)
    assert said.status_code == 200, said.text
    (row,) = await door.sql("SELECT ticket_id FROM message WHERE id = %s", said.json()["id"])
    return row["ticket_id"]
