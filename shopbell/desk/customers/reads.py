"""Customers and visitors as they are read."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from shopbell.desk.connections.types import Brand, Connection
from shopbell.desk.customers.types import Customer, Identity, Visitor
from shopbell.desk.database import Connection as Database
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound

SQL = load_queries(__file__)


async def visitor_of(desk: Desk, visitor_id: UUID, connection_id: UUID) -> Visitor | None:
    """The visitor with what is known of them; None when they ended or the connection is gone. Who
    proved an address by a code opens what it joined for a day, as who signed in does."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            SQL["find_visitor"].encode(),
            {
                "visitor": visitor_id,
                "value": str(visitor_id),
                "connection": connection_id,
                "at": desk.now(),
            },
        )
        row = await found.fetchone()
    if row is None:
        return None
    return Visitor(
        id=visitor_id,
        connection=_connection(row),
        customer_id=row["customer_id"],
        thread_id=row["thread_id"],
        name=row["customer_name"] or "",
        verified=row["verified_by"] == "shop",
    )


class Keyed(Struct, frozen=True, kw_only=True):
    """A web chat, and what its shop signs with: `sealed` credentials, or the demo's plain `secret`."""

    connection: Connection
    secret: str
    sealed: bytes | None


async def widget_connection(desk: Desk, key: str) -> Keyed:
    """The web chat of a public key. Raises NotFound."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["find_widget"].encode(), {"key": key})
        row = await found.fetchone()
    if row is None:
        raise NotFound("The chat of this key")
    sealed = bytes(row["sealed"]) if row["sealed"] is not None else None
    return Keyed(connection=_connection(row), secret=row["secret"] or "", sealed=sealed)


async def brand_of(desk: Desk, brand_id: UUID) -> Brand:
    """A brand by its id. Raises NotFound."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["find_brand"].encode(), {"id": brand_id})
        row = await found.fetchone()
    if row is None:
        raise NotFound("The brand")
    return msgspec.convert(row, Brand)


async def customer_in(connection: Database, customer_id: UUID) -> Customer:
    """A customer with their identities, on a connection that is already open. Raises NotFound."""
    found = await connection.execute(SQL["find_customer"].encode(), {"id": customer_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound("The customer")
    return customer_from(row)


def customer_from(row: dict[str, Any]) -> Customer:
    """A customer from a row of `find_customer`."""
    return Customer(
        id=row["id"],
        name=row["name"],
        language=row["language"],
        identities=tuple(msgspec.convert(one, Identity) for one in row["identities"] or ()),
        version=row["version"],
        created_at=row["created_at"],
    )


def _connection(row: dict[str, Any]) -> Connection:
    return msgspec.convert(
        {name: row[name] for name in Connection.__struct_fields__ if name in row}, Connection
    )
