"""A customer who writes by the shop's own channel, whose messages leave by signed HTTP."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from shopbell.demo.peers.http_shop import SECRET, HttpShop
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import open_desk
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from tests.chaos.conftest import House, until


@dataclass(frozen=True)
class Outside:
    """The customer's thread and ticket, and where their messages go."""

    house: House
    thread: UUID
    ticket: UUID

    async def delivery_is(self, text: str, status: str) -> None:
        """Wait until the message with this text is that far."""
        await until(lambda: self._is(text, status))

    async def _is(self, text: str, status: str) -> bool:
        query = (
            "SELECT 1 FROM delivery d JOIN message m ON m.id = d.message_id"
            " WHERE m.thread_id = %s AND m.text = %s AND d.status = %s"
        )
        return bool(await self.house.rows(query, self.thread, text, status))


async def outside(house: House, peer: HttpShop, text: str) -> Outside:
    """A connection to the peer, and a customer who has just written by it."""
    brand = (await house.rows("SELECT id FROM brand LIMIT 1"))[0]["id"]
    connection = Connection(
        id=uuid7(),
        brand_id=brand,
        channel="http",
        name="Custom",
        settings=ConnectionSettings(endpoint=peer.url),
    )
    await house.rows(
        "INSERT INTO connection (id, brand_id, channel, name, secret, settings)"
        " VALUES (%s, %s, 'http', 'Custom', %s, %s)",
        *(connection.id, brand, SECRET, msgspec.json.encode(connection.settings).decode()),
    )
    async with open_desk(house.stack.database_url, size=2) as desk:
        thread = await thread_of(desk, "http", str(uuid7()), name="Mia")
        written = await receive(desk, thread, connection, Draft(id=uuid7(), text=text))
    return Outside(house, thread, written.message.ticket_id)
