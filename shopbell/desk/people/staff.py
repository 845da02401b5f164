"""What admins do to agents: change them, and sign them out everywhere. Each leaves an audit row."""

from collections.abc import Mapping
from uuid import UUID

from psycopg.types.json import Jsonb

from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.commands import end_sessions, tell
from shopbell.desk.people.types import Agent, Role
from shopbell.desk.tickets.commands import let_go_of_all


class LastAdmin(DeskError):
    """Without this one nobody could add or change agents any more."""

    kind = "last_admin"

    def __init__(self) -> None:
        super().__init__("This is the last admin", "Make somebody else an admin first.")


async def change_agent(
    desk: Desk,
    by: Agent,
    agent_id: UUID,
    *,
    name: str | None = None,
    role: Role | None = None,
    disabled: bool | None = None,
) -> Agent:
    """The agent with the given fields changed. Being disabled ends their sessions and takes what
    they had open from them; then, and with another role, their sockets close before any later event.

    Raises NotFound, Invalid for an empty name, and LastAdmin.
    """
    if name is not None and not name.strip():
        raise Invalid("The name is empty", "Say how customers should know this agent.")
    async with desk.pool.connection() as connection, connection.transaction():
        admins = await _lock_admins(connection)
        found = await connection.execute(
            "SELECT name, role, disabled_at IS NOT NULL AS disabled FROM agent"
            " WHERE id = %s FOR UPDATE",
            (agent_id,),
        )
        before = await found.fetchone()
        if before is None:
            raise NotFound("The agent")
        after = {
            "name": before["name"] if name is None else name.strip(),
            "role": role or before["role"],
            "disabled": before["disabled"] if disabled is None else disabled,
        }
        if admins == {agent_id} and (after["role"] != "admin" or after["disabled"]):
            raise LastAdmin
        changed = {field: after[field] for field in after if after[field] != before[field]}
        if changed:
            await connection.execute(
                "UPDATE agent SET name = %(name)s, role = %(role)s, version = version + 1,"
                " disabled_at = CASE WHEN %(disabled)s THEN coalesce(disabled_at, now()) END"
                " WHERE id = %(id)s",
                {"id": agent_id, **after},
            )
            await _note(connection, by, "agent.changed", agent_id, changed)
        if after["disabled"]:
            await end_sessions(desk, connection, agent_id)
        agent = await tell(desk, connection, agent_id, _author(by))
    desk.wake()
    if agent.disabled:
        await let_go_of_all(desk, _author(by), agent_id)
    return agent


async def sign_out_everywhere(desk: Desk, by: Agent, agent_id: UUID) -> None:
    """End every session of an agent; their sockets close before any later event. Raises NotFound."""
    async with desk.pool.connection() as connection, connection.transaction():
        found = await connection.execute("SELECT 1 FROM agent WHERE id = %s", (agent_id,))
        if await found.fetchone() is None:
            raise NotFound("The agent")
        await end_sessions(desk, connection, agent_id)
        await _note(connection, by, "agent.signed_out", agent_id, {})
    desk.wake()


async def _lock_admins(connection: Connection) -> set[UUID]:
    """The admins who can sign in, locked: of two who demote each other one is the last."""
    found = await connection.execute(
        "SELECT id FROM agent WHERE role = 'admin' AND disabled_at IS NULL"
        " AND password_hash IS NOT NULL ORDER BY id FOR UPDATE"
    )
    return {row["id"] for row in await found.fetchall()}


async def _note(
    connection: Connection, by: Agent, action: str, subject: UUID, detail: Mapping[str, object]
) -> None:
    await connection.execute(
        "INSERT INTO audit (id, who, action, subject, detail) VALUES (%s, %s, %s, %s, %s)",
        (uuid7(), f"agent {by.id}", action, str(subject), Jsonb(dict(detail))),
    )


def _author(agent: Agent) -> Author:
    return Author(kind="agent", id=agent.id, name=agent.name)
