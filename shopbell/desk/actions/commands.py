"""The action ledger: a row is committed before the shop is asked, its outcome after.

A row that was begun has a holder with a lease. Where the lease lapses, nobody knows whether the shop
acted: the row is *uncertain*, and whoever claims it asks the shop by the row's key what became of it.
"""

from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from shopbell.desk.actions.policy import check_policy
from shopbell.desk.actions.reads import SQL, entry_from
from shopbell.desk.actions.types import (
    ActionName,
    Asking,
    Change,
    Entry,
    Facts,
    Result,
    State,
    Verdict,
)
from shopbell.desk.database import Desk
from shopbell.desk.errors import DeskError, Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.people.types import Agent

LEASE = timedelta(seconds=30)
"""Longer than a shop may take to answer, so that nobody settles what is still on its way."""
ANSWERED_WITHIN = timedelta(hours=24)
LONGEST_PAUSE_S = 600
_FIRST: dict[str, State] = {"allow": "begun", "needs_approval": "waiting", "refuse": "refused"}


class UnderWay(DeskError):
    """The same is being done, or waits for somebody's yes."""

    kind = "under_way"

    def __init__(self, standing: Entry) -> None:
        super().__init__("The same is under way for this order", "Wait for what comes of it.")
        self.standing = standing


async def note(
    desk: Desk,
    asking: Asking,
    *,
    name: ActionName,
    args: dict[str, Any],
    order_number: str | None,
    facts: Facts,
    verdict: Verdict,
    changes: tuple[Change, ...],
    holder: str,
) -> tuple[Entry, bool]:
    """The ledger's row for what was asked; True when it was written now, and is the holder's to do.

    Asked again by the same key, it is the row that stands. Raises Invalid where that was another
    action, and UnderWay where the same is open for the order by another key.
    """
    at, state = desk.now(), _FIRST[verdict.decision]
    begun = state == "begun"
    values = {
        "id": uuid7(),
        "key": asking.key,
        "name": name,
        "args": Jsonb(args),
        "customer": asking.customer,
        "order_number": order_number,
        "ticket_id": asking.ticket_id,
        "asked_by": asking.asked_by,
        "agent_id": asking.agent_id,
        "facts": Jsonb(facts),
        "decision": verdict.decision,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "tell": verdict.tell,
        "policy_version": verdict.version,
        "changes": Jsonb(changes),
        "state": state,
        "holder": holder if begun else None,
        "lease_until": at + LEASE if begun else None,
        "asked_at": at,
        "expires_at": at + ANSWERED_WITHIN if state == "waiting" else None,
        "begun_at": at if begun else None,
        "ended_at": at if state == "refused" else None,
    }
    written = bool(await desk.run(SQL["note"], **values))
    stands = await desk.run(SQL["by_key"], key=asking.key)
    if not stands:
        other = await desk.run(SQL["under_way"], name=name, order_number=order_number)
        if other:
            raise UnderWay(entry_from(other[0]))
        raise DeskError("This was just settled by another request", "Ask again.")
    found = entry_from(stands[0])
    if not written and (found.name, found.args, found.customer) != (name, args, asking.customer):
        raise Invalid("This key belongs to another action", "Give each action a key of its own.")
    return found, written


async def finish(
    desk: Desk, entry: Entry, holder: str, *, result: Result | None = None, problem: str = ""
) -> bool:
    """Say what came of it: done with its result, or failed with the problem. False where another
    holder has it by now."""
    rows = await desk.run(
        SQL["finish"],
        id=entry.id,
        holder=holder,
        state="failed" if result is None else "done",
        result=None if result is None else Jsonb(result),
        problem=problem,
        at=desk.now(),
    )
    return bool(rows)


async def doubt(desk: Desk, entry: Entry, holder: str, problem: str, *, tries: int = 0) -> None:
    """Say that nobody knows what came of it; it is looked at again after a pause that grows."""
    pause = timedelta(seconds=min(2 ** min(tries, 10), LONGEST_PAUSE_S))
    await desk.run(
        SQL["doubt"], id=entry.id, holder=holder, problem=problem, lease_until=desk.now() + pause
    )


async def claim_lost(desk: Desk, holder: str, most: int = 20) -> list[tuple[Entry, int]]:
    """Take what was begun and never finished, with how often it was looked at."""
    at = desk.now()
    rows = await desk.run(
        SQL["claim_lost"], holder=holder, at=at, lease_until=at + LEASE, most=most
    )
    return [(entry_from(row), row["tries"]) for row in rows]


async def expire(desk: Desk) -> int:
    """End what waited for a yes that did not come in its time; how many it were."""
    return len(await desk.run(SQL["expire"], at=desk.now()))


async def save_policy(desk: Desk, agent: Agent, text: str, *, before: int) -> int:
    """Put a policy in force; its version. Raises Invalid for one that cannot be read, and DeskError
    where somebody else saved since version `before`."""
    check_policy(text)
    rows = await desk.run(
        SQL["save_policy"], text=text, agent=agent.id, at=desk.now(), before=before
    )
    if not rows:
        raise DeskError("Somebody else saved the policy meanwhile", "Look at it again.")
    return rows[0]["version"]
