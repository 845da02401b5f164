"""Agents and their sessions as they are read."""

from collections.abc import Set
from uuid import UUID

from shopbell.desk.database import Desk


async def ended_sessions(desk: Desk, sessions: Set[UUID]) -> Set[UUID]:
    """Those of these sessions that were revoked, have expired, or belong to a disabled agent."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT s.id FROM agent_session s JOIN agent a ON a.id = s.agent_id"
            " WHERE s.id = ANY(%s) AND s.revoked_at IS NULL AND s.expires_at > now()"
            " AND a.disabled_at IS NULL",
            (list(sessions),),
        )
        return sessions - {row["id"] for row in await found.fetchall()}
