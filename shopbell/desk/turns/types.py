"""Turns: the runs of the assistant, leased and fenced."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import AnswerMode, Brand
from shopbell.desk.customers.types import Customer
from shopbell.desk.messages.types import Message

TurnStatus = Literal["due", "running", "answered", "suggested", "handed_off", "dropped", "failed"]


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


class Called(Struct, frozen=True, kw_only=True):
    """A turn that nobody has finished; `due_in` in seconds, negative once its time has come."""

    id: UUID
    ticket_id: UUID
    thread_id: UUID
    epoch: int
    status: TurnStatus
    due_in: float
    answer_mode: AnswerMode


class Material(Struct, frozen=True, kw_only=True):
    """What the assistant may know of a turn; `messages` from the engagement's start, oldest first.

    `people_answer_by` is in the brand's time zone; None when nobody can say.
    """

    messages: tuple[Message, ...]
    customer: Customer
    brand: Brand
    answer_mode: AnswerMode
    people_answer_by: datetime | None


class TurnRecord(Struct, frozen=True, kw_only=True):
    """A turn as agents open it; `trace` is what the assistant wrote down while thinking."""

    id: UUID
    ticket_id: UUID
    thread_id: UUID
    status: TurnStatus
    from_seq: int
    upto_seq: int
    attempts: int
    message_id: UUID | None = None
    trace: Any = None
    created_at: datetime
    finished_at: datetime | None = None
