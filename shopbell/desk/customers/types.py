"""Customers and the identities by which channels know them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


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
