"""Threads: the one conversation with a customer, for life."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.messages.types import Attachment, AuthorKind, Citation


class Thread(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The thread's counters. The customer's unread is `out_count - customer_read_out`."""

    id: UUID
    customer_id: UUID
    last_seq: int = 0
    out_count: int = 0
    customer_read_seq: int = 0
    customer_read_out: int = 0
    agents_read_seq: int = 0
    current_ticket_id: UUID | None = None
    version: int = 1


class ShopperAuthor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An author as the shopper may know them: a person's first name, never an id."""

    kind: AuthorKind
    name: str = ""


class ShopperMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A public message as the shopper sees it. A removed one keeps its place and none of its words
    or files; `edited_at` (RFC 3339) is when its author changed it last."""

    id: UUID
    seq: int
    author: ShopperAuthor
    text: str
    html: str | None = None
    citations: tuple[Citation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    channel: str = "webchat"
    at: str
    edited_at: str | None = None
    removed: bool = False
    version: int = 1


class ShopperThread(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the shopper's conversation stands.

    `answering` says who answers now; `waiting` is true between a handoff and a person's first
    word, and `promised_by` (RFC 3339) is the honest time given then. Counts are absolute.
    """

    answering: Literal["assistant", "agents"] = "assistant"
    agent_name: str = ""
    waiting: bool = False
    promised_by: str | None = None
    resolved: bool = False
    last_seq: int = 0
    read_seq: int = 0
    unread: int = 0
    seen_seq: int = 0
    version: int = 0
