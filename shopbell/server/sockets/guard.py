"""Closing agents' sockets whose session has ended, also when no event told of it."""

import asyncio

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from shopbell.desk.people.reads import ended_sessions
from shopbell.server.state import State

log = structlog.get_logger()

EVERY_S = 3.0


async def guard_sessions(state: State) -> None:
    """Every 3 s, for ever: ask once for all sockets of this process which sessions have ended."""
    while True:
        await asyncio.sleep(EVERY_S)
        held = {one.session_id for one in state.hub.agents_listening() if one.session_id}
        if not held:
            continue
        try:
            ended = await ended_sessions(state.desk, held)
        except (OperationalError, PoolTimeout) as away:
            log.warning("sessions not checked", error=type(away).__name__)
            continue
        for listener in state.hub.agents_listening():
            if listener.session_id in ended:
                listener.revoke()
