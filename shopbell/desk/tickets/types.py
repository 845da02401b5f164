"""Tickets: one matter inside a thread."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Contact
from shopbell.desk.customers.types import Customer
from shopbell.desk.messages.types import AuthorKind, Citation, Message
from shopbell.desk.sla.types import Due
from shopbell.desk.threads.types import Thread

Status = Literal["open", "pending", "snoozed", "resolved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Control = Literal["assistant", "agents"]
HandoffReason = Literal[
    "asked", "no_answer", "policy", "tone", "failed", "approval", "unavailable", "away", "stranger"
]


class Preview(Struct, frozen=True, kw_only=True):
    """The last message, as the list shows it."""

    author: AuthorKind
    text: str
    at: datetime
    note: bool = False


class Handoff(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the assistant left for the people, and what it told the customer."""

    reason: HandoffReason
    at: datetime
    summary: str = ""
    wants: str = ""
    tried: tuple[str, ...] = ()
    suggested_reply: str = ""
    promised_by: datetime | None = None


class Suggestion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer of the assistant that was not sent: kept for the agent to use or not."""

    text: str
    citations: tuple[Citation, ...] = ()
    turn_id: UUID | None = None
    at: datetime


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One matter: status, owner and control are three things.

    `epoch` rises with each change of control and fences replies. `waiting_since` is set while
    the customer waits for a person, `due` what its clocks are running towards, `answer_before` is set
    once the channel is about to take no more free answers. `version` rises with each change: the higher
    one is newer.
    """

    id: UUID
    number: int
    thread_id: UUID
    customer_id: UUID
    customer_name: str = ""
    brand_id: UUID
    connection_id: UUID
    channel: str
    subject: str = ""
    status: Status = "open"
    priority: Priority = "normal"
    team_id: UUID | None = None
    assignee_id: UUID | None = None
    tags: tuple[str, ...] = ()
    control: Control = "assistant"
    epoch: int = 1
    engaged_from_seq: int = 1
    last_seq: int = 0
    last_customer_seq: int = 0
    preview: Preview | None = None
    waiting_since: datetime | None = None
    handoff: Handoff | None = None
    suggestion: Suggestion | None = None
    snoozed_until: datetime | None = None
    due: Due | None = None
    answer_before: datetime | None = None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    version: int = 1


class TicketOpen(Struct, frozen=True, kw_only=True):
    """GET /api/tickets/{id}: all that opening a ticket shows. `messages` are the thread's newest, oldest first, and
    `more` says that there are older ones; `tickets` are the thread's newest 100, oldest first.
    `read_seq` is how far the asking agent has read, `contacts` where the customer can be answered."""

    ticket: Ticket
    thread: Thread
    customer: Customer
    messages: tuple[Message, ...]
    more: bool
    tickets: tuple[Ticket, ...]
    read_seq: int
    contacts: tuple[Contact, ...]
