"""Brands and connections as they are read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import Brand, Capability, Connection, Contact
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound

SQL = load_queries(__file__)


class Held(Struct, frozen=True, kw_only=True):
    """A connection with what only its connector may see: `sealed` is opened by the vault alone.

    `cursor` is how far a held connection was heard. `heard_at` and `sent_at` are the last good
    message in and out, `checked_at` when its platform was last asked.
    """

    connection: Connection
    sealed: bytes | None
    secret: str
    cursor: dict[str, Any]
    heard_at: datetime | None = None
    sent_at: datetime | None = None
    checked_at: datetime | None = None


async def brands(desk: Desk) -> tuple[Brand, ...]:
    """Every brand of this deployment, by name."""
    async with desk.pool.connection() as connection:
        found = await connection.execute("SELECT id, name, settings FROM brand ORDER BY name, id")
        return tuple(msgspec.convert(row, Brand) for row in await found.fetchall())


async def connections(desk: Desk) -> tuple[Held, ...]:
    """Every connection, by channel and name."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["every"].encode())
        return tuple(_held(row) for row in await found.fetchall())


async def secret_connection(desk: Desk, connection_id: UUID) -> Held:
    """A connection with its sealed credentials, for its connector. Raises NotFound."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["one"].encode(), {"id": connection_id})
        row = await found.fetchone()
    if row is None:
        raise NotFound("The connection")
    return _held(row)


async def by_account(desk: Desk, channel: str, account: str) -> UUID | None:
    """The connection of an account, as its platform calls it."""
    async with desk.pool.connection() as connection:
        values = {"channel": channel, "account": account}
        found = await connection.execute(SQL["by_account"].encode(), values)
        row = await found.fetchone()
    return row["id"] if row else None


async def unleased(desk: Desk, channels: list[str]) -> list[UUID]:
    """Connections of these channels that no worker holds just now."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["unleased"].encode(), {"channels": channels})
        return [row["id"] for row in await found.fetchall()]


async def contacts(desk: Desk, threads: Sequence[UUID]) -> tuple[Contact, ...]:
    """Where the customers of these threads can be answered, by whichever connection."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["contacts"].encode(), contact_values(desk, threads))
        return contacts_from(await found.fetchall())


def contact_values(desk: Desk, threads: Sequence[UUID]) -> dict[str, Any]:
    """The parameters of the query `contacts`."""
    return {"threads": list(threads), "senders": Jsonb(_open_to_all(desk.capabilities))}


def contacts_from(rows: Iterable[dict[str, Any]]) -> tuple[Contact, ...]:
    """Contacts from the rows of the query `contacts`."""
    return tuple(msgspec.convert(row, Contact) for row in rows)


def _open_to_all(capabilities: Mapping[str, Capability]) -> dict[str, str]:
    """By which kind of identity each channel reaches people who have not written there."""
    found = {
        name: one.sender
        for name, one in capabilities.items()
        if one.sender in ("email", "phone") and one.reply_window is None and not one.community
    }
    return found | {name: "visitor" for name, one in capabilities.items() if one.live}


def connection_from(row: dict[str, Any]) -> Connection:
    """A connection from its row."""
    named = {name: row[name] for name in Connection.__struct_fields__ if name in row}
    return msgspec.convert(named, Connection)


def _held(row: dict[str, Any]) -> Held:
    return Held(
        connection=connection_from(row),
        sealed=bytes(row["sealed"]) if row["sealed"] is not None else None,
        secret=row["secret"],
        cursor=row["cursor"],
        heard_at=row["heard_at"],
        sent_at=row["sent_at"],
        checked_at=row["checked_at"],
    )
