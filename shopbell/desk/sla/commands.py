"""What moves clocks besides what happens to their tickets: alarms, and other rules."""

from collections.abc import Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from shopbell.desk.database import Desk
from shopbell.desk.errors import Invalid
from shopbell.desk.sla.clocks import gone_off
from shopbell.desk.sla.reads import SQL
from shopbell.desk.sla.types import STEPS, Alarm, Clock, Policy
from shopbell.desk.work import SYSTEM, work

MAX_POLICIES = 100
LONGEST_GOAL = 366 * 24 * 3600


async def ring(desk: Desk, ticket_id: UUID) -> tuple[Alarm, ...]:
    """Have the alarms of this moment go off, each once: under the thread's lock a clock that
    another worker saw to is due no longer. A clock that passed several steps tells of the highest."""
    rung: list[Alarm] = []
    async with work(desk, ticket_id=ticket_id) as unit:
        for clock in unit.clocks:
            if clock.alarm_at is None or clock.alarm_at > unit.at:
                continue
            now = gone_off(clock, unit.at)
            unit.set_clock(now)
            if now.step > clock.step:
                rung.append(_alarm(now))
        for alarm in rung:
            unit.change_ticket()
            kind = "clock.breached" if alarm.step == STEPS[-1] else "clock.warned"
            unit.emit(kind, SYSTEM, alarm=alarm)
    return tuple(rung)


async def recount(desk: Desk, ticket_id: UUID) -> None:
    """Count a ticket's open clocks by the rules that hold now; their old deadlines are kept."""
    async with work(desk, ticket_id=ticket_id) as unit:
        if unit.clocks_would_change():
            unit.change_ticket()
            unit.emit("ticket.updated", SYSTEM)
        unit.write("count_clocks", ticket_id=ticket_id, rules=unit.rules.version)


async def set_policies(desk: Desk, policies: Sequence[Policy]) -> None:
    """Put these policies, in this order, in place of all. Open clocks are counted anew soon after.

    Raises Invalid, with words that say what to do, for what cannot be meant.
    """
    check_policies(policies)
    async with desk.pool.connection() as connection, connection.transaction():
        ids = [one.id for one in policies]
        await connection.execute(SQL["forget_policies"].encode(), {"ids": ids})
        for place, one in enumerate(policies, start=1):
            values = {
                "id": one.id,
                "place": place,
                "name": one.name.strip(),
                "conditions": Jsonb(one.conditions),
                "targets": Jsonb(one.targets),
                "enabled": one.enabled,
            }
            await connection.execute(SQL["save_policy"].encode(), values)


def check_policies(policies: Sequence[Policy]) -> None:
    """Raise Invalid for policies that nobody can mean."""
    if len(policies) > MAX_POLICIES:
        raise Invalid(f"At most {MAX_POLICIES} policies fit", "Join some of them.")
    if len({one.id for one in policies}) < len(policies):
        raise Invalid("A policy is there twice", "Give each an id of its own.")
    for one in policies:
        _check(one)


def _check(policy: Policy) -> None:
    name = policy.name.strip()
    if not name or len(name) > 80:
        raise Invalid("A policy needs a name of at most 80 characters", "Name it.")
    if any(not condition.any_of for condition in policy.conditions):
        raise Invalid(f"A condition of “{name}” allows nothing", "Choose a value or remove it.")
    kinds = [target.kind for target in policy.targets]
    if len(set(kinds)) < len(kinds):
        raise Invalid(f"“{name}” has a target twice", "Keep one figure for each target.")
    for target in policy.targets:
        for seconds in (target.seconds, target.overnight_seconds):
            if seconds is not None and not 1 <= seconds <= LONGEST_GOAL:
                raise Invalid(
                    f"A target of “{name}” is not between a second and a year", "Change the figure."
                )


def _alarm(clock: Clock) -> Alarm:
    assert clock.due_at is not None or clock.alarm_at is None
    return Alarm(
        clock_id=clock.id, kind=clock.kind, step=clock.step, due_at=clock.due_at or clock.started_at
    )
