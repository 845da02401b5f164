"""Which policy a ticket falls under."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from shopbell.desk.sla.calendar import is_open
from shopbell.desk.sla.types import (
    AROUND_THE_CLOCK,
    Calendar,
    Condition,
    Policy,
    Target,
    TargetKind,
)
from shopbell.desk.tickets.types import Ticket


class Rules(Struct, frozen=True, kw_only=True):
    """The policies in their order, and the hours of brands and teams; a team's come first."""

    version: int = 0
    policies: tuple[Policy, ...] = ()
    calendars: Mapping[UUID, Calendar] = {}

    def policy_for(self, ticket: Ticket) -> Policy | None:
        """The first policy that fits."""
        fitting = (one for one in self.policies if one.enabled and fits(one.conditions, ticket))
        return next(fitting, None)

    def calendar_for(self, ticket: Ticket) -> Calendar:
        """The hours of the ticket's team, or else of its brand."""
        if ticket.team_id is not None and ticket.team_id in self.calendars:
            return self.calendars[ticket.team_id]
        return self.calendars.get(ticket.brand_id, AROUND_THE_CLOCK)


def fits(conditions: Iterable[Condition], ticket: Ticket) -> bool:
    """Whether all of these are true of the ticket."""
    return all(_is_true(one, ticket) for one in conditions)


def target_of(policy: Policy | None, kind: TargetKind) -> Target | None:
    """The policy's figure of this kind."""
    return next((one for one in policy.targets if one.kind == kind), None) if policy else None


def goal(target: Target, calendar: Calendar, start: datetime) -> tuple[int, Calendar]:
    """The seconds that count for a clock that starts then, and the calendar in which they do."""
    if target.hours == "always":
        return target.seconds, AROUND_THE_CLOCK
    if target.overnight_seconds is not None and not is_open(calendar, start):
        return target.overnight_seconds, AROUND_THE_CLOCK
    return target.seconds, calendar


def _is_true(condition: Condition, ticket: Ticket) -> bool:
    values = {
        "channel": (ticket.channel,),
        "brand": (str(ticket.brand_id),),
        "priority": (ticket.priority,),
        "tag": ticket.tags,
        "team": (str(ticket.team_id),) if ticket.team_id else (),
        "control": (ticket.control,),
    }[condition.field]
    return any(one in condition.any_of for one in values) != condition.unless
