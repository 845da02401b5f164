"""Payloads as they were kept, for replay."""

from uuid import UUID

import msgspec
from msgspec import Struct

from shopbell.desk.database import Desk
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.inbound.types import Sender


class Known(Struct, frozen=True, kw_only=True):
    """Who writes, and in which thread."""

    thread_id: UUID
    customer_id: UUID
    ticket_id: UUID | None
    name: str


async def thread_known(desk: Desk, sender: Sender) -> Known | None:
    """The thread of a sender who wrote before."""
    async with desk.pool.connection() as connection:
        values = {"kind": sender.kind, "value": sender.value}
        found = await connection.execute(SQL["known"].encode(), values)
        row = await found.fetchone()
    return msgspec.convert(row, Known) if row else None


async def came(desk: Desk, connection_id: UUID, external_id: str) -> bool:
    """Whether a message of this name came before."""
    async with desk.pool.connection() as connection:
        values = {"connection_id": connection_id, "external_id": external_id}
        found = await connection.execute(SQL["came"].encode(), values)
        return await found.fetchone() is not None
