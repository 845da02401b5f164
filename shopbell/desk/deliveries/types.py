"""Deliveries: the sending of one message by one connection."""

from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Connection
from shopbell.desk.messages.types import Message


class Outgoing(Struct, frozen=True, kw_only=True):
    """A claimed delivery, with all a connector needs. `recipient` is the identity's value; `id`
    serves as the idempotency key."""

    id: UUID
    message: Message
    connection: Connection
    secret: str
    recipient: str
    attempts: int


class Sent(Struct, frozen=True, kw_only=True):
    """The platform took it; `external_id` is its name for the message."""

    external_id: str


class Refused(Struct, frozen=True, kw_only=True):
    """The platform said no. `permanent`: no retry helps, `words` say what to do.
    `retry_after` in seconds, where the platform asked for it."""

    words: str
    permanent: bool = False
    retry_after: float | None = None


class Unknown(Struct, frozen=True, kw_only=True):
    """Nobody can say whether it was sent: never resent blindly."""

    words: str
