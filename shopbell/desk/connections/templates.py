"""Message templates: what a platform has approved for writing first, as it was last read there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shopbell.desk.connections.reads import SQL
from shopbell.desk.connections.types import Template
from shopbell.desk.database import Connection, Desk


class Known(Struct, frozen=True, kw_only=True):
    """The templates of a connection, and when the platform last told them."""

    templates: tuple[Template, ...]
    read_at: datetime | None


async def keep_templates(desk: Desk, connection_id: UUID, found: Sequence[Template]) -> None:
    """These are the connection's templates now; others that it had are gone."""
    async with desk.pool.connection() as connection, connection.transaction():
        values = {"connection_id": connection_id, "at": desk.now()}
        await connection.execute(
            SQL["forget_templates"].encode(),
            {
                "connection_id": connection_id,
                "names": [one.name for one in found],
                "languages": [one.language for one in found],
            },
        )
        for one in found:
            columns = msgspec.structs.asdict(one)
            parts = {"buttons": Jsonb(one.buttons), "blanks": Jsonb(one.blanks)}
            await connection.execute(SQL["keep_template"].encode(), {**columns, **parts, **values})
        await connection.execute(SQL["templates_read"].encode(), values)


async def move_template(
    desk: Desk, connection_id: UUID, name: str, language: str, status: str, reason: str = ""
) -> None:
    """The platform approved, paused or refused a template; one that is unknown is read later."""
    values = {"connection_id": connection_id, "name": name, "language": language, "at": desk.now()}
    await desk.run(SQL["move_template"], **values, status=status, reason=reason)


async def doubt_templates(desk: Desk, connection_id: UUID) -> None:
    """The platform refused one as we know it: have them read again soon."""
    await desk.run(SQL["templates_read"], connection_id=connection_id, at=None)


async def templates(desk: Desk, connection_id: UUID) -> Known:
    """Every template of a connection, by name and language."""
    (row,) = await desk.run(SQL["templates_read_at"], connection_id=connection_id)
    found = await desk.run(SQL["templates"], connection_id=connection_id)
    return Known(templates=tuple(map(_template, found)), read_at=row["templates_at"])


async def template_in(
    connection: Connection, connection_id: UUID, name: str, language: str
) -> Template | None:
    """One template of a connection, as it stands in a transaction that is under way."""
    values = {"connection_id": connection_id, "name": name, "language": language}
    found = await connection.execute(SQL["template"].encode(), values)
    row = await found.fetchone()
    return _template(row) if row else None


def _template(row: dict[str, Any]) -> Template:
    return msgspec.convert(row, Template)
