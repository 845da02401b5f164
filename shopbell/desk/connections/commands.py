"""Connections: made, changed, held by one worker at a time, and how well they are."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from shopbell.desk.connections.reads import SQL, connection_from, secret_connection
from shopbell.desk.connections.types import (
    LIVE_CHANNELS,
    AnswerMode,
    BrandSettings,
    Connection,
    ConnectionSettings,
    Health,
)
from shopbell.desk.connections.vault import Credentials, Sealed, Vault
from shopbell.desk.database import Desk
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author

SYSTEM = Author(kind="system")
SIGNING = "signing"
"""Under which name a web chat's credentials hold what the shop's server signs with."""
HEARD_EVERY = timedelta(seconds=10)
"""How exactly it is kept when an account was heard last."""
DOUBT = timedelta(hours=1)
"""For so long a check that finds an account well does not outweigh a message that was refused."""
Teller = Literal["people", "platform", "check", "send", "listen"]
"""Who tells how a connection is: what asks the account, sends by it, or holds it open each sees a part."""


async def open_shop(desk: Desk, name: str = "My shop") -> None:
    """The first brand with its web chat, where there is no brand: accounts are connected to one."""
    values = {
        "brand_id": uuid7(),
        "name": name,
        "settings": Jsonb(BrandSettings()),
        "id": uuid7(),
        "key": secrets.token_urlsafe(16),
    }
    async with desk.pool.connection() as db, db.transaction():
        await db.execute("LOCK TABLE brand IN SHARE ROW EXCLUSIVE MODE")
        await db.execute(SQL["open_shop"].encode(), values)


async def new_signing_secret(desk: Desk, vault: Vault, connection_id: UUID) -> str:
    """A new secret with which the shop's server signs who is signed in; the one before it ends.

    Raises NotFound, Invalid for a channel that vouches for its customers itself, and Sealed.
    """
    held = await secret_connection(desk, connection_id)
    if held.connection.channel not in LIVE_CHANNELS:
        raise Invalid("This channel says itself who writes", "Only a web chat has such a secret.")
    made = secrets.token_urlsafe(32)
    await renew(desk, vault, connection_id, {SIGNING: made})
    return made


async def connect(
    desk: Desk,
    vault: Vault,
    brand_id: UUID,
    channel: str,
    name: str,
    credentials: Credentials,
    *,
    account: str | None = None,
    settings: ConnectionSettings | None = None,
) -> Connection:
    """A new connection with its credentials sealed. Raises Invalid for an account that is there."""
    connection_id = uuid7()
    values = {
        "id": connection_id,
        "brand_id": brand_id,
        "channel": channel,
        "name": name.strip() or channel,
        "account": account,
        "sealed": vault.seal(connection_id, credentials),
        "settings": Jsonb(settings or ConnectionSettings()),
    }
    try:
        await desk.run(SQL["insert"], **values)
    except UniqueViolation as there:
        raise Invalid("This account is connected already", "Change that connection.") from there
    made = (await secret_connection(desk, connection_id)).connection
    await _tell(desk, made)
    return made


async def reconnect(
    desk: Desk,
    vault: Vault,
    connection_id: UUID,
    changed: Credentials,
    *,
    name: str | None = None,
    account: str | None = None,
    settings: ConnectionSettings | None = None,
) -> Connection:
    """Put new credentials in the place of old ones; those not given stay, as far as a key still
    opens them. Raises NotFound, and Invalid for an account that another connection has."""
    held = await secret_connection(desk, connection_id)
    with suppress(Sealed):
        changed = {**vault.open(connection_id, held.sealed), **changed}
    values = {
        "id": connection_id,
        "sealed": vault.seal(connection_id, changed),
        "account": account,
        "name": name or held.connection.name,
        "settings": Jsonb(settings or held.connection.settings),
    }
    try:
        rows = await desk.run(SQL["reseal"], **values)
    except UniqueViolation as there:
        raise Invalid("This account is connected already", "Change that connection.") from there
    if not rows:
        raise NotFound("The connection")
    connection = (await secret_connection(desk, connection_id)).connection
    await _tell(desk, connection)
    return connection


async def renew(desk: Desk, vault: Vault, connection_id: UUID, renewed: Credentials) -> None:
    """Keep tokens that the platform gave out in the place of ones that end. Raises NotFound, and
    Sealed where the present key does not open the others."""
    held = await secret_connection(desk, connection_id)
    whole = {**vault.open(connection_id, held.sealed), **renewed}
    await desk.run(SQL["renew"], id=connection_id, sealed=vault.seal(connection_id, whole))


async def set_health(
    desk: Desk, connection_id: UUID, health: Health, words: str = "", *, by: Teller = "people"
) -> None:
    """How the connection is, with words that say what to do; told only when it changed.

    One that people turned off stays off. Whoever sees a part only may always tell something worse,
    but something better only of what it told itself, so that two who see different parts do not
    move it back and forth; a check may after an hour of doubt.
    """
    rows = await desk.run(
        SQL["set_health"],
        id=connection_id,
        health=health,
        words=words,
        by=by,
        at=desk.now(),
        doubt=DOUBT,
    )
    if rows:
        await _tell(desk, connection_from(rows[0]))


async def pause(desk: Desk, connection_id: UUID, by: str) -> None:
    """Send nothing by it until somebody turns it on again; what customers write is still kept."""
    words = f"Paused by {by}. Turn it on again in Settings, Channels."
    await _turn(desk, connection_id, "off", words)


async def turn_on(desk: Desk, connection_id: UUID) -> None:
    """End a pause; what waited to be sent goes out."""
    await _turn(desk, connection_id, "ok", "")


async def change(
    desk: Desk, connection_id: UUID, *, name: str | None, answer_mode: AnswerMode | None
) -> None:
    """Change what is given: how people call it, and whether the assistant answers there."""
    rows = await desk.run(
        SQL["rename"], id=connection_id, name=name or None, answer_mode=answer_mode
    )
    if not rows:
        raise NotFound("The connection")
    await _tell(desk, connection_from(rows[0]))


async def due_for_check(desk: Desk, channels: Sequence[str], pause: timedelta) -> UUID | None:
    """A connection of these channels whose time to be checked has come; it is due again after
    `pause`. Those without credentials are none of ours to ask about."""
    rows = await desk.run(SQL["due_for_check"], channels=list(channels), pause=pause)
    return rows[0]["id"] if rows else None


async def checked(
    desk: Desk, connection_id: UUID, health: Health, words: str, *, by: Teller = "people"
) -> None:
    """Its platform was asked just now, and this is how the account is."""
    await desk.run(SQL["checked"], id=connection_id, at=desk.now())
    await set_health(desk, connection_id, health, words, by=by)


async def sent(desk: Desk, connection_id: UUID) -> None:
    """Something went out by it just now; kept to ten seconds."""
    await desk.run(SQL["sent"], id=connection_id, at=desk.now())


async def heard(desk: Desk, connection_id: UUID, before: datetime | None = None) -> None:
    """Something came in by it just now; kept to ten seconds. `before`: when it was heard last, where
    that is known."""
    at = desk.now()
    if before is None or at - before > HEARD_EVERY:
        await desk.run(SQL["heard"], id=connection_id, at=at)


async def lease(desk: Desk, connection_id: UUID, holder: str, term: timedelta) -> bool:
    """Hold the connection, or go on holding it; False when another does."""
    return bool(await desk.run(SQL["lease"], id=connection_id, holder=holder, lease=term))


async def let_go(desk: Desk, connection_id: UUID, holder: str) -> None:
    """Hold it no longer."""
    await desk.run(SQL["let_go"], id=connection_id, holder=holder)


async def keep_cursor(
    desk: Desk, connection_id: UUID, holder: str, cursor: Mapping[str, Any]
) -> bool:
    """How far it was heard; False when another holds it by now."""
    return bool(
        await desk.run(
            SQL["keep_cursor"], id=connection_id, holder=holder, cursor=Jsonb(dict(cursor))
        )
    )


async def _turn(desk: Desk, connection_id: UUID, health: Health, words: str) -> None:
    rows = await desk.run(SQL["turn"], id=connection_id, health=health, words=words)
    if not rows:
        raise NotFound("The connection")
    await _tell(desk, connection_from(rows[0]))


async def _tell(desk: Desk, connection: Connection) -> None:
    event = Event(kind="connection.updated", at=desk.now(), actor=SYSTEM, connection=connection)
    await desk.run(SQL["insert_outbox"], kind=event.kind, payload=Jsonb(event), at=event.at)
    desk.wake()
