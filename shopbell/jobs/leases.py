"""Leases: how long a dead worker's work waits, and the heartbeat of a living one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from shopbell.desk.ids import uuid7
from shopbell.jobs.room import DATABASE_AWAY

log = structlog.get_logger()

LEASE = timedelta(seconds=8)
BEAT = 0.5


def new_holder() -> str:
    """A name for one claim, so that whoever lost a lease cannot write under the next one's."""
    return uuid7().hex


@asynccontextmanager
async def beating(
    beat: Callable[[], Awaitable[bool]], lost: Callable[[], Awaitable[None]]
) -> AsyncGenerator[None]:
    """Renew a lease while the body runs; `lost` is called once when it is no longer ours."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(BEAT)
            try:
                if not await beat():
                    await lost()
                    return
            except DATABASE_AWAY as away:
                log.warning("lease database away", error=str(away).strip())

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
