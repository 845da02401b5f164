"""Connections that have to be held open to hear: one worker holds each, by a lease in Postgres."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from shopbell.connectors.channels.types import Listening, Lost
from shopbell.desk.connections import commands as connections
from shopbell.desk.connections.reads import unleased
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.inbound.types import Raw
from shopbell.jobs.leases import LEASE, beating, new_holder
from shopbell.jobs.room import DATABASE_AWAY, Room, calmly

log = structlog.get_logger()

LOOK_EVERY = 2.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


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
    """Listen, again and again with growing pauses, until told that it is of no use."""
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
        unwell = account.connection.health == "degraded"

        async def hear(raw: Raw, cursor: dict[str, Any] = cursor) -> None:
            nonlocal pause, unwell
            pause = FIRST_PAUSE
            await room.intake.hear(connection_id, raw)
            await connections.keep_cursor(room.desk, connection_id, holder, cursor)
            if unwell:
                unwell = False
                await connections.set_health(room.desk, connection_id, "ok", by="listen")

        try:
            await channel.listen(account, cursor, hear)
        except Lost as ended:
            await connections.set_health(
                room.desk, connection_id, ended.health, ended.words, by="listen"
            )
            if ended.health in ("reconnect", "off"):
                return
        except DATABASE_AWAY:
            raise
        except Exception as broken:
            log.warning("ear broke", connection=str(connection_id), error=repr(broken)[:200])
        finally:
            await connections.keep_cursor(room.desk, connection_id, holder, cursor)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _forget(tasks: dict[UUID, asyncio.Task[None]], key: UUID, _: asyncio.Task[None]) -> None:
    tasks.pop(key, None)
