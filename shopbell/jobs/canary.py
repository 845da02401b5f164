"""Asking each platform now and then whether its account still works, before a customer finds out."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID

import structlog

from shopbell.connectors.channels.types import Account, Channel, Checked, Checking, Templated
from shopbell.desk.connections import commands as connections
from shopbell.desk.connections.templates import keep_templates, templates
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.errors import DeskError
from shopbell.jobs.intake import Intake
from shopbell.jobs.room import DATABASE_AWAY, Room

log = structlog.get_logger()

LOOK_EVERY = 10.0
CHECK_EVERY = 240.0
PATIENCE = 20.0
TEMPLATES_KEEP = timedelta(hours=1)
"""How old what a platform told of its templates may get; their state is also told by webhooks."""
SEALED = "Its credentials cannot be opened with the present key: connect it again."
SILENT = "The platform did not answer in time; it is asked again."


async def check_for_ever(room: Room) -> None:
    """Check whatever is due, each connection by one worker, until cancelled."""
    while True:
        try:
            await check_due(room)
        except DATABASE_AWAY as away:
            log.warning("canary database away", error=str(away).strip())
        await asyncio.sleep(LOOK_EVERY * random.uniform(0.8, 1.2))  # noqa: S311 - a spread, no secret


async def check_due(room: Room) -> None:
    """Check every connection whose time has come; each is due again after some minutes."""
    channels = [name for name, one in room.channels.items() if isinstance(one, Checking)]
    while True:
        pause = timedelta(seconds=CHECK_EVERY * random.uniform(0.75, 1.25))  # noqa: S311 - a spread
        connection_id = await connections.due_for_check(room.desk, channels, pause)
        if connection_id is None:
            return
        await check_now(room.intake, connection_id, by="check")


async def check_now(
    intake: Intake, connection_id: UUID, *, by: connections.Teller = "people"
) -> Checked | None:
    """Ask the platform of this connection, and set its health by the answer; None where the
    channel cannot be asked. Raises NotFound."""
    try:
        account, _ = await intake.account(connection_id)
    except Sealed:
        found: Checked | None = Checked(health="reconnect", words=SEALED)
    else:
        found = await ask(intake.channels.get(account.connection.channel), account)
        if found is not None and found.credentials:
            await connections.renew(intake.desk, intake.vault, connection_id, found.credentials)
        if found is not None and found.health == "ok" and await _templates_are_old(intake, account):
            await _read_templates(intake, account)
    if found is not None:
        await connections.checked(intake.desk, connection_id, found.health, found.words, by=by)
    return found


async def read_templates_now(intake: Intake, connection_id: UUID) -> None:
    """Ask the platform for the connection's templates, however lately it was asked. Raises NotFound,
    and TemplatesAway where they cannot be had."""
    try:
        account, _ = await intake.account(connection_id)
    except Sealed as sealed:
        raise TemplatesAway(SEALED) from sealed
    if not await _read_templates(intake, account):
        raise TemplatesAway("Check the connection in Settings, Channels, and try again.")


class TemplatesAway(DeskError):
    """The platform did not tell its templates; those that are kept stay."""

    kind = "templates_away"

    def __init__(self, words: str) -> None:
        super().__init__("The templates could not be read just now", words)


async def _templates_are_old(intake: Intake, account: Account) -> bool:
    if not isinstance(intake.channels.get(account.connection.channel), Templated):
        return False
    read_at = (await templates(intake.desk, account.connection.id)).read_at
    return read_at is None or intake.desk.now() - read_at >= TEMPLATES_KEEP


async def _read_templates(intake: Intake, account: Account) -> bool:
    """Keep what the platform says of the account's templates; whether it has such things and did."""
    channel = intake.channels.get(account.connection.channel)
    if not isinstance(channel, Templated):
        return False
    try:
        async with asyncio.timeout(PATIENCE):
            found = await channel.templates(account)
    except TimeoutError:
        return False
    if found is not None:
        await keep_templates(intake.desk, account.connection.id, found)
    return found is not None


async def ask(channel: Channel | None, account: Account) -> Checked | None:
    """How the platform finds this account; None where it cannot be asked."""
    if not isinstance(channel, Checking):
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            return await channel.check(account)
    except TimeoutError:
        return Checked(health="degraded", words=SILENT)
    except Exception:
        log.exception("check broke", channel=account.connection.channel)
        return Checked(health="degraded", words="Asking it broke on our side: see the log.")
