"""Tags: what tickets are about."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from shopbell.desk.messages.types import Author

Colour = Literal["grey", "green", "amber", "red", "violet"]

MOST_OF_ALL = 1_000
MOST_ON_A_TICKET = 20
DEEPEST = 4
SHOP = "shop"
"""The taxonomy that tickets are tagged by."""

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Synonyms = Annotated[tuple[Name, ...], Meta(max_length=40)]


class Tag(Struct, frozen=True, kw_only=True):
    """One tag of the tree. `synonyms` are other words for it; the assistant may put it on where it
    is `suggested`. `merged_into` is the tag that took its place. `used` counts the tickets that have
    it; whoever changes it names the `version` they saw."""

    id: UUID
    name: str
    parent_id: UUID | None
    synonyms: tuple[str, ...]
    description: str
    colour: Colour
    suggested: bool
    merged_into: UUID | None
    used: int
    version: int


class TagDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tag is to be."""

    name: Name
    parent_id: UUID | None = None
    synonyms: Synonyms = ()
    description: Annotated[str, Meta(max_length=300)] = ""
    colour: Colour = "grey"
    suggested: bool = False


class Likeness(Struct, frozen=True, kw_only=True):
    """An example that led to a tag, and how like it the ticket's words are, from 0 to 1."""

    text: str
    likeness: float


class Marked(Struct, frozen=True, kw_only=True):
    """A tag on a ticket: who put it there and when, and for the assistant how sure it was and the
    examples that led there; where a word of the tag's was said, it is `word`."""

    name: str
    by: Author
    at: datetime
    confidence: float | None = None
    word: str = ""
    examples: tuple[Likeness, ...] = ()


class Why(Struct, frozen=True, kw_only=True):
    """What the assistant goes by."""

    name: str
    confidence: float
    word: str = ""
    examples: tuple[Likeness, ...] = ()


class ToTag(Struct, frozen=True, kw_only=True):
    """A ticket to be looked at: up to which `seq`, and what its customer said, oldest first."""

    ticket_id: UUID
    seq: int
    texts: tuple[str, ...]


class Example(Struct, frozen=True, kw_only=True):
    """A text and its label; None is none of them."""

    text: str
    label: str | None
    language: str = ""
