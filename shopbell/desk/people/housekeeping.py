"""What nobody may use any more is not kept: sessions, invitations and one-time tokens."""

from shopbell.desk.database import Desk

_EXPIRED = (
    b"DELETE FROM agent_session WHERE expires_at < clock_timestamp()",
    b"DELETE FROM agent_session WHERE revoked_at < clock_timestamp() - interval '30 days'",
    b"DELETE FROM agent_invitation WHERE expires_at < clock_timestamp()",
    b"DELETE FROM identity_token WHERE expires_at < clock_timestamp()",
)


async def forget_expired(desk: Desk) -> int:
    """Remove what has expired; the number of rows removed."""
    removed = 0
    async with desk.pool.connection() as connection:
        for query in _EXPIRED:
            removed += (await connection.execute(query)).rowcount
    return removed
