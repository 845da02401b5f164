"""Events: facts that happened, with the new state of whatever they touched.

An event carries whole entities, never differences, and each entity its `version`; a client keeps
the higher version of each and so ends where a reload would, whatever it saw and in which order.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from shopbell.desk.connections.types import Connection
from shopbell.desk.customers.types import Customer
from shopbell.desk.messages.types import Author, Message
from shopbell.desk.people.types import Agent
from shopbell.desk.sla.types import Alarm
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket

EventKind = Literal[
    "message.created",
    "message.updated",
    "message.imported",
    "ticket.created",
    "ticket.assigned",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.snoozed",
    "ticket.restored",
    "ticket.updated",
    "ticket.suggested",
    "control.taken",
    "control.released",
    "control.handed_off",
    "customer.updated",
    "customer.joined",
    "customer.parted",
    "thread.read",
    "thread.seen",
    "read.moved",
    "agent.updated",
    "session.revoked",
    "connection.updated",
    "window.closing",
    "clock.warned",
    "clock.breached",
    "import.came",
]


class AgentRead(Struct, frozen=True, kw_only=True):
    """How far one agent has read one thread."""

    agent_id: UUID
    thread_id: UUID
    seq: int


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact. `position` is given by the relay, gap-free from 1; until then it is 0."""

    position: int = 0
    kind: EventKind
    at: datetime
    actor: Author
    thread_id: UUID | None = None
    ticket_id: UUID | None = None
    message: Message | UnsetType = UNSET
    ticket: Ticket | UnsetType = UNSET
    thread: Thread | UnsetType = UNSET
    customer: Customer | UnsetType = UNSET
    read: AgentRead | UnsetType = UNSET
    agent: Agent | UnsetType = UNSET
    session_id: UUID | UnsetType = UNSET
    connection: Connection | UnsetType = UNSET
    alarm: Alarm | UnsetType = UNSET
