"""A desk over a fresh database, with a brand, a web chat connection and two agents."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from shopbell.desk.connections.types import Connection
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.ids import uuid7
from shopbell.desk.people.types import Agent


@dataclass(frozen=True)
class Shop:
    """What most desk tests begin with."""

    desk: Desk
    connection: Connection
    ben: Agent
    cleo: Agent

    async def thread(self) -> UUID:
        """A new visitor's thread."""
        return await thread_of(self.desk, "visitor", str(uuid7()), name="Mia")

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        async with self.desk.pool.connection() as connection:
            found = await connection.execute(f"SELECT count(*) AS n FROM {table}".encode())
            row = await found.fetchone()
        assert row is not None
        return row["n"]


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_desk(database_url, size=12) as desk:
        brand, chat = uuid7(), uuid7()
        agents = [
            Agent(id=uuid7(), email=f"{name.lower()}@demo.shop", name=name, role="agent")
            for name in ("Ben", "Cleo")
        ]
        async with desk.pool.connection() as connection:
            await connection.execute(
                "INSERT INTO brand (id, name) VALUES (%s, 'Wetherfold')", (brand,)
            )
            await connection.execute(
                "INSERT INTO connection (id, brand_id, channel, name)"
                " VALUES (%s, %s, 'webchat', 'Chat')",
                (chat, brand),
            )
            for agent in agents:
                await connection.execute(
                    "INSERT INTO agent (id, email, name, role) VALUES (%s, %s, %s, %s)",
                    (agent.id, agent.email, agent.name, agent.role),
                )
        web = Connection(id=chat, brand_id=brand, channel="webchat", name="Chat")
        yield Shop(desk, web, *agents)
