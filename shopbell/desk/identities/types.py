"""Customers who became one: what was joined, how, and what is needed to part them again."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.customers.types import Customer

How = Literal["shop", "code", "agent"]
"""What a joining rests on: the shop's signed word, a one-time code, or an agent."""


class Joining(Struct, frozen=True, kw_only=True):
    """One joining that stands: `former` is who became part of another. `by` is the agent's name,
    empty where the customer proved it themselves."""

    id: UUID
    former: Customer
    how: How
    by: str = ""
    at: datetime


class Proof(Struct, frozen=True, kw_only=True):
    """How an identity's row says that it is proven."""

    id: UUID
    verified_at: datetime | None = None
    verified_by: str | None = None


class Kept(Struct, frozen=True, kw_only=True):
    """What joining changed in the customer who stays: proofs as they were, the rows of contacts that
    gave way, and whether they took over a name or a language. `matters` are the tickets that either
    thread went on with, the former one's first."""

    proofs: tuple[Proof, ...] = ()
    contacts: tuple[dict[str, Any], ...] = ()
    named: bool = False
    spoke: bool = False
    matters: tuple[UUID | None, UUID | None] = (None, None)


class Found(Struct, frozen=True, kw_only=True):
    """A customer whom an agent may join, and why they were found."""

    customer: Customer
    ticket_number: int | None = None
