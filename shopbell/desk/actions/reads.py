"""The ledger and the policy as they are read."""

from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.actions.policy import SHIPPED, Policy, check_policy, shipped
from shopbell.desk.actions.types import Entry
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound

SQL = load_queries(__file__)


async def policy_in_force(desk: Desk) -> tuple[int, Policy]:
    """The rules that decide now, with their version; 0 are the shipped ones."""
    rows = await desk.run(SQL["policy"])
    return (rows[0]["version"], check_policy(rows[0]["text"])) if rows else (0, shipped())


async def policy_text(desk: Desk) -> tuple[int, str]:
    """The same as its text."""
    rows = await desk.run(SQL["policy"])
    return (rows[0]["version"], rows[0]["text"]) if rows else (0, SHIPPED.read_text("utf-8"))


async def entry(desk: Desk, action_id: UUID) -> Entry:
    """One row of the ledger. Raises NotFound."""
    rows = await desk.run(SQL["one"], id=action_id)
    if not rows:
        raise NotFound("The action")
    return entry_from(rows[0])


def entry_from(row: dict[str, Any]) -> Entry:
    """A row of the ledger from its columns."""
    return msgspec.convert(row, Entry)
