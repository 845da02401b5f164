"""Which tags a ticket has: put on and taken off inside the transaction that changes the ticket."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from shopbell.desk.database import load_queries
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.tags.types import MOST_OF_ALL, MOST_ON_A_TICKET, Why
from shopbell.desk.work import Work

SQL = load_queries(__file__)


async def mark(
    unit: Work,
    by: Author,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    only: bool = False,
    why: Sequence[Why] = (),
    came_from: UUID | None = None,
) -> bool:
    """Put tags on the unit's ticket and take others off, each by its name or another word for it; a
    new name is a new tag. With `only` the ticket has no others afterwards. True when that changes the
    ticket, which then has its event.

    Raises Invalid for more tags than a ticket or the desk may have.
    """
    words = [plain(one) for one in add if plain(one)]
    known = await _known(unit, [*words, *(plain(one) for one in remove)])
    gone = {known[word][1] if word in known else word for word in map(plain, remove)}
    gone |= {plain(one) for one in remove}
    kept = [] if only else [tag for tag in unit.ticket.tags if tag not in gone]
    wanted = list(dict.fromkeys(known[word][1] if word in known else word for word in words))
    tags = tuple(dict.fromkeys((*kept, *wanted)))
    if len(tags) > MOST_ON_A_TICKET:
        raise Invalid(f"A ticket has at most {MOST_ON_A_TICKET} tags", "Take some off first.")
    if tags == unit.ticket.tags:
        return False
    fresh = [one for one in wanted if one not in unit.ticket.tags]
    off = [one for one in unit.ticket.tags if one not in tags]
    taken = await _run(unit, "take_off", ticket_id=unit.ticket.id, names=off) if off else []
    reasons = {one.name: one for one in why}
    for name in fresh:
        tag_id = known[name][0] if name in known else None
        tag_id = tag_id or next((i for i, known_as in known.values() if known_as == name), None)
        tag_id = tag_id or await _new(unit, name)
        await _put(unit, by, tag_id, reasons.get(name), came_from)
    # Lists stand by the last change: what is found out beside the talk moves no row.
    at = unit.at if by.kind == "agent" else unit.ticket.updated_at
    unit.change_ticket(tags=tags, updated_at=at)
    if by.kind == "agent":
        corrected = any(row["by_kind"] == "assistant" for row in taken)
        await _teach(unit, none=corrected and not tags)
    unit.emit("ticket.updated", by)
    return True


def plain(name: str) -> str:
    """A tag's name as it is kept: in lower case, without space around it."""
    return " ".join(name.lower().split())


async def _known(unit: Work, words: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """The tags that these words are names of, or else other words for."""
    found: dict[str, tuple[UUID, str]] = {}
    for row in await _run(unit, "called", words=list(words)) if words else []:
        found.setdefault(row["word"], (row["id"], row["name"]))
    return found


async def _new(unit: Work, name: str) -> UUID:
    (counted,) = await _run(unit, "count")
    if counted["n"] >= MOST_OF_ALL:
        raise Invalid(f"At most {MOST_OF_ALL:,} tags fit", "Merge or remove some that nobody uses.")
    nothing: dict[str, Any] = {
        "parent_id": None,
        "synonyms": [],
        "description": "",
        "colour": "grey",
    }
    await _run(unit, "insert", id=uuid7(), name=name, suggested=False, at=unit.at, **nothing)
    return (await _known(unit, [name]))[name][0]


async def _put(
    unit: Work, by: Author, tag_id: UUID, why: Why | None, came_from: UUID | None
) -> None:
    kind = by.kind if by.kind in ("assistant", "agent") else "system"
    await _run(
        unit,
        "put",
        ticket_id=unit.ticket.id,
        tag_id=tag_id,
        by_kind=kind,
        by_id=by.id,
        by_name=by.name,
        confidence=why.confidence if why else None,
        why=Jsonb({"word": why.word, "examples": msgspec.to_builtins(why.examples)} if why else {}),
        came_from=came_from,
        at=unit.at,
    )


async def _teach(unit: Work, *, none: bool) -> None:
    """What an agent decided is theirs from here on, and an example for the next such ticket."""
    await _run(unit, "settle", ticket_id=unit.ticket.id)
    await _run(unit, "forget_lesson", ticket_id=unit.ticket.id)
    await _run(unit, "teach", ticket_id=unit.ticket.id, none=none)


async def _run(unit: Work, query: str, **values: Any) -> list[dict[str, Any]]:
    found = await unit.connection.execute(SQL[query].encode(), values)
    return await found.fetchall() if found.description else []
