"""One change of many tickets, its outcome for each, and what taking it back needs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from shopbell.desk.tickets.types import Control, Handoff, Priority, Status, Suggestion, Ticket

Tag = Annotated[str, Meta(min_length=1, max_length=60)]


class Resolving(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="resolve"
):
    """Close the matter."""


class Reopening(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="reopen"
):
    """Make what is resolved or snoozed open again."""


class Assigning(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="assign"
):
    """Give it to an agent, a team or (null) nobody; what is left out stays as each ticket has it."""

    agent_id: UUID | UnsetType | None = UNSET
    team_id: UUID | UnsetType | None = UNSET


class Snoozing(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="snooze"
):
    """Out of sight until then, or until the customer writes; null is only until they write."""

    until: datetime | None


class Ranking(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="priority"
):
    """Say how much it presses."""

    priority: Priority


class Tagging(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="tags"
):
    """Add these tags and take those away; others stay."""

    add: Annotated[tuple[Tag, ...], Meta(max_length=20)] = ()
    remove: Annotated[tuple[Tag, ...], Meta(max_length=20)] = ()


class TakingOver(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="take_over"
):
    """Give control to the asking agent; `on_purpose`: even from another agent."""

    on_purpose: bool = False


class Releasing(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="release"
):
    """Give control back to the assistant; `note` tells it, and the team, what was settled."""

    note: Annotated[str, Meta(max_length=4000)] = ""


Change = Resolving | Reopening | Assigning | Snoozing | Ranking | Tagging | TakingOver | Releasing


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Fields of a ticket that a change moved, with the values they had; the others are unset."""

    status: Status | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    team_id: UUID | UnsetType | None = UNSET
    assignee_id: UUID | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    control: Control | UnsetType = UNSET
    waiting_since: datetime | UnsetType | None = UNSET
    handoff: Handoff | UnsetType | None = UNSET
    suggestion: Suggestion | UnsetType | None = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    resolved_at: datetime | UnsetType | None = UNSET


class Step(Struct, frozen=True, kw_only=True):
    """What a change did to one ticket: `at` and `epoch` are those that it left, `heard` how far the
    customer had written by then."""

    ticket_id: UUID
    at: datetime
    epoch: int
    heard: int
    before: Standing
    after: Standing


class Outcome(Struct, frozen=True, kw_only=True):
    """The ticket as it stands after its part of the change, or why that was refused."""

    ticket_id: UUID
    ticket: Ticket | None = None
    refused: Exception | None = None


class Done(Struct, frozen=True, kw_only=True):
    """`id` names the change for taking it back; None where there is nothing to take back."""

    id: UUID | None
    outcomes: tuple[Outcome, ...]
