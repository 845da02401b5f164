"""Bodies and answers of saved replies, macros and replies that wait."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from shopbell.desk.held.types import HeldReply
from shopbell.desk.replies.types import SavedDraft, SavedReply


class HeldReplies(Struct, frozen=True, kw_only=True):
    """GET /api/held: the asking agent's replies that wait to go, or could not."""

    held: tuple[HeldReply, ...]


class SetUndo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/me/undo-send: how many seconds one's replies wait; 0 for not at all."""

    seconds: int


class SavedReplies(Struct, frozen=True, kw_only=True):
    """GET /api/replies: the saved replies and macros that the asking agent may see, by title."""

    replies: tuple[SavedReply, ...]


class NewReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/replies. `id` is a client-made UUIDv7, so that saving twice keeps one."""

    id: UUID
    saved: SavedDraft


class ChangeReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/replies/{id}: what it is to be; `version` is the one that was looked at."""

    saved: SavedDraft
    version: int


class RunMacro(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/tickets/{id}/macro: the macro whose preview was seen at `version`. `message_id` and
    `note_id` are client-made UUIDv7s of what it says, so running twice says it once; its reply goes
    out `by` this connection, else by the ticket's."""

    reply_id: UUID
    version: int
    language: Annotated[str, Meta(max_length=10)]
    message_id: UUID
    note_id: UUID
    by: UUID | None = None
