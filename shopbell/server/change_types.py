"""Bodies and answers of changes of many tickets."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from shopbell.desk.changes.commands import MOST
from shopbell.desk.changes.types import Change
from shopbell.desk.tickets.types import Ticket
from shopbell.realtime.frames import Problem


class ChangeTickets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/changes: the same for each of these tickets."""

    ticket_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST)]
    change: Change


class Changed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One ticket's part of a change: the ticket as it stands now, or why it was refused."""

    ticket_id: UUID
    ticket: Ticket | None = None
    problem: Problem | None = None


class ChangeDone(Struct, frozen=True, kw_only=True):
    """What came of a change, ticket by ticket. `id` takes it back (POST /api/changes/{id}/undo)
    within an hour; null where there is nothing to take back."""

    id: UUID | None
    tickets: tuple[Changed, ...]
