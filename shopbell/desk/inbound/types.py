"""What outside systems hand in: bytes as they came, and the facts that a connector reads in them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, field

FactKind = Literal[
    "message",
    "edit",
    "deletion",
    "reaction",
    "receipt",
    "typing",
    "echo",
    "opt_out",
    "account",
    "other",
]
MOST_BYTES = 30_000_000
"""The largest payload that is kept: a mail with attachments; webhooks are capped far below."""


class Raw(Struct, frozen=True, kw_only=True):
    """A payload as it came. Header names are in lower case; `url` is the public one that was called."""

    body: bytes
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    method: str = "POST"
    url: str = ""


class Kept(Struct, frozen=True, kw_only=True):
    """A payload in the table; `attempts` counts how often it was read."""

    id: UUID
    connection_id: UUID
    raw: Raw
    attempts: int = 0
    received_at: datetime


class Sender(Struct, frozen=True, kw_only=True):
    """Who a fact is about: an identity of `kind` (email, phone, or the channel's own name).

    `verified` says that the channel vouches for it, as a platform does for its own accounts; a
    mail's From is only claimed until its signature was checked.
    """

    kind: str
    value: str
    name: str = ""
    verified: bool = True


class File(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that came with a message: its bytes, or the `ref` by which the connector gets them.

    `media_type` is what the platform says; what it is, is looked up in its bytes.
    """

    name: str = ""
    media_type: str = ""
    size: int | None = None
    ref: str = ""
    data: bytes | None = None
    inline_id: str = ""


class Mail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message has besides when it came by mail. Addresses are bare and in lower case.

    `reply_text` is what its sender newly wrote. `auto_submitted` tells machines from people (RFC
    3834), `bounce` a delivery report (RFC 3464) from both. `matched_by` says why it joined its
    thread; `authentication` what the receiving host found (RFC 8601), `warning` why its From may not
    be true.
    """

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    reply_text: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto_submitted: bool = False
    bounce: bool = False
    matched_by: str = ""
    authentication: str = ""
    warning: str = ""


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened, in one form for all channels.

    `external_id` is the platform's name for the message it is about: of an edit, deletion, reaction
    or receipt, the message that was edited, removed, reacted to or received. `state` is the
    receipt's (sent, delivered, read, failed), typing's (on, off), the reaction's (its sign, empty
    when taken back), the opt-out's (out, in) or the account's new health. `key` is our delivery's
    id where the platform gives it back. `place` is where an answer goes; empty: to the sender.
    `window_hours` is how long free answers are taken from `at` on, where this differs from the
    capability record's. `code` and `words` tell of a failure, `context` of an ad or a story.
    `to_people`: a moderator handed this message to the desk, so people answer it. `joins`: a part
    of a message whose other parts, under the same id, come by themselves, as an album's pictures do.
    `automatic`: whether a machine of the shop's wrote an echo; *perhaps* where the platform does not
    tell, and then one that follows the customer's words at once is a machine's.
    """

    kind: FactKind
    external_id: str = ""
    sender: Sender | None = field(default=None, name="from")
    at: datetime | None = None
    text: str = ""
    html: str | None = None
    attachments: tuple[File, ...] = ()
    reply_to: str = ""
    state: str = ""
    key: str = ""
    account: str = ""
    place: str = ""
    community: bool = False
    to_people: bool = False
    window_hours: float | None = None
    joins: bool = False
    automatic: Literal["", "perhaps", "yes"] = ""
    code: str = ""
    words: str = ""
    context: str = ""
    mail: Mail | None = None


class Unverified(Exception):
    """The payload is not from who it says: nothing of it is kept."""
