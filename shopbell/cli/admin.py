"""The first people: admins get a one-time link to choose a password with."""

import asyncio
from pathlib import Path

from shopbell.cli import house, prepare
from shopbell.cli.address import at_server
from shopbell.cli.failure import Failure
from shopbell.desk.connections.commands import open_shop
from shopbell.desk.database import open_desk
from shopbell.desk.errors import DeskError
from shopbell.desk.people.invitations import FIRST_EMAIL, INVITATION_LIFE, add_agent, invite
from shopbell.settings import Settings


def create(email: str, *, name: str, data: Path | None) -> None:
    """Add an admin and print their one-time link; for one who exists, print a new link."""
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        token = asyncio.run(_create(found.settings, email, name))
        print(_link(at_server(found.settings, port=None), token))
    house.say(
        f"this link lets {email} choose a password, once, within {INVITATION_LIFE.days} days."
    )


async def link_for_first_admin(settings: Settings) -> str | None:
    """A new one-time link for the first admin, None where an admin can sign in already. Where there
    is no brand yet it makes one with a web chat."""
    assert settings.database_url is not None
    async with open_desk(settings.database_url, size=1) as desk:
        await open_shop(desk)
        async with desk.pool.connection() as connection:
            found = await connection.execute(
                "SELECT id, email, password_hash IS NOT NULL AS able FROM agent"
                " WHERE role = 'admin' AND disabled_at IS NULL ORDER BY able DESC, created_at"
            )
            first = await found.fetchone()
        email = first["email"] if first else FIRST_EMAIL
        if first is None:
            _, token = await add_agent(desk, email=FIRST_EMAIL, name="Admin", role="admin")
        elif first["able"]:
            return None
        else:
            token = await invite(desk, first["id"])
    return _link(settings, token, first=email == FIRST_EMAIL)


async def _create(settings: Settings, email: str, name: str) -> str:
    assert settings.database_url is not None
    async with open_desk(settings.database_url, size=1) as desk:
        await open_shop(desk)
        async with desk.pool.connection() as connection:
            found = await connection.execute(
                "SELECT id, role FROM agent WHERE lower(email) = lower(%s)", (email.strip(),)
            )
            known = await found.fetchone()
        if known is not None and known["role"] != "admin":
            raise Failure(
                f"{email} is an agent already: an admin can change the role in the inbox."
            )
        if known is not None:
            return await invite(desk, known["id"])
        try:
            _, token = await add_agent(desk, email=email, name=name, role="admin")
        except DeskError as refused:
            raise Failure(f"{refused.title}. {refused.detail}") from None
    return token


def _link(settings: Settings, token: str, *, first: bool = False) -> str:
    return f"{settings.public_url}/invitation{'?first' if first else ''}#{token}"
