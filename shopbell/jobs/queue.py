"""The queue of jobs: one for each history of the stream, JSON in it, and ids alone.

What is enqueued is exactly what arq's own `enqueue_job` writes, but for a whole batch in one
round trip. A job whose id is already there, waiting, running or just done, is not added again.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from arq.constants import job_key_prefix, result_key_prefix
from arq.jobs import serialize_job
from msgspec import Struct
from redis.asyncio import Redis

EXPIRES = timedelta(hours=1)
KEEP_RESULT = timedelta(minutes=1)
_ADD = """
if redis.call('EXISTS', KEYS[1], KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[4])
return 1
"""


class Call(Struct, frozen=True, kw_only=True):
    """One job to run: its function's name, the ids it is given, and its own id."""

    id: str
    function: str
    args: tuple[str, ...]


def queue_name(epoch: UUID) -> str:
    """The arq queue of one history, so that two desks may share a Redis."""
    return f"shopbell:{epoch}:jobs"


def encode(job: dict[str, Any]) -> bytes:
    """A job or its result as JSON; an error becomes its words."""
    return msgspec.json.encode(job, enc_hook=repr)


def decode(job: bytes) -> dict[str, Any]:
    """A job as it was encoded."""
    return msgspec.json.decode(job)


async def enqueue(redis: Redis, epoch: UUID, calls: Sequence[Call]) -> None:
    """Add jobs, all in one round trip. Raises RedisError or OSError while Redis is away."""
    at = int(time.time() * 1000)
    pipeline: Any = redis.pipeline(transaction=False)
    for call in calls:
        job = serialize_job(call.function, call.args, {}, None, at, serializer=encode)
        pipeline.eval(
            _ADD,
            3,
            job_key_prefix + call.id,
            result_key_prefix + call.id,
            queue_name(epoch),
            job,
            int(EXPIRES.total_seconds() * 1000),
            at,
            call.id,
        )
    await pipeline.execute()
