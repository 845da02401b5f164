"""Agents, their teams and their sessions as they are read."""

from collections.abc import Set
from uuid import UUID

import msgspec

from shopbell.desk.database import Desk
from shopbell.desk.people.commands import AGENT_COLUMNS, agent_from
from shopbell.desk.people.types import Agent, Role, Team


async def everyone(desk: Desk) -> tuple[Agent, ...]:
    """Every agent, the disabled too, by name: old messages and tickets still name them."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"SELECT {AGENT_COLUMNS} FROM agent a ORDER BY a.name, a.id".encode()  # noqa: S608  our own columns
        )
        return tuple(agent_from(row) for row in await found.fetchall())


async def teams(desk: Desk) -> tuple[Team, ...]:
    """Every team, by name."""
    async with desk.pool.connection() as connection:
        found = await connection.execute("SELECT id, name FROM team ORDER BY name")
        return tuple(msgspec.convert(row, Team) for row in await found.fetchall())


async def standing_sessions(desk: Desk, sessions: Set[UUID]) -> dict[UUID, Role]:
    """Those of these sessions that still open the inbox, with the role their agent has now: not
    revoked, not expired, and of an agent who is not disabled."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT s.id, a.role FROM agent_session s JOIN agent a ON a.id = s.agent_id"
            " WHERE s.id = ANY(%s) AND s.revoked_at IS NULL AND s.expires_at > now()"
            " AND a.disabled_at IS NULL",
            (list(sessions),),
        )
        return {row["id"]: row["role"] for row in await found.fetchall()}
