"""Connections that have to be held open to hear: one worker holds each, by a lease in Postgres."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from shopbell.connectors.channels.types import Listening, Lost
from shopbell.desk.connections import commands as connections
from shopbell.desk.connections.reads import Held, secret_connection, unleased
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.inbound.types import Raw
from shopbell.jobs.leases import LEASE, beating, new_holder
from shopbell.jobs.room import DATABASE_AWAY, Room, calmly

log = structlog.get_logger()

LOOK_EVERY = 2.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
REFUSED_PAUSE = 300.0
"""For so long a platform that does not know the account any more is not asked again, unless people
connect it anew: it counts such tries, and some shut out whoever makes many."""


async def listen_for_ever(room: Room) -> None:
    """Hold whatever nobody holds, until cancelled."""
    channels = [name for name, one in room.channels.items() if isinstance(one, Listening)]
    if not channels:
        await asyncio.Event().wait()
    tasks: dict[UUID, asyncio.Task[None]] = {}
    try:
        while True:
            try:
                free = await unleased(room.desk, channels)
            except DATABASE_AWAY as away:
                log.warning("ears database away", error=str(away).strip())
                free = []
            for connection_id in free:
                if connection_id not in tasks:
                    task = asyncio.create_task(calmly(hold(room, connection_id)))
                    tasks[connection_id] = task
                    task.add_done_callback(partial(_forget, tasks, connection_id))
            await asyncio.sleep(LOOK_EVERY)
    finally:
        for task in list(tasks.values()):
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def hold(room: Room, connection_id: UUID) -> None:
    """Hear one connection as long as the lease is ours."""
    holder = new_holder()
    if not await connections.lease(room.desk, connection_id, holder, LEASE):
        return
    listening = asyncio.create_task(_listen(room, connection_id, holder))

    async def lost() -> None:
        listening.cancel()

    try:
        renew = partial(connections.lease, room.desk, connection_id, holder, LEASE)
        async with beating(renew, lost):
            await asyncio.wait({listening})
        if not listening.cancelled():
            listening.result()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await connections.let_go(room.desk, connection_id, holder)


async def _listen(room: Room, connection_id: UUID, holder: str) -> None:
    """Listen, again and again with growing pauses, until it is turned off. What people change is
    taken up at once: a connection that is made anew goes to another account or address."""
    pause = FIRST_PAUSE
    while True:
        try:
            account, held = await room.intake.account(connection_id)
        except Sealed:
            words = "Its credentials cannot be opened with the present key: connect it again."
            await connections.set_health(room.desk, connection_id, "reconnect", words, by="listen")
            return
        channel = room.channels[account.connection.channel]
        assert isinstance(channel, Listening)
        cursor: dict[str, Any] = dict(held.cursor)
        unwell = account.connection.health in ("degraded", "reconnect")

        async def hear(raw: Raw, cursor: dict[str, Any] = cursor) -> None:
            nonlocal pause, unwell
            pause = FIRST_PAUSE
            await room.intake.hear(connection_id, raw)
            await connections.keep_cursor(room.desk, connection_id, holder, cursor)
            if unwell:
                unwell = False
                await connections.set_health(room.desk, connection_id, "ok", by="listen")

        refused = False
        try:
            if await _before(_changed(room, held), channel.listen(account, cursor, hear)):
                pause = FIRST_PAUSE
                continue
        except Lost as ended:
            await connections.set_health(
                room.desk, connection_id, ended.health, ended.words, by="listen"
            )
            if ended.health == "off":
                return
            refused = ended.health == "reconnect"
        except DATABASE_AWAY:
            raise
        except Exception as broken:
            log.warning("ear broke", connection=str(connection_id), error=repr(broken)[:200])
        finally:
            await connections.keep_cursor(room.desk, connection_id, holder, cursor)
        rest = asyncio.sleep(REFUSED_PAUSE if refused else pause)
        news = await _before(_changed(room, held, refused=refused), rest)
        pause = FIRST_PAUSE if news else min(pause * 2, LONGEST_PAUSE)


async def _before(first: Coroutine[Any, Any, None], other: Coroutine[Any, Any, None]) -> bool:
    """Whether the first ends before the other does, which then is cancelled. Raises what the other
    raised, or else the first."""
    tasks = asyncio.create_task(first), asyncio.create_task(other)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in reversed(tasks):
        if not task.cancelled():
            task.result()
    return tasks[1].cancelled()


async def _changed(room: Room, held: Held, *, refused: bool = False) -> None:
    """Wait until people connect it anew, or say of one that the platform refused that it is well."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            now = await secret_connection(room.desk, held.connection.id)
        except DATABASE_AWAY as away:
            log.warning("ear database away", error=str(away).strip())
            continue
        if (now.sealed, now.connection.settings) != (held.sealed, held.connection.settings):
            return
        if refused and now.connection.health == "ok":
            return


def _forget(tasks: dict[UUID, asyncio.Task[None]], key: UUID, _: asyncio.Task[None]) -> None:
    tasks.pop(key, None)
