"""Signing agents in and out. Session tokens are kept as hashes only."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import DeskError, NotFound
from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.passwords import fits, hashed
from shopbell.desk.people.types import Agent, Session

SESSION_LIFE = timedelta(days=14)

AGENT_COLUMNS = (
    "a.id, a.email, a.name, a.role, a.version, a.disabled_at IS NOT NULL AS disabled,"
    " coalesce((SELECT array_agg(m.team_id) FROM team_member m WHERE m.agent_id = a.id), '{}')"
    " AS teams"
)


class SignInRefused(DeskError):
    """Wrong e-mail or password: which one is not told."""

    kind = "sign_in"
    status = 401


class WrongPassword(DeskError):
    """The present password is another one; it may have been changed just now."""

    kind = "wrong_password"
    status = 422

    def __init__(self) -> None:
        super().__init__("That is not your password now", "Type the one you signed in with.")


async def sign_in(
    desk: Desk, email: str, password: str, *, address: str = "", browser: str = ""
) -> tuple[str, Session]:
    """A new session and its token, which is shown once and never stored.

    `address` and `browser` say where from. Raises SignInRefused. A wrong e-mail address takes as
    long as a wrong password, and no connection is held while the password is checked.
    """
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"SELECT {AGENT_COLUMNS}, a.password_hash FROM agent a"  # noqa: S608  our own columns
            " WHERE lower(a.email) = lower(%s)".encode(),
            (email.strip(),),
        )
        row = await found.fetchone()
    right = await fits(row["password_hash"] if row else None, password)
    if row is None or not right or row["disabled"]:
        raise SignInRefused("E-mail or password is wrong", "Check both and try again.")
    return await open_session(desk, agent_from(row), address=address, browser=browser)


async def open_session(
    desk: Desk, agent: Agent, *, address: str = "", browser: str = ""
) -> tuple[str, Session]:
    """A new session of an agent who has shown who they are, and its token."""
    token, session_id = secrets.token_urlsafe(32), uuid7()
    expires_at = desk.now() + SESSION_LIFE
    async with desk.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO agent_session (token_hash, id, agent_id, expires_at, address, user_agent)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (token_hash(token), session_id, agent.id, expires_at, address, browser[:200]),
        )
    return token, Session(id=session_id, agent=agent, expires_at=expires_at)


async def sign_out(desk: Desk, session_id: UUID) -> None:
    """End one session; its sockets close before any later event."""
    async with desk.pool.connection() as connection, connection.transaction():
        found = await connection.execute(
            "UPDATE agent_session SET revoked_at = now()"
            " WHERE id = %s AND revoked_at IS NULL RETURNING id, agent_id",
            (session_id,),
        )
        await _tell_ended(desk, connection, await found.fetchall())
    desk.wake()


async def change_password(desk: Desk, session: Session, *, old: str, new: str) -> None:
    """Replace an agent's own password; their sessions end, but for the one that asks.

    Raises WrongPassword, and Invalid for a new one too short.
    """
    agent_id = session.agent.id
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT password_hash FROM agent WHERE id = %s", (agent_id,)
        )
        row = await found.fetchone()
    kept = row["password_hash"] if row else None
    if not await fits(kept, old):
        raise WrongPassword
    replacing = {"id": agent_id, "old": kept, "new": await hashed(new)}
    async with desk.pool.connection() as connection, connection.transaction():
        changed = await connection.execute(
            "UPDATE agent SET password_hash = %(new)s"
            " WHERE id = %(id)s AND password_hash = %(old)s",
            replacing,
        )
        if changed.rowcount == 0:
            raise WrongPassword
        await end_sessions(desk, connection, agent_id, but=session.id)
    desk.wake()


async def end_sessions(
    desk: Desk, connection: Connection, agent_id: UUID, *, but: UUID | None = None
) -> None:
    """End every session of an agent, or all `but` one, within the caller's transaction; wake the
    relay after it."""
    found = await connection.execute(
        "UPDATE agent_session SET revoked_at = now()"
        " WHERE agent_id = %s AND id IS DISTINCT FROM %s AND revoked_at IS NULL"
        " RETURNING id, agent_id",
        (agent_id, but),
    )
    await _tell_ended(desk, connection, await found.fetchall())


async def tell(desk: Desk, connection: Connection, agent_id: UUID, actor: Author) -> Agent:
    """The agent as they now are, with the event that says so, within the caller's transaction."""
    found = await connection.execute(
        f"SELECT {AGENT_COLUMNS} FROM agent a WHERE a.id = %s".encode(),  # noqa: S608  our own columns
        (agent_id,),
    )
    row = await found.fetchone()
    if row is None:
        raise NotFound("The agent")
    agent, at = agent_from(row), desk.now()
    event = Event(kind="agent.updated", at=at, actor=actor, agent=agent)
    await connection.execute(
        "INSERT INTO outbox (kind, payload, at) VALUES (%s, %s, %s)",
        (event.kind, Jsonb(event), at),
    )
    return agent


async def _tell_ended(desk: Desk, connection: Connection, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        author = Author(kind="agent", id=row["agent_id"])
        event = Event(kind="session.revoked", at=desk.now(), actor=author, session_id=row["id"])
        await connection.execute(
            "INSERT INTO outbox (kind, payload, at) VALUES (%s, %s, %s)",
            (event.kind, Jsonb(event), event.at),
        )


async def session_of(desk: Desk, token: str) -> Session | None:
    """The living session of a token, of an agent who is not disabled."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"SELECT {AGENT_COLUMNS}, s.id AS session_id, s.expires_at"  # noqa: S608  our own columns
            " FROM agent_session s JOIN agent a ON a.id = s.agent_id"
            " WHERE s.token_hash = %s AND s.revoked_at IS NULL AND s.expires_at > now()"
            " AND a.disabled_at IS NULL".encode(),
            (token_hash(token),),
        )
        row = await found.fetchone()
    if row is None:
        return None
    return Session(id=row["session_id"], agent=agent_from(row), expires_at=row["expires_at"])


def token_hash(token: str) -> bytes:
    """What is kept of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def agent_from(row: dict[str, Any]) -> Agent:
    """An agent from a row of `AGENT_COLUMNS`."""
    return Agent(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        teams=tuple(row["teams"]),
        disabled=row["disabled"],
        version=row["version"],
    )
