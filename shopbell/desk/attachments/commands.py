"""Bringing files, putting them on messages, and letting go of those that never went on one.

A row stands before its bytes do, so bytes without a row cannot be: whatever a killed process left
is a row that nobody can put on a message, and is swept after a day.
"""

import asyncio
from datetime import timedelta
from typing import IO
from uuid import UUID

from shopbell.desk.attachments.kinds import LOOKED_AT, kind_of, named_as_it_is
from shopbell.desk.attachments.names import clean_name
from shopbell.desk.attachments.pictures import dimensions
from shopbell.desk.attachments.reads import SQL
from shopbell.desk.attachments.storage import Storage, new_key
from shopbell.desk.attachments.types import (
    PICTURES,
    UNKNOWN,
    Allowance,
    TooBig,
    TooManyToday,
    WrongKind,
)
from shopbell.desk.database import Desk
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Attachment, Draft
from shopbell.desk.work import Work

UNATTACHED_FOR = timedelta(hours=24)
"""How long a file may wait for its message."""
GRACE = timedelta(hours=1)
"""How much longer it is kept, so that no message takes a file that is being removed."""
BATCH = 100


def by_agent(agent_id: UUID) -> str:
    """The uploader's name of an agent."""
    return f"agent:{agent_id}"


def by_visitor(visitor_id: UUID) -> str:
    """The uploader's name of a visitor."""
    return f"visitor:{visitor_id}"


async def keep(
    desk: Desk,
    storage: Storage,
    uploader: str,
    allowance: Allowance,
    *,
    name: str,
    size: int,
    file: IO[bytes],
) -> Attachment:
    """Keep a file of `size` bytes that an uploader brought; it goes on one message of theirs.

    What it is called and what it says it is are not believed. Raises Invalid for an empty file and
    an unfit picture, TooBig, WrongKind, TooManyToday, and StorageAway.
    """
    kept = await looked_at(allowance, name=name, size=size, file=file)
    key = new_key()
    await _note(desk, uploader, allowance, kept, key)
    file.seek(0)
    await storage.put(key, file)
    async with desk.pool.connection() as connection:
        await connection.execute(SQL["mark_stored"].encode(), {"id": kept.id, "at": desk.now()})
    return kept


async def looked_at(allowance: Allowance, *, name: str, size: int, file: IO[bytes]) -> Attachment:
    """What a file is and what it is called from now on. Raises as `keep`."""
    if size == 0:
        raise Invalid("The file is empty", "Choose another one.")
    if size > allowance.most_bytes:
        raise TooBig(allowance.most_bytes)
    kind, width, height = await asyncio.to_thread(_look_at, file, name, allowance)
    file.seek(0)
    return Attachment(
        id=uuid7(),
        name=clean_name(named_as_it_is(clean_name(name), kind)),
        media_type=kind,
        size=size,
        width=width,
        height=height,
    )


async def take_files(unit: Work, draft: Draft, uploader: str) -> tuple[Attachment, ...]:
    """The files that a draft names, locked until its message stands.

    Raises NotFound for any that is not this uploader's own, on a message already, or too old:
    the same as for one that never was.
    """
    named = tuple(dict.fromkeys(draft.attachments))
    if not named:
        return ()
    found = await unit.connection.execute(
        SQL["lock_unattached"].encode(),
        {"ids": list(named), "uploader": uploader, "since": unit.at - UNATTACHED_FOR},
    )
    free = {row["id"]: Attachment(**row) for row in await found.fetchall()}
    if len(free) < len(named):
        raise NotFound("The file")
    return tuple(free[one] for one in named)


async def forget_unattached(desk: Desk, storage: Storage) -> int:
    """Remove files that no message took within a day, rows and bytes; how many there were.

    The rows stay locked while their bytes are removed: killed in between, it is done again.
    """
    removed = 0
    while True:
        async with desk.pool.connection() as connection, connection.transaction():
            found = await connection.execute(
                SQL["lock_forgotten"].encode(),
                {"before": desk.now() - UNATTACHED_FOR - GRACE, "most": BATCH},
            )
            rows = await found.fetchall()
            for row in rows:
                await storage.delete(row["storage_key"])
            ids = [row["id"] for row in rows]
            await connection.execute(SQL["delete_attachments"].encode(), {"ids": ids})
        removed += len(rows)
        if len(rows) < BATCH:
            return removed


def _look_at(
    file: IO[bytes], name: str, allowance: Allowance
) -> tuple[str, int | None, int | None]:
    """The file's kind, and for a picture its width and height."""
    file.seek(0)
    kind = kind_of(file.read(LOOKED_AT), name) or UNKNOWN
    if kind not in allowance.kinds:
        raise WrongKind(allowance.words)
    if kind not in PICTURES:
        return kind, None, None
    file.seek(0)
    return kind, *dimensions(file, kind)


async def _note(
    desk: Desk, uploader: str, allowance: Allowance, kept: Attachment, key: str
) -> None:
    at = desk.now()
    async with desk.pool.connection() as connection:
        if allowance.a_day:
            found = await connection.execute(
                SQL["brought_lately"].encode(),
                {"uploader": uploader, "since": at - timedelta(days=1)},
            )
            row = await found.fetchone()
            assert row is not None
            full = row["bytes"] + kept.size > allowance.bytes_a_day
            if full or row["files"] >= allowance.a_day:
                raise TooManyToday
        await connection.execute(
            SQL["insert_attachment"].encode(),
            {
                "id": kept.id,
                "uploader": uploader,
                "name": kept.name,
                "media_type": kept.media_type,
                "size": kept.size,
                "width": kept.width,
                "height": kept.height,
                "storage_key": key,
                "at": at,
            },
        )
