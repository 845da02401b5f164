"""Turns: the runs of the assistant, leased and fenced."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Turn(Struct, frozen=True, kw_only=True):
    """One claimed run: it may speak only while control is the assistant's and `epoch` stands."""

    id: UUID
    ticket_id: UUID
    thread_id: UUID
    epoch: int
    from_seq: int
    upto_seq: int
    attempts: int
    due_at: datetime
