"""Adding agents: each gets a one-time link, kept as a hash only, and chooses a password with it."""

import re
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation

from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.people.commands import end_sessions, tell, token_hash
from shopbell.desk.people.passwords import hashed
from shopbell.desk.people.types import Agent, Role
from shopbell.desk.work import SYSTEM

INVITATION_LIFE = timedelta(days=3)
FIRST_EMAIL = "admin@localhost"
"""Where the first admin signs in until their link is opened, when they say their own address."""
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}")


class EmailTaken(DeskError):
    """Another agent signs in with this address."""

    kind = "email_taken"


class InvitationGone(DeskError):
    """The link was used, has expired, or never was: the three are not told apart."""

    kind = "invitation_gone"
    status = 404


async def add_agent(desk: Desk, *, email: str, name: str, role: Role) -> tuple[Agent, str]:
    """A new agent who cannot sign in yet, and the token of the link that lets them choose a password.

    Raises Invalid for what is no e-mail address and EmailTaken.
    """
    address = _address(email)
    agent_id = uuid7()
    async with desk.pool.connection() as connection, connection.transaction():
        try:
            await connection.execute(
                "INSERT INTO agent (id, email, name, role) VALUES (%s, %s, %s, %s)",
                (agent_id, address, name.strip() or address.split("@")[0], role),
            )
        except UniqueViolation:
            raise EmailTaken(
                "An agent with this e-mail address exists", "Send them a new link instead."
            ) from None
        token = await _invite(desk, connection, agent_id)
        agent = await tell(desk, connection, agent_id, SYSTEM)
    desk.wake()
    return agent, token


async def invite(desk: Desk, agent_id: UUID) -> str:
    """A new link's token for an agent; earlier links end. Raises NotFound."""
    try:
        async with desk.pool.connection() as connection, connection.transaction():
            return await _invite(desk, connection, agent_id)
    except ForeignKeyViolation:
        raise NotFound("The agent") from None


async def accept(
    desk: Desk, token: str, *, name: str, password: str, email: str | None = None
) -> Agent:
    """Spend a link: the agent's name and password are set, and other sessions end. `email` is kept
    for the first admin alone, whom nobody could name before.

    Raises Invalid for a password too short or an address that is none, InvitationGone, EmailTaken.
    """
    address = _address(email) if email is not None else None
    kept = await hashed(password)
    async with desk.pool.connection() as connection, connection.transaction():
        found = await connection.execute(
            "UPDATE agent_invitation i SET used_at = %(now)s FROM agent a"
            " WHERE i.token_hash = %(hash)s AND i.used_at IS NULL AND i.expires_at > %(now)s"
            " AND a.id = i.agent_id AND a.disabled_at IS NULL RETURNING i.agent_id",
            {"hash": token_hash(token), "now": desk.now()},
        )
        row = await found.fetchone()
        if row is None:
            raise InvitationGone("This link no longer works", "Ask an admin for a new one.")
        values: dict[str, Any] = {
            "id": row["agent_id"],
            "hash": kept,
            "name": name.strip(),
            "email": address,
            "first": FIRST_EMAIL,
        }
        try:
            await connection.execute(
                "UPDATE agent SET password_hash = %(hash)s, version = version + 1,"
                " name = coalesce(nullif(%(name)s, ''), name),"
                " email = CASE WHEN email = %(first)s THEN coalesce(%(email)s, email) ELSE email END"
                " WHERE id = %(id)s",
                values,
            )
        except UniqueViolation:
            raise EmailTaken(
                "An agent with this e-mail address exists", "Choose another."
            ) from None
        await end_sessions(desk, connection, row["agent_id"])
        agent = await tell(desk, connection, row["agent_id"], SYSTEM)
    desk.wake()
    return agent


def _address(email: str) -> str:
    address = email.strip()
    if not _EMAIL.fullmatch(address):
        raise Invalid("That is not an e-mail address", "Write it like ann@example.com.")
    return address


async def _invite(desk: Desk, connection: Connection, agent_id: UUID) -> str:
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "UPDATE agent_invitation SET used_at = %s WHERE agent_id = %s AND used_at IS NULL",
        (desk.now(), agent_id),
    )
    await connection.execute(
        "INSERT INTO agent_invitation (token_hash, agent_id, expires_at) VALUES (%s, %s, %s)",
        (token_hash(token), agent_id, desk.now() + INVITATION_LIFE),
    )
    return token
