"""Message templates: what a platform has approved for writing first, as it was last read there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.connections.reads import SQL
from shopbell.desk.connections.types import Template
from shopbell.desk.database import Desk


async def keep_templates(desk: Desk, connection_id: UUID, found: Sequence[Template]) -> None:
    """These are the connection's templates now; others that it had are gone."""
    async with desk.pool.connection() as connection, connection.transaction():
        await connection.execute(
            SQL["forget_templates"].encode(),
            {
                "connection_id": connection_id,
                "names": [one.name for one in found],
                "languages": [one.language for one in found],
            },
        )
        for one in found:
            values = {**msgspec.structs.asdict(one), "connection_id": connection_id}
            await connection.execute(SQL["keep_template"].encode(), {**values, "at": desk.now()})


async def move_template(
    desk: Desk, connection_id: UUID, name: str, language: str, status: str, reason: str = ""
) -> None:
    """The platform approved, paused or refused a template; one that is unknown is read later."""
    values = {"connection_id": connection_id, "name": name, "language": language, "at": desk.now()}
    async with desk.pool.connection() as connection:
        await connection.execute(
            SQL["move_template"].encode(), {**values, "status": status, "reason": reason}
        )


async def templates(desk: Desk, connection_id: UUID) -> tuple[Template, ...]:
    """Every template of a connection, by name and language."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            SQL["templates"].encode(), {"connection_id": connection_id}
        )
        rows: list[dict[str, Any]] = await found.fetchall()
    return tuple(msgspec.convert(row, Template) for row in rows)
