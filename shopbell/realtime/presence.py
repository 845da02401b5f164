"""Who looks at which ticket, over all server processes. It lives in Redis alone and may be lost."""

from time import time
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from shopbell.realtime.frames import Viewing
from shopbell.realtime.live import Live, if_at_hand, publish

LASTS_S = 25


def _key(epoch: UUID, ticket_id: UUID) -> str:
    return f"shopbell:{epoch}:viewing:{ticket_id}"


async def look(redis: Redis, epoch: UUID, ticket_id: UUID, agent_id: UUID, socket: str) -> None:
    """This agent's socket looks at the ticket for the next 25 s; everyone is told who does."""
    client: Any = redis
    now, key = time(), _key(epoch, ticket_id)
    async with if_at_hand():
        pipeline = client.pipeline(transaction=True)
        pipeline.zadd(key, {f"{agent_id}:{socket}": now + LASTS_S})
        pipeline.zremrangebyscore(key, "-inf", now)
        pipeline.zrange(key, 0, -1)
        pipeline.expire(key, LASTS_S * 2)
        await _tell(redis, epoch, ticket_id, (await pipeline.execute())[2])


async def look_away(
    redis: Redis, epoch: UUID, ticket_id: UUID, agent_id: UUID, socket: str
) -> None:
    """This agent's socket looks at the ticket no longer."""
    client: Any = redis
    key = _key(epoch, ticket_id)
    async with if_at_hand():
        pipeline = client.pipeline(transaction=True)
        pipeline.zrem(key, f"{agent_id}:{socket}")
        pipeline.zremrangebyscore(key, "-inf", time())
        pipeline.zrange(key, 0, -1)
        await _tell(redis, epoch, ticket_id, (await pipeline.execute())[2])


async def _tell(redis: Redis, epoch: UUID, ticket_id: UUID, members: list[bytes]) -> None:
    agents = sorted({UUID(member.decode().split(":")[0]) for member in members})
    frame = Viewing(ticket_id=ticket_id, agents=tuple(agents))
    await publish(redis, epoch, Live(to="agents", frame=frame))
