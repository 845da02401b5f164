"""Files that a platform still holds: fetched after their message stands, or said to be missing."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shopbell.desk.database import Desk
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.messages.types import Attachment
from shopbell.desk.messages.writing import extra_of
from shopbell.desk.work import SYSTEM, Work, message_from, work

LEASE = timedelta(seconds=60)


class Expected(Struct, frozen=True, kw_only=True):
    """One file to fetch; `id` becomes its attachment's, `name` is what its message calls it."""

    id: UUID
    message_id: UUID
    connection_id: UUID
    ticket_id: UUID
    ref: str
    storage_key: str
    attempts: int
    name: str = ""


async def claim(desk: Desk, message_id: UUID | None = None) -> Expected | None:
    """The next file to fetch, of one message or of any."""
    values = {"at": desk.now(), "lease": LEASE, "message_id": message_id}
    rows = await desk.run(SQL["claim_file"], **values)
    return msgspec.convert(rows[0], Expected) if rows else None


async def put_off(desk: Desk, expected: Expected, delay: timedelta) -> None:
    """Try again after a while."""
    await desk.run(SQL["put_file_off"], id=expected.id, at=desk.now(), delay=delay)


async def arrived(desk: Desk, expected: Expected, kept: Attachment) -> None:
    """Its bytes are in the storage under its key: the message shows the file."""

    def is_here(file: Attachment) -> Attachment:
        return msgspec.structs.replace(kept, id=file.id)

    async with work(desk, ticket_id=expected.ticket_id) as unit:
        unit.write(
            "file_arrived",
            id=expected.id,
            thread_id=unit.thread.id,
            message_id=expected.message_id,
            uploader=f"connection:{expected.connection_id}",
            name=kept.name,
            media_type=kept.media_type,
            size=kept.size,
            width=kept.width,
            height=kept.height,
            storage_key=expected.storage_key,
            at=unit.at,
        )
        await _show(unit, expected, is_here)


async def missing(desk: Desk, expected: Expected, words: str) -> None:
    """It cannot be had: the message says so."""

    def is_missing(file: Attachment) -> Attachment:
        return msgspec.structs.replace(file, state="missing", words=words)

    async with work(desk, ticket_id=expected.ticket_id) as unit:
        await _show(unit, expected, is_missing)


async def _show(unit: Work, expected: Expected, become: Callable[[Attachment], Attachment]) -> None:
    found = await unit.connection.execute(SQL["message"].encode(), {"id": expected.message_id})
    row = await found.fetchone()
    gone = await unit.connection.execute(SQL["forget_file"].encode(), {"id": expected.id})
    if row is None or gone.rowcount == 0:
        return
    message = message_from(row)
    files = tuple(become(one) if one.id == expected.id else one for one in message.attachments)
    changed = msgspec.structs.replace(message, attachments=files, version=message.version + 1)
    unit.write("save_extra", id=changed.id, extra=Jsonb(extra_of(changed)), version=changed.version)
    unit.emit("message.updated", SYSTEM, message=changed)
