"""Saved replies as they are read: each agent sees their own, their teams' and everybody's, and admins
see all. One is loaded for a person through `reply_for` and only there."""

from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound
from shopbell.desk.people.types import Agent
from shopbell.desk.replies.types import SavedReply

SQL = load_queries(__file__)


async def replies_for(desk: Desk, agent: Agent) -> tuple[SavedReply, ...]:
    """All that this agent may see, by title."""
    found = (reply_from(row) for row in await desk.run(SQL["every"]))
    return tuple(one for one in found if may_see(agent, one))


async def reply_for(desk: Desk, agent: Agent, reply_id: UUID) -> SavedReply:
    """The saved reply, if this agent may see it; otherwise NotFound, as for one that never was."""
    rows = await desk.run(SQL["one"], id=reply_id)
    found = reply_from(rows[0]) if rows else None
    if found is None or not may_see(agent, found):
        raise NotFound("The saved reply")
    return found


def may_see(agent: Agent, reply: SavedReply) -> bool:
    """Whether it is there for this agent."""
    if agent.disabled:
        return False
    shared = reply.visibility == "all" or (
        reply.team_id is not None and reply.team_id in agent.teams
    )
    return shared or reply.owner_id == agent.id or agent.role == "admin"


def may_change(agent: Agent, reply: SavedReply) -> bool:
    """Whether this agent may write it anew or remove it."""
    return agent.role == "admin" or (agent.role == "agent" and reply.owner_id == agent.id)


def reply_from(row: dict[str, Any]) -> SavedReply:
    """A saved reply from its row."""
    return msgspec.convert({name: row[name] for name in SavedReply.__struct_fields__}, SavedReply)
