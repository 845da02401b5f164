"""Messages: what somebody said, how it came or goes, and what it stands on."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import FilledTemplate, Place

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
    """A file on a message; `size` in bytes, `url` signed for whoever reads the message.

    `state` is empty once its bytes are here: `expected` while they are fetched from a platform,
    `missing` when they could not be, with `words` that say why.
    """

    id: UUID
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    url: str = ""
    state: Literal["", "expected", "missing"] = ""
    words: str = ""


class ExpectedFile(Struct, frozen=True, kw_only=True):
    """A file that a platform holds: `ref` is how its connector fetches it."""

    name: str
    media_type: str
    ref: str
    size: int = 0


class Reaction(Struct, frozen=True, kw_only=True):
    """A sign that somebody put on a message; `by` is their identity on its channel."""

    sign: str
    by: str


class MailHead(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What agents see of a mail besides its words. `matched_by` says why it is in this thread,
    `authentication` what the receiving host found; `warning` is shown beside the sender. Of a mail
    of ours it says who else got it: `cc`, and `bcc`, which nobody who got it sees."""

    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    matched_by: str = ""
    authentication: str = ""
    warning: str = ""


class Arrival(Struct, frozen=True, kw_only=True):
    """How a message came in from outside: what the platform calls it, and where its answer goes.

    `files` are fetched after the message stands. `quiet`: a machine wrote it, so nobody answers.
    `to_people`: it goes past the assistant, `because` of this where nobody else wrote it. `aside`:
    its writer is not the thread's customer, whose own address stays. `whole` is the text with what
    it quotes. `ticket_id`: the ticket of the message that a mail answers.
    """

    external_id: str
    place: Place
    html: str | None = None
    whole: str = ""
    reply_to: str = ""
    files: tuple[ExpectedFile, ...] = ()
    mail: MailHead | None = None
    subject: str = ""
    context: str = ""
    quiet: bool = False
    to_people: bool = False
    because: str = ""
    aside: bool = False
    ticket_id: UUID | None = None


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
    reactions: tuple[Reaction, ...] = ()
    reply_to: UUID | None = None
    whole: str = ""
    context: str = ""
    mail: MailHead | None = None
    sender: str = ""
    template: FilledTemplate | None = None


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message; `seq` rises within the thread from 1 and is its only order. `sender` is the
    address that it came from on its channel; of a mail it is in its head. `template` is set where the
    platform sends one of its own, whose words are the `text`."""

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
    edited_at: datetime | None = None
    removed: bool = False
    reactions: tuple[Reaction, ...] = ()
    reply_to: UUID | None = None
    whole: str = ""
    context: str = ""
    mail: MailHead | None = None
    sender: str = ""
    template: FilledTemplate | None = None
    version: int = 1


class MessageRow(Struct, frozen=True, kw_only=True):
    """A message as its row holds it, joined with its delivery's status and error."""

    id: UUID
    thread_id: UUID
    ticket_id: UUID
    seq: int
    author_kind: AuthorKind
    author_id: UUID | None
    author_name: str
    visibility: Visibility
    channel: str
    text: str
    html: str | None
    extra: MessageExtra
    turn_id: UUID | None
    at: datetime
    edited_at: datetime | None
    removed_at: datetime | None
    version: int
    delivery_status: DeliveryStatus | None
    delivery_error: str | None


class Draft(Struct, frozen=True, kw_only=True):
    """What a client asks to be said; `id` is a client-made UUIDv7, so sending twice writes once.
    `cc` and `bcc` are addresses that an agent's mail goes to besides."""

    id: UUID
    text: str
    visibility: Visibility = "public"
    attachments: tuple[UUID, ...] = ()
    page: Page | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
