"""Brands as they are read."""

import msgspec

from shopbell.desk.connections.types import Brand
from shopbell.desk.database import Desk


async def brands(desk: Desk) -> tuple[Brand, ...]:
    """Every brand of this deployment, by name."""
    async with desk.pool.connection() as connection:
        found = await connection.execute("SELECT id, name, settings FROM brand ORDER BY name, id")
        return tuple(msgspec.convert(row, Brand) for row in await found.fetchall())
