"""One change of many tickets, each by the command that changes one, and the way back."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from psycopg import DataError, OperationalError
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from shopbell.desk.changes.types import (
    Assigning,
    Change,
    Done,
    Outcome,
    Ranking,
    Releasing,
    Reopening,
    Resolving,
    Snoozing,
    Standing,
    Step,
    TakingOver,
)
from shopbell.desk.control.commands import release, take_over
from shopbell.desk.control.rules import hush
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.sla.clocks import taken_up
from shopbell.desk.sla.types import Clock
from shopbell.desk.tickets import commands as tickets
from shopbell.desk.tickets.reads import ticket_for
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import Work, work

SQL = load_queries(__file__)
MOST = 200
KEPT = timedelta(hours=1)
MOVED = Standing.__struct_fields__
REFUSALS = (DeskError, OperationalError, PoolTimeout, DataError)


class ChangedSince(DeskError):
    """Somebody else changed the ticket after the change that is to be taken back."""

    kind = "changed"

    def __init__(self) -> None:
        super().__init__("It was changed meanwhile", "It stays as it is now.")


async def change_tickets(desk: Desk, ticket_ids: Iterable[UUID], by: Agent, change: Change) -> Done:
    """Change each of at most 200 tickets, in their order, by its own command and access check.

    One that is refused does not hold up the others. For an hour `undo` takes the whole back.
    """
    outcomes: list[Outcome] = []
    steps: list[Step] = []
    wanted = tuple(dict.fromkeys(ticket_ids))
    if len(wanted) > MOST:
        raise Invalid(f"At most {MOST} tickets are changed at once", "Choose fewer.")
    for ticket_id in wanted:
        try:
            before = await ticket_for(desk, by, ticket_id)
            after = await _change(desk, before, by, change)
        except REFUSALS as refused:
            outcomes.append(Outcome(ticket_id=ticket_id, refused=refused))
            continue
        outcomes.append(Outcome(ticket_id=ticket_id, ticket=after))
        if after.version == before.version + 1:
            steps.append(_step(before, after))
    moved = [one for one in steps if one.before != one.after]
    return Done(id=await _keep(desk, by, moved) if moved else None, outcomes=tuple(outcomes))


async def undo(desk: Desk, change_id: UUID, by: Agent) -> Done:
    """Bring each ticket of one's own change back to where it was, unless what the change moved has
    been moved again since: then it stays, and the outcome says so.

    Raises NotFound for a change that is somebody else's, an hour old or taken back already.
    """
    named = {"id": change_id, "agent_id": by.id, "since": desk.now() - KEPT}
    steps = msgspec.convert(await desk.run(SQL["steps"], **named), list[Step])
    if not steps:
        raise NotFound("The change")
    outcomes: list[Outcome] = []
    settled: list[UUID] = []
    for step in steps:
        try:
            await ticket_for(desk, by, step.ticket_id)
            ticket = await _put_back(desk, step, by)
            outcomes.append(Outcome(ticket_id=step.ticket_id, ticket=ticket))
        except REFUSALS as refused:
            outcomes.append(Outcome(ticket_id=step.ticket_id, refused=refused))
            if not isinstance(refused, DeskError):
                continue
        settled.append(step.ticket_id)
    await desk.run(SQL["settle"], id=change_id, tickets=settled)
    return Done(id=None, outcomes=tuple(outcomes))


async def _change(desk: Desk, ticket: Ticket, by: Agent, change: Change) -> Ticket:
    match change:
        case Resolving():
            return await tickets.resolve(desk, ticket.id, by)
        case Reopening():
            return await tickets.reopen(desk, ticket.id, by)
        case Assigning(agent_id=agent_id, team_id=team_id):
            agent_id = ticket.assignee_id if agent_id is UNSET else agent_id
            team_id = ticket.team_id if team_id is UNSET else team_id
            return await tickets.assign(desk, ticket.id, by, agent_id, team_id)
        case Snoozing(until=until):
            return await tickets.snooze(desk, ticket.id, by, until)
        case Ranking(priority=priority):
            return await tickets.set_priority(desk, ticket.id, by, priority)
        case TakingOver(on_purpose=on_purpose):
            return await take_over(desk, ticket.id, by, on_purpose=on_purpose)
        case Releasing(note=note):
            return await release(desk, ticket.id, by, uuid7(), note)
        case _:
            return await tickets.retag(desk, ticket.id, by, add=change.add, remove=change.remove)


def _step(before: Ticket, after: Ticket) -> Step:
    moved = [name for name in MOVED if getattr(before, name) != getattr(after, name)]
    was, now = (Standing(**{name: getattr(one, name) for name in moved}) for one in (before, after))
    return Step(
        ticket_id=after.id,
        at=after.updated_at,
        epoch=after.epoch,
        heard=after.last_customer_seq,
        before=was,
        after=now,
    )


async def _keep(desk: Desk, by: Agent, steps: list[Step]) -> UUID | None:
    """The id by which this is taken back; None where the database went away meanwhile."""
    change_id, at = uuid7(), desk.now()
    try:
        async with desk.pool.connection() as connection, connection.transaction():
            for query, values in (
                ("forget", {"before": at - KEPT}),
                ("keep", {"id": change_id, "agent_id": by.id, "at": at}),
                ("keep_steps", {"id": change_id, "steps": Jsonb(steps)}),
            ):
                await connection.execute(SQL[query].encode(), values)
    except (OperationalError, PoolTimeout):
        return None
    return change_id


async def _put_back(desk: Desk, step: Step, by: Agent) -> Ticket:
    was, left = _fields(step.before), _fields(step.after)
    async with work(desk, ticket_id=step.ticket_id) as unit:
        now = unit.ticket
        if "control" in was and now.epoch != step.epoch:
            raise ChangedSince
        if ("control" in was or "status" in was) and now.last_customer_seq != step.heard:
            raise ChangedSince
        if any(getattr(now, name) != value for name, value in left.items()):
            raise ChangedSince
        await _check_who(unit, was)
        author = Author(kind="agent", id=by.id, name=by.name)
        if was.get("control") == "assistant":
            await _check_nothing_withheld(unit, step)
        await _put_clocks_back(unit, step)
        if "control" in was:
            was["epoch"] = now.epoch + 1
        unit.change_ticket(**was)
        unit.emit("ticket.restored", author)
        if was.get("control") == "agents":
            await hush(unit, author)
        elif was.get("status") in ("resolved", "closed"):
            unit.write("drop_turns", ticket_id=now.id, at=unit.at)
        elif unit.ticket.control == "assistant":
            await _ask(unit, "call_again", step, epoch=unit.ticket.epoch, now=unit.at)
    return unit.ticket


async def _check_who(unit: Work, was: dict[str, Any]) -> None:
    holder = was.get("assignee_id")
    if holder is None:
        return
    found = await unit.connection.execute(tickets.AGENT_WORKS, (holder,))
    if await found.fetchone() is None:
        raise Invalid("Who had it works here no more", "Assign it to somebody else.")


async def _check_nothing_withheld(unit: Work, step: Step) -> None:
    """An answer that a takeover withheld is gone for good: whoever took over answers now."""
    if await _ask(unit, "withheld", step):
        raise Invalid("The assistant's answer was withheld", "Answer, or release the ticket.")


async def _put_clocks_back(unit: Work, step: Step) -> None:
    """Take up the clocks that the change ended, and be rid of those that it began."""
    begun = {row["id"] for row in await _ask(unit, "unbegin_clocks", step)}
    (row,) = await _ask(unit, "ended_clocks", step)
    ended = msgspec.json.decode(row["clocks"] or "[]", type=list[Clock])
    kept = tuple(one for one in unit.clocks if one.id not in begun)
    unit.set_clocks((*kept, *(taken_up(one) for one in ended)), {one.id for one in ended})


async def _ask(unit: Work, query: str, step: Step, **more: Any) -> list[dict[str, Any]]:
    values = {"ticket_id": step.ticket_id, "at": step.at, **more}
    found = await unit.connection.execute(SQL[query].encode(), values)
    return await found.fetchall() if found.description else []


def _fields(standing: Standing) -> dict[str, Any]:
    return {name: value for name in MOVED if (value := getattr(standing, name)) is not UNSET}
