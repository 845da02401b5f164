"""Closing agents' sockets whose session has ended, also when no event told of it."""

import asyncio

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from shopbell.desk.people.reads import standing_sessions
from shopbell.server.state import State

log = structlog.get_logger()

EVERY_S = 3.0


async def guard_sessions(state: State) -> None:
    """Every 3 s, for ever: ask once for all sockets of this process which sessions still stand,
    with the role they were opened with."""
    while True:
        await asyncio.sleep(EVERY_S)
        held = {one.session_id for one in state.hub.agents_listening() if one.session_id}
        if not held:
            continue
        try:
            standing = await standing_sessions(state.desk, held)
        except (OperationalError, PoolTimeout) as away:
            log.warning("sessions not checked", error=type(away).__name__)
            continue
        for listener in state.hub.agents_listening():
            session = listener.session_id
            if session and session in held and standing.get(session) != listener.role:
                listener.revoke()
