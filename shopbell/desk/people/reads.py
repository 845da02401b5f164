"""Agents, their teams and their sessions as they are read."""

from collections.abc import Set
from uuid import UUID

import msgspec

from shopbell.desk.database import Desk
from shopbell.desk.errors import NotFound
from shopbell.desk.people.commands import AGENT_COLUMNS, agent_from
from shopbell.desk.people.types import Agent, Role, Team


async def everyone(desk: Desk) -> tuple[Agent, ...]:
    """Every agent, the disabled too, by name: old messages and tickets still name them."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"SELECT {AGENT_COLUMNS} FROM agent a ORDER BY a.name, a.id".encode()  # noqa: S608  our own columns
        )
        return tuple(agent_from(row) for row in await found.fetchall())


async def agent_for(desk: Desk, admin: Agent, agent_id: UUID) -> Agent:
    """The agent, for an admin who may see them. Raises NotFound."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"SELECT {AGENT_COLUMNS} FROM agent a WHERE a.id = %s".encode(),  # noqa: S608  our own columns
            (agent_id,),
        )
        row = await found.fetchone()
    if row is None or admin.role != "admin":
        raise NotFound("The agent")
    return agent_from(row)


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


async def has_come_from(desk: Desk, email: str, address: str) -> bool:
    """Whether this account has signed in from this network address in the last weeks."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT 1 FROM agent_session s JOIN agent a ON a.id = s.agent_id"
            " WHERE lower(a.email) = lower(%s) AND s.address = %s LIMIT 1",
            (email.strip(), address),
        )
        return await found.fetchone() is not None
