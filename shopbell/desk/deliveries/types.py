"""Deliveries: the sending of one message by one connection."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Connection, Health, Place
from shopbell.desk.messages.types import MailHead, Message
from shopbell.desk.tickets.types import Ticket


class Unsent(Struct, frozen=True, kw_only=True):
    """A message that did not go out, or perhaps did not, on a ticket that is not settled.
    `ways` are the other connections by which its customer can be answered now."""

    message: Message
    ticket: Ticket
    connection_id: UUID
    at: datetime
    ways: tuple[UUID, ...] = ()


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
    `sealed` is opened into `credentials` by whoever sends. `heard_at` is when the customer last wrote
    there. `parts` were taken on an earlier try, so sending goes on after them. `hook` is the public
    address at which this connection is told things. `claimed`: the address was only left on the page,
    by somebody who writes in `language`.
    """

    id: UUID
    message: Message
    connection: Connection
    secret: str
    recipient: str
    attempts: int
    to: Place | None = None
    opted_out: bool = False
    claimed: bool = False
    language: str | None = None
    private: bool = False
    answers: str = ""
    threading: MailHead | None = None
    sealed: bytes | None = None
    credentials: Mapping[str, str] = {}
    files: tuple[OutgoingFile, ...] = ()
    brand_name: str = ""
    heard_at: datetime | None = None
    parts: tuple[str, ...] = ()
    hook: str = ""


class Sent(Struct, frozen=True, kw_only=True):
    """The platform took it; `external_id` is its name for the message, `parts` its names for each
    part where it left as several."""

    external_id: str
    parts: tuple[str, ...] = ()


class Refused(Struct, frozen=True, kw_only=True):
    """The platform said no. `permanent`: no retry helps, `words` say what to do.
    `retry_after` in seconds, where the platform asked for it; `whole`: it asked all of the
    connection to wait. `health` is what the refusal says of the connection itself, whose messages
    then wait until it is well. `code` is the platform's own, for the log. `parts` were taken before
    it said no, those of earlier tries among them."""

    words: str
    permanent: bool = False
    retry_after: float | None = None
    whole: bool = False
    health: Health | None = None
    code: str = ""
    parts: tuple[str, ...] = ()


class Unknown(Struct, frozen=True, kw_only=True):
    """Nobody can say whether it was sent: never resent blindly. `parts` as in Refused."""

    words: str
    parts: tuple[str, ...] = ()
