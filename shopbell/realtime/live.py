"""What is live but no event: typing, viewing and drafts, sent by Redis publish and never kept."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.realtime.frames import AnswerDraft, Typing, Viewing

log = structlog.get_logger()

LISTEN_S = 1.0
PATIENCE_S = 0.25


class Live(Struct, frozen=True, kw_only=True):
    """One frame for whoever watches a thread: its shopper, the agents, or all of them."""

    to: Literal["all", "agents", "shopper"]
    frame: Typing | Viewing | AnswerDraft
    thread_id: UUID | None = None


_decoder = msgspec.json.Decoder(Live)


def live_key(epoch: UUID) -> str:
    """The Redis channel of one history's live frames."""
    return f"shopbell:{epoch}:live"


def wake_key(epoch: UUID) -> str:
    """The Redis channel on which a writer tells the relay that a commit left events."""
    return f"shopbell:{epoch}:wake"


@asynccontextmanager
async def if_at_hand() -> AsyncGenerator[None]:
    """What Redis does not take at once is lost: nobody waits for one that is away or stands still."""
    with suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            yield


async def publish(redis: Redis, epoch: UUID, live: Live) -> None:
    """Send a live frame to every server process. While Redis is away it is simply lost."""
    client: Any = redis
    async with if_at_hand():
        await client.publish(live_key(epoch), msgspec.json.encode(live))


def heed_cancel() -> None:
    """Raise CancelledError in a task that was cancelled and did not hear of it.

    redis-py sends by `asyncio.wait_for`, which in Python 3.11 swallows a cancel that comes in the
    moment its work is done (python/cpython#86296). Loops over Redis call this in each round.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def heard(redis: Redis, channel: str) -> AsyncIterator[bytes]:
    """What is published on a channel from now on. Raises RedisError when Redis goes away."""
    client: Any = redis
    async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(channel)
        while True:
            heed_cancel()
            said = await pubsub.get_message(timeout=LISTEN_S)
            if said is not None:
                yield said["data"]


async def live_frames(redis: Redis, epoch: UUID) -> AsyncIterator[Live]:
    """Every live frame from now on. Raises RedisError when Redis goes away."""
    async for data in heard(redis, live_key(epoch)):
        try:
            yield _decoder.decode(data)
        except msgspec.DecodeError as wrong:
            log.warning("live frame not understood", error=str(wrong))
