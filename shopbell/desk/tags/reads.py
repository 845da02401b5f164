"""Tags as they are read; every agent may see all of them."""

from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.database import Desk
from shopbell.desk.errors import NotFound
from shopbell.desk.messages.types import Author
from shopbell.desk.tags.marks import SQL
from shopbell.desk.tags.types import Marked, Tag


async def tags(desk: Desk) -> tuple[Tag, ...]:
    """All of them, by name, those that were merged too."""
    return tuple(tag_from(row) for row in await desk.run(SQL["every"]))


async def tag(desk: Desk, tag_id: UUID) -> Tag:
    """The tag. Raises NotFound."""
    rows = await desk.run(SQL["one"], id=tag_id)
    if not rows:
        raise NotFound("The tag")
    return tag_from(rows[0])


async def marks_of(desk: Desk, ticket_id: UUID) -> tuple[Marked, ...]:
    """Who put each tag on this ticket, and why."""
    return tuple(_marked(row) for row in await desk.run(SQL["marks"], ticket_id=ticket_id))


def tag_from(row: dict[str, Any]) -> Tag:
    """A tag from its row."""
    return msgspec.convert({name: row[name] for name in Tag.__struct_fields__}, Tag)


def _marked(row: dict[str, Any]) -> Marked:
    why: dict[str, Any] = row["why"] or {}
    return msgspec.convert(
        {
            "name": row["name"],
            "by": Author(kind=row["by_kind"], id=row["by_id"], name=row["by_name"]),
            "at": row["at"],
            "confidence": row["confidence"],
            "word": why.get("word", ""),
            "examples": why.get("examples", ()),
        },
        Marked,
    )
