"""Keeping the tree of tags, and what the assistant does to a ticket's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import DeskError, Fenced, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.tags.checking import above, checked, needs
from shopbell.desk.tags.marks import SQL, mark
from shopbell.desk.tags.reads import tag, tag_from
from shopbell.desk.tags.types import MOST_OF_ALL, Tag, TagDraft, ToTag, Why
from shopbell.desk.work import SYSTEM, work

LEASE = timedelta(seconds=60)
RECENT = timedelta(hours=2)
"""How long after the last change a ticket is still looked at, should its job have got lost."""
MOST_BY_ASSISTANT = 2
ASSISTANT = Author(kind="assistant", name="Assistant")


class InUse(DeskError):
    """Something still needs the tag."""

    kind = "in_use"


class ChangedTag(DeskError):
    """It is not as this agent saw it."""

    kind = "changed"

    def __init__(self) -> None:
        super().__init__("Somebody changed this tag just now", "Look at it again.")


async def add_tag(desk: Desk, wanted: TagDraft) -> Tag:
    """A new tag. Raises Invalid for a name that is taken or a parent that is none."""
    tag_id = uuid7()
    async with desk.pool.connection() as connection, connection.transaction():
        held = await _held(connection)
        if len(held) >= MOST_OF_ALL:
            raise Invalid(f"At most {MOST_OF_ALL:,} tags fit", "Merge or remove some.")
        values = _columns(checked(held, tag_id, wanted))
        await connection.execute(SQL["insert"].encode(), {"id": tag_id, "at": desk.now(), **values})
    return await tag(desk, tag_id)


async def change_tag(desk: Desk, tag_id: UUID, wanted: TagDraft, version: int) -> Tag:
    """Have it as wanted, if it still is at this version; tickets follow a new name, and the old one
    stays another word for it. Raises NotFound, ChangedTag and Invalid."""
    async with desk.pool.connection() as connection, connection.transaction():
        held = await _held(connection)
        if tag_id not in held:
            raise NotFound("The tag")
        before = held[tag_id]
        draft = checked(held, tag_id, wanted)
        values = _columns(draft)
        if draft.name != before.name:
            values["synonyms"] = [
                *dict.fromkeys((*(w for w in draft.synonyms if w != draft.name), before.name))
            ]
        values |= {"id": tag_id, "version": version, "at": desk.now()}
        changed = await connection.execute(SQL["change"].encode(), values)
        if not await changed.fetchone():
            raise ChangedTag
    return await tag(desk, tag_id)


async def merge_tag(desk: Desk, tag_id: UUID, into: UUID) -> Tag:
    """Make one tag another word for a second: tickets and children follow, and `part_tag` undoes it.

    Raises NotFound, and Invalid for a tag and itself or one that is merged already.
    """
    async with desk.pool.connection() as connection, connection.transaction():
        held = await _held(connection)
        if tag_id not in held or into not in held:
            raise NotFound("The tag")
        if tag_id == into or held[into].merged_into or held[tag_id].merged_into:
            raise Invalid("These two cannot be merged", "Choose another tag that still stands.")
        if tag_id in above(held, into):
            raise Invalid(
                "A tag cannot go into one of its own children", "Merge the child into it."
            )
        values = {"id": tag_id, "into": into, "at": desk.now()}
        await connection.execute(SQL["merge"].encode(), values)
        await connection.execute(SQL["lift_children"].encode(), {"id": tag_id, "into": into})
    return await tag(desk, into)


async def part_tag(desk: Desk, tag_id: UUID) -> Tag:
    """Undo a merge: the tag stands again, and tickets that had it get it back.

    Raises NotFound for a tag that is not merged.
    """
    if (await tag(desk, tag_id)).merged_into is None:
        raise NotFound("The tag")
    await desk.run(SQL["part"], id=tag_id, at=desk.now())
    return await tag(desk, tag_id)


async def remove_tag(desk: Desk, tag_id: UUID) -> None:
    """Remove a tag that nothing needs. Raises NotFound, and InUse saying what does."""
    async with desk.pool.connection() as connection, connection.transaction():
        held = await _held(connection)
        if tag_id not in held:
            raise NotFound("The tag")
        named = {"id": tag_id, "name": held[tag_id].name}
        found = await connection.execute(SQL["stands_in"].encode(), named)
        needed = needs(await found.fetchone() or {})
        if needed:
            raise InUse(
                f"“{held[tag_id].name}” is still needed: {'; '.join(needed)}",
                "Merge it into another tag, and they follow; or take it off there first.",
            )
        await connection.execute(SQL["forget"].encode(), {"id": tag_id})


async def follow_tags(desk: Desk, *, most: int = 100) -> int:
    """Have tickets follow tags that were merged, parted or renamed; how many did."""
    done = 0
    for query in ("to_follow", "renamed"):
        for row in await desk.run(SQL[query], most=most):
            done += await follow(desk, row["id"])
    for row in await desk.run(SQL["to_part"], most=most):
        if row["ticket_id"] is None:
            await desk.run(SQL["parted"], id=row["tag_id"])
        else:
            done += await come_back(desk, row["ticket_id"], row["tag_id"])
    return done


async def follow(desk: Desk, ticket_id: UUID) -> bool:
    """Give the ticket's tags the names that they go by now."""
    async with work(desk, ticket_id=ticket_id) as unit:
        found = await unit.connection.execute(
            SQL["called"].encode(), {"words": list(unit.ticket.tags)}
        )
        now = {row["word"]: row["name"] for row in reversed(await found.fetchall())}
        tags = tuple(dict.fromkeys(now.get(word, word) for word in unit.ticket.tags))
        if tags == unit.ticket.tags:
            return False
        values = {"ticket_id": ticket_id, "at": unit.at, "tags": list(tags)}
        await unit.connection.execute(SQL["put_for_merged"].encode(), values)
        unit.change_ticket(tags=tags)
        unit.emit("ticket.updated", SYSTEM)
    return True


async def come_back(desk: Desk, ticket_id: UUID, tag_id: UUID) -> bool:
    """Give the ticket back a tag that was merged, and take off what it only had through that."""
    async with work(desk, ticket_id=ticket_id) as unit:
        values = {"ticket_id": ticket_id, "tag_id": tag_id}
        found = await unit.connection.execute(SQL["through"].encode(), values)
        through = {row["name"] for row in await found.fetchall()}
        named = await unit.connection.execute(SQL["one"].encode(), {"id": tag_id})
        row = await named.fetchone()
        if row is None or row["merged_into"] is not None or row["name"] in unit.ticket.tags:
            return False
        await unit.connection.execute(SQL["forget_through"].encode(), values)
        kept = (one for one in unit.ticket.tags if one not in through)
        unit.change_ticket(tags=(*kept, row["name"]))
        unit.emit("ticket.updated", SYSTEM)
    return True


async def unlooked(desk: Desk, *, most: int = 20) -> list[UUID]:
    """Tickets whose customer said something that was not looked at for tags."""
    at = desk.now()
    rows = await desk.run(SQL["unlooked"], since=at - RECENT, at=at, most=most)
    return [row["id"] for row in rows]


async def claim_to_tag(desk: Desk, ticket_id: UUID) -> ToTag | None:
    """Take on looking at a ticket; None where another does, or people have decided its tags."""
    at = desk.now()
    claimed = await desk.run(SQL["claim"], ticket_id=ticket_id, until=at + LEASE, at=at)
    if not claimed:
        return None
    rows = await desk.run(SQL["said"], ticket_id=ticket_id)
    texts = tuple(row["text"] for row in reversed(rows) if row["text"].strip())
    return ToTag(ticket_id=ticket_id, seq=claimed[0]["seq"], texts=texts)


async def tag_by_assistant(desk: Desk, looked: ToTag, found: Sequence[Why]) -> bool:
    """Put on what the assistant found, unless people have decided since; True when that is new.

    At most two of a ticket's tags are the assistant's.
    """
    try:
        async with work(desk, ticket_id=looked.ticket_id) as unit:
            named = {"ticket_id": looked.ticket_id}
            rows = await unit.connection.execute(SQL["is_settled"].encode(), named)
            row = await rows.fetchone()
            settled = row is not None and row["settled"]
            free = MOST_BY_ASSISTANT - len(unit.ticket.tags)
            fresh = [one for one in found if one.name not in unit.ticket.tags][: max(free, 0)]
            done = not settled and await mark(
                unit, ASSISTANT, add=[one.name for one in fresh], why=fresh
            )
            values = {**named, "seq": looked.seq}
            await unit.connection.execute(SQL["looked_at"].encode(), values)
            return done
    except (Fenced, NotFound):
        return False


async def _held(connection: Connection) -> dict[UUID, Tag]:
    await connection.execute(SQL["lock"].encode())
    found = await connection.execute(SQL["every"].encode())
    return {row["id"]: tag_from(row) for row in await found.fetchall()}


def _columns(draft: TagDraft) -> dict[str, Any]:
    return {**msgspec.structs.asdict(draft), "synonyms": list(draft.synonyms)}
