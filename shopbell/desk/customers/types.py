"""Customers and the identities by which channels know them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Connection


class Identity(Struct, frozen=True, kw_only=True):
    """One name a customer goes by; `verified` says that it was proven, not only said."""

    id: UUID
    kind: str
    value: str
    verified: bool


class Customer(Struct, frozen=True, kw_only=True):
    """One shopper."""

    id: UUID
    name: str
    language: str | None = None
    identities: tuple[Identity, ...] = ()
    version: int = 1
    created_at: datetime


class Visitor(Struct, frozen=True, kw_only=True):
    """A browser that chats over one connection. `customer_id` and `thread_id` are None until its
    first message; `verified` says that the shop vouched for who it is."""

    id: UUID
    connection: Connection
    customer_id: UUID | None = None
    thread_id: UUID | None = None
    name: str = ""
    verified: bool = False


class Vouched(Struct, frozen=True, kw_only=True):
    """What a shop's server signed about its customer. `subject` is the shop's own id of them,
    `jti` the token's id: it serves one visitor, until `expires_at`."""

    subject: str
    jti: str
    expires_at: datetime
    email: str = ""
    name: str = ""
