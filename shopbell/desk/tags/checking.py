"""What a tag may be, among those that stand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.errors import Invalid
from shopbell.desk.tags.marks import plain
from shopbell.desk.tags.types import DEEPEST, Tag, TagDraft


def checked(held: Mapping[UUID, Tag], tag_id: UUID, wanted: TagDraft) -> TagDraft:
    """The draft as it is kept. Raises Invalid for a name or word that another tag has, and for a
    parent that is none, the tag itself, below it or too deep."""
    name = plain(wanted.name)
    words = tuple(dict.fromkeys(word for one in wanted.synonyms if (word := plain(one)) != name))
    if not name or "" in words:
        raise Invalid("A tag needs a name", "Write one or two words.")
    others = [one for one in held.values() if one.id != tag_id]
    for other in others:
        if name == other.name or name in other.synonyms:
            raise Invalid(f"“{name}” stands for “{other.name}” already", "Choose another name.")
        taken = next((word for word in words if word in (other.name, *other.synonyms)), None)
        if taken is not None:
            raise Invalid(
                f"“{taken}” stands for “{other.name}” already", "Take it off there first."
            )
    if wanted.parent_id is not None:
        parent = held.get(wanted.parent_id)
        if parent is None or parent.merged_into:
            raise Invalid("The tag above was not found", "Choose one that stands.")
        line = [wanted.parent_id, *above(held, wanted.parent_id)]
        if tag_id in line:
            raise Invalid("A tag cannot stand below itself", "Choose another tag above it.")
        if len(line) + _height(held, tag_id) > DEEPEST:
            raise Invalid(f"Tags go {DEEPEST} deep", "Choose a tag further up.")
    return msgspec.structs.replace(
        wanted, name=name, synonyms=words, description=wanted.description.strip()
    )


def above(held: Mapping[UUID, Tag], tag_id: UUID) -> list[UUID]:
    """The tags above this one, the nearest first."""
    line: list[UUID] = []
    at = held[tag_id].parent_id
    while at is not None and at not in line:
        line.append(at)
        at = held[at].parent_id
    return line


def needs(row: Mapping[str, Any]) -> list[str]:
    """In words, what still needs a tag."""
    said: list[str] = []
    if count := row.get("tickets"):
        said.append("1 ticket has it" if count == 1 else f"{count:,} tickets have it")
    for key, words in (
        ("children", "it stands above {}"),
        ("merged", "{} went into it"),
        ("policies", "the target {} asks for it"),
        ("macros", "the macro {} puts it on"),
    ):
        if row.get(key):
            said.append(words.format(row[key]))
    return said


def _height(held: Mapping[UUID, Tag], tag_id: UUID) -> int:
    children = [one.id for one in held.values() if one.parent_id == tag_id]
    return 1 + max((_height(held, one) for one in children), default=0)
