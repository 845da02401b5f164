"""Sending what is queued, in each thread's order, and trying again what may yet succeed."""

import random
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.jobs.leases import LEASE, beating, new_holder
from shopbell.jobs.room import Room

log = structlog.get_logger()

MOST_TRIES = 14
LONGEST_WAIT = 600.0
LONGEST_ASKED = 3600.0
"""Seconds: a platform that asks for more patience than this is asked again all the same."""


async def deliver_thread(room: Room, thread_id: UUID) -> None:
    """Send what the thread has ready, one message after the other."""
    holder = new_holder()
    while True:
        outgoing = await deliveries.claim(
            room.desk, thread_id, holder, LEASE, repeatable=room.repeatable
        )
        if outgoing is None:
            return
        async with beating(
            partial(deliveries.beat, room.desk, outgoing.id, holder, LEASE), _nothing
        ):
            result = await _send(room, outgoing)
        await _settle(room, outgoing, holder, result)


async def _send(room: Room, outgoing: Outgoing) -> Sent | Refused | Unknown:
    channel = room.channels.get(outgoing.connection.channel)
    if channel is None:
        name = outgoing.connection.channel
        return Refused(
            words=f"Shopbell cannot send by {name} yet: use another way.", permanent=True
        )
    try:
        return await channel.send(outgoing)
    except Exception:
        log.exception("delivery broke", delivery=str(outgoing.id))
        return Unknown(words="Sending broke on our side: see the worker's log.")


async def _settle(
    room: Room, outgoing: Outgoing, holder: str, result: Sent | Refused | Unknown
) -> None:
    desk = room.desk
    if isinstance(result, Sent):
        await deliveries.sent(desk, outgoing, holder, result.external_id)
        return
    log.warning("delivery refused", delivery=str(outgoing.id), words=result.words)
    if isinstance(result, Unknown) and not room.repeatable(outgoing.connection.channel):
        await deliveries.uncertain(desk, outgoing, holder, result.words)
    elif isinstance(result, Refused) and result.permanent:
        await deliveries.failed(desk, outgoing, holder, result.words)
    elif outgoing.attempts >= MOST_TRIES:
        words = f"Given up after {outgoing.attempts} tries. {result.words}"
        await deliveries.failed(desk, outgoing, holder, words)
    else:
        asked = (result.retry_after if isinstance(result, Refused) else None) or 0.0
        delay = max(backoff(outgoing.attempts), min(asked, LONGEST_ASKED))
        await deliveries.put_off(desk, outgoing, holder, result.words, timedelta(seconds=delay))


def backoff(attempts: int) -> float:
    """Seconds until the next try: doubling from one, at most ten minutes, spread by half."""
    longest = min(2.0 ** (attempts - 1), LONGEST_WAIT)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - a spread, no secret


async def _nothing() -> None:
    """A lease lost while sending changes nothing: what was sent cannot be taken back."""
