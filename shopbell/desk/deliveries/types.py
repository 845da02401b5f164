"""Deliveries: the sending of one message by one connection."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Connection, Health, Place
from shopbell.desk.messages.types import MailHead, Message


class OutgoingFile(Struct, frozen=True, kw_only=True):
    """A file that goes along: `read` gives its bytes, `url` is where the platform may get it from
    for the next hours."""

    name: str
    media_type: str
    size: int
    read: Callable[[], Awaitable[bytes]]
    url: str = ""


class Outgoing(Struct, frozen=True, kw_only=True):
    """A claimed delivery, with all a connector needs; `id` serves as the idempotency key.

    `recipient` is the identity's value, `to` where the platform takes the answer. `answers` is the
    platform's name for the customer's last message there, and `threading` the mail it stands in.
    `sealed` is opened into `credentials` by whoever sends.
    """

    id: UUID
    message: Message
    connection: Connection
    secret: str
    recipient: str
    attempts: int
    to: Place | None = None
    opted_out: bool = False
    answers: str = ""
    threading: MailHead | None = None
    sealed: bytes | None = None
    credentials: Mapping[str, str] = {}
    files: tuple[OutgoingFile, ...] = ()
    brand_name: str = ""


class Sent(Struct, frozen=True, kw_only=True):
    """The platform took it; `external_id` is its name for the message."""

    external_id: str


class Refused(Struct, frozen=True, kw_only=True):
    """The platform said no. `permanent`: no retry helps, `words` say what to do.
    `retry_after` in seconds, where the platform asked for it; `whole`: it asked all of the
    connection to wait. `health` is what the refusal says of the connection itself, whose messages
    then wait until it is well. `code` is the platform's own, for the log."""

    words: str
    permanent: bool = False
    retry_after: float | None = None
    whole: bool = False
    health: Health | None = None
    code: str = ""


class Unknown(Struct, frozen=True, kw_only=True):
    """Nobody can say whether it was sent: never resent blindly."""

    words: str
