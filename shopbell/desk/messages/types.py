"""Messages: what somebody said, how it came or goes, and what it stands on."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

AuthorKind = Literal["customer", "assistant", "agent", "system"]
Visibility = Literal["public", "note"]
DeliveryStatus = Literal[
    "queued", "sending", "sent", "delivered", "read", "failed", "withheld", "uncertain"
]

MAX_TEXT = 20_000
MAX_ATTACHMENTS = 10


class Author(Struct, frozen=True, kw_only=True):
    """Who said or did something; the assistant and the system have no id."""

    kind: AuthorKind
    id: UUID | None = None
    name: str = ""


class Citation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a sentence of the assistant rests on."""

    title: str
    quote: str = ""
    url: str | None = None
    kind: Literal["article", "product", "order"] = "article"
    chunk_id: UUID | None = None
    language: str | None = None


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file on a message; `size` in bytes, `url` signed for whoever reads the message."""

    id: UUID
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    url: str = ""


class Page(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The shop page a shopper wrote from, as the page describes itself."""

    url: str = ""
    title: str = ""
    product: str = ""
    sku: str = ""
    price: str = ""


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the sending of a message came; `error` says what to do about a failure."""

    status: DeliveryStatus
    error: str | None = None


class MessageExtra(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parts of a message that are stored as one JSON column."""

    citations: tuple[Citation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    page: Page | None = None
    why: str = ""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message; `seq` counts within the thread from 1 and is its only order."""

    id: UUID
    thread_id: UUID
    ticket_id: UUID
    seq: int
    author: Author
    visibility: Visibility = "public"
    channel: str
    text: str
    html: str | None = None
    citations: tuple[Citation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    page: Page | None = None
    why: str = ""
    delivery: Delivery | None = None
    turn_id: UUID | None = None
    at: datetime
    version: int = 1


class Draft(Struct, frozen=True, kw_only=True):
    """What a client asks to be said; `id` is a client-made UUIDv7, so sending twice writes once."""

    id: UUID
    text: str
    visibility: Visibility = "public"
    attachments: tuple[UUID, ...] = ()
    page: Page | None = None
