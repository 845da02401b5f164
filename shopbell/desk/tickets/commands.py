"""What agents do to tickets: assign, resolve, reopen, snooze, priority, tags."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shopbell.desk.database import Desk
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.events.types import EventKind
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.tags.marks import mark
from shopbell.desk.tickets.types import Priority, Ticket
from shopbell.desk.work import SYSTEM, Work, work

TEAM_IS = b"SELECT 1 FROM team WHERE id = %s"
LEFT_BEHIND = b"""
    SELECT k.id, k.assignee_id FROM ticket k JOIN agent a ON a.id = k.assignee_id
    WHERE k.status IN ('open', 'pending', 'snoozed') AND a.disabled_at IS NOT NULL
      AND (%(agent)s::uuid IS NULL OR a.id = %(agent)s)
    ORDER BY k.waiting_since, k.id
"""
AGENT_WORKS = b"SELECT 1 FROM agent WHERE id = %s AND disabled_at IS NULL AND role <> 'viewer'"


async def assign(
    desk: Desk, ticket_id: UUID, by: Agent, agent_id: UUID | None, team_id: UUID | None
) -> Ticket:
    """Give the ticket to an agent, a team, both or nobody. Owner and control are apart: control
    stays where it is. Raises NotFound for an agent who cannot work or an unknown team."""
    async with work(desk, ticket_id=ticket_id) as unit:
        if agent_id and not await _there(unit, AGENT_WORKS, agent_id):
            raise NotFound("The agent")
        if team_id and not await _there(unit, TEAM_IS, team_id):
            raise NotFound("The team")
        unit.change_ticket(assignee_id=agent_id, team_id=team_id)
        unit.emit("ticket.assigned", _author(by))
    return unit.ticket


async def let_go(desk: Desk, ticket_id: UUID, by: Author, agent_id: UUID) -> Ticket:
    """Take an unfinished ticket off an agent who works here no more. Control stays with the agents,
    and a customer who was not answered waits for another one."""
    async with work(desk, ticket_id=ticket_id) as unit:
        ticket = unit.ticket
        if ticket.assignee_id != agent_id or ticket.status in ("resolved", "closed"):
            return ticket
        waits = ticket.control == "agents" and ticket.status == "open"
        since = ticket.waiting_since or (unit.at if waits else None)
        unit.change_ticket(assignee_id=None, waiting_since=since)
        unit.emit("ticket.assigned", by)
    return unit.ticket


async def let_go_of_all(desk: Desk, by: Author, agent_id: UUID | None = None) -> None:
    """`let_go` for all that this agent, or any who is disabled, has unfinished."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(LEFT_BEHIND, {"agent": agent_id})
        held = [(row["id"], row["assignee_id"]) for row in await found.fetchall()]
    for ticket_id, holder in held:
        await let_go(desk, ticket_id, by, holder)


async def resolve(desk: Desk, ticket_id: UUID, by: Agent) -> Ticket:
    """Close the matter; what the customer writes within two weeks reopens it."""
    async with work(desk, ticket_id=ticket_id) as unit:
        if unit.ticket.status in ("resolved", "closed"):
            return unit.ticket
        unit.change_ticket(
            status="resolved", resolved_at=unit.at, waiting_since=None, snoozed_until=None
        )
        unit.write("drop_turns", ticket_id=ticket_id, at=unit.at)
        unit.emit("ticket.resolved", _author(by))
    return unit.ticket


async def reopen(desk: Desk, ticket_id: UUID, by: Agent) -> Ticket:
    """Make a resolved or snoozed ticket open again, with its owner and control as they were."""
    async with work(desk, ticket_id=ticket_id) as unit:
        if unit.ticket.status not in ("resolved", "closed", "snoozed"):
            return unit.ticket
        unit.change_ticket(status="open", resolved_at=None, snoozed_until=None)
        unit.emit("ticket.reopened", _author(by))
    return unit.ticket


async def snooze(desk: Desk, ticket_id: UUID, by: Agent, until: datetime | None) -> Ticket:
    """Put the ticket out of sight until then, or until the customer writes; None is only until they
    write."""
    async with work(desk, ticket_id=ticket_id) as unit:
        if until is not None and (until.tzinfo is None or until <= unit.at):
            raise Invalid("That time has passed", "Choose a time in the future.")
        if unit.ticket.status in ("resolved", "closed"):
            raise Invalid("A resolved ticket cannot be snoozed", "Reopen it first.")
        unit.change_ticket(status="snoozed", snoozed_until=until)
        unit.emit("ticket.snoozed", _author(by))
    return unit.ticket


async def end_snooze(desk: Desk, ticket_id: UUID) -> Ticket:
    """Bring a snoozed ticket back once its time has come."""
    async with work(desk, ticket_id=ticket_id) as unit:
        until = unit.ticket.snoozed_until
        if unit.ticket.status == "snoozed" and until is not None and until <= unit.at:
            unit.change_ticket(status="open", snoozed_until=None)
            unit.emit("ticket.reopened", SYSTEM)
    return unit.ticket


async def set_priority(desk: Desk, ticket_id: UUID, by: Agent, priority: Priority) -> Ticket:
    """Say how much it presses."""
    return await _change(desk, ticket_id, by, "ticket.updated", priority=priority)


async def set_tags(desk: Desk, ticket_id: UUID, by: Agent, tags: tuple[str, ...]) -> Ticket:
    """Replace the tags; each once, in the given order, under its own name. Raises Invalid for too
    many."""
    async with work(desk, ticket_id=ticket_id) as unit:
        await mark(unit, _author(by), add=tags, only=True)
    return unit.ticket


async def retag(
    desk: Desk, ticket_id: UUID, by: Agent, *, add: tuple[str, ...], remove: tuple[str, ...]
) -> Ticket:
    """Put tags on and take others off, whatever the ticket has by then. Raises Invalid for too many."""
    async with work(desk, ticket_id=ticket_id) as unit:
        await mark(unit, _author(by), add=add, remove=remove)
    return unit.ticket


async def _change(
    desk: Desk, ticket_id: UUID, by: Agent, kind: EventKind, **changes: Any
) -> Ticket:
    async with work(desk, ticket_id=ticket_id) as unit:
        unit.change_ticket(**changes)
        unit.emit(kind, _author(by))
    return unit.ticket


async def _there(unit: Work, query: bytes, wanted: UUID) -> bool:
    return await (await unit.connection.execute(query, (wanted,))).fetchone() is not None


def _author(agent: Agent) -> Author:
    return Author(kind="agent", id=agent.id, name=agent.name)
