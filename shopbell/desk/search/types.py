"""What people type into the search, and what it finds."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from shopbell.desk.tickets.types import Ticket


class Filter(Struct, frozen=True, kw_only=True):
    """`key:value`, or `-key:value` for all that it is not true of."""

    key: str
    value: str
    unless: bool = False


class Query(Struct, frozen=True, kw_only=True):
    """A search as it is meant: each of `phrases` (of one word or more) occurs, and each filter holds."""

    phrases: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    number: int | None = None
    since: date | None = None
    until: date | None = None


class SnippetPart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a snippet; `hit` where it is what was looked for."""

    text: str
    hit: bool = False


class Hit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ticket that was found, by the newest of its messages that fits or by what it is itself."""

    ticket: Ticket
    at: datetime
    message_id: UUID | None = None
    seq: int | None = None
    snippet: tuple[SnippetPart, ...] = ()


class Hits(Struct, frozen=True, kw_only=True):
    """GET /api/search: hits, newest first. `meant` is the query with misspelt words mended, where
    there are any; `next` is the cursor of what follows."""

    hits: tuple[Hit, ...]
    meant: str | None = None
    next: UUID | None = None
