"""Held replies as they are read. One is loaded for a person through `held_for` and only there: it is
its author's alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound
from shopbell.desk.held.types import HeldReply
from shopbell.desk.people.types import Agent

SQL = load_queries(__file__)


async def held_by(desk: Desk, agent: Agent) -> tuple[HeldReply, ...]:
    """What of this agent's waits to go, the next first."""
    rows = await desk.run(SQL["of_agent"], agent=agent.id)
    return tuple(held_from(row, desk.now()) for row in rows)


async def held_for(desk: Desk, agent: Agent, held_id: UUID) -> HeldReply:
    """One of this agent's own; otherwise NotFound, as for an id that never was and for what went."""
    rows = await desk.run(SQL["one"], id=held_id)
    if not rows or rows[0]["agent_id"] != agent.id:
        raise NotFound("The reply that waits")
    return held_from(rows[0], desk.now())


async def due_replies(desk: Desk, most: int) -> list[UUID]:
    """Those whose time has come, in its order."""
    return [row["id"] for row in await desk.run(SQL["due"], at=desk.now(), most=most)]


async def undo_of(desk: Desk, agent: Agent) -> int:
    """How many seconds this agent's replies wait."""
    rows = await desk.run(SQL["undo_of"], agent=agent.id)
    return rows[0]["undo_s"] if rows else 0


def held_from(row: dict[str, Any], at: datetime) -> HeldReply:
    """A held reply from its row."""
    known = {
        "ticket_id": row["ticket_id"],
        "sending": row["what"],
        "left_s": max(0.0, (row["due_at"] - at).total_seconds()),
        "problem": row["problem"],
    }
    return msgspec.convert(known, HeldReply)
