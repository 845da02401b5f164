"""What the doors to tags take and give."""

from uuid import UUID

from msgspec import Struct

from shopbell.desk.tags.types import Marked, Tag, TagDraft


class Tags(Struct, frozen=True, kw_only=True):
    """GET /api/tags: all tags by name, those that were merged too."""

    tags: tuple[Tag, ...]


class NewTag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/tags."""

    tag: TagDraft


class ChangeTag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/tags/{id}: what it is to be; `version` is the one that was looked at."""

    tag: TagDraft
    version: int


class MergeTag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/tags/{id}/merge: the tag becomes another word for that one."""

    into: UUID


class Marks(Struct, frozen=True, kw_only=True):
    """GET /api/tickets/{id}/tags: who put each tag on the ticket, and why."""

    marks: tuple[Marked, ...]
