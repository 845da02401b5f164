"""A desk with connections, read and answered in this process: intake, worker and server are the real ones."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from shopbell.demo.peers.serving import PATIENCE_S
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import Desk
from shopbell.jobs.room import Room
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop
from tests.jobs.conftest import Mind, rows, worker
from tests.server.live import Served, serving

__all__ = ["shop"]


@dataclass
class Line:
    """A connection of a served shop, its hook's address and what signs for it."""

    served: Served
    room: Room
    mind: Mind
    connection: Connection
    credentials: Mapping[str, str]

    @property
    def desk(self) -> Desk:
        return self.served.shop.desk

    @property
    def hook(self) -> str:
        return f"{self.served.url}/hooks/{self.connection.id}"

    async def post(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            return await http.post(self.hook, content=body, headers=dict(headers))

    async def messages(self) -> list[dict[str, Any]]:
        """Every public message, oldest first, with its delivery's state."""
        return await rows(
            self.desk,
            "SELECT m.*, d.status AS sent_state, d.error FROM message m"
            " LEFT JOIN delivery d ON d.message_id = m.id"
            " WHERE m.visibility = 'public' ORDER BY m.thread_id, m.seq",
        )

    async def payload_states(self) -> list[str]:
        found = await rows(self.desk, "SELECT status FROM inbound ORDER BY received_at, id")
        return [row["status"] for row in found]


@asynccontextmanager
async def line(
    settings: Settings,
    shop: Shop,
    channel: str,
    credentials: Mapping[str, str],
    *,
    account: str | None = None,
    connection_settings: ConnectionSettings | None = None,
) -> AsyncGenerator[Line]:
    """One connected account, with a server and a worker at work; thoughts are the test's."""
    connection = await connect(
        shop.desk,
        Vault(settings.secret_key),
        shop.connection.brand_id,
        channel,
        f"Our {channel}",
        credentials,
        account=account,
        settings=connection_settings,
    )
    mind = Mind()
    async with serving(settings, shop) as served, worker(served.settings, mind) as room:
        yield Line(served, room, mind, connection, credentials)
