"""What one worker process holds while it runs: the desk, the assistant, the channels, its limits."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from psycopg import InterfaceError, OperationalError
from redis.asyncio import Redis

from shopbell.assistant.ports import Ports
from shopbell.assistant.turn import think
from shopbell.assistant.types import OnDraft, Thought, TurnContext
from shopbell.connectors.channels.types import Channel
from shopbell.desk.attachments.storage import Storage
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import Desk
from shopbell.jobs.intake import Intake
from shopbell.jobs.resting import Resting
from shopbell.realtime.addresses import Addresses
from shopbell.realtime.frames import AnswerDraft
from shopbell.realtime.live import Live, publish

log = structlog.get_logger()

Think = Callable[[TurnContext, Ports, OnDraft], Awaitable[Thought]]
TURNS_AT_ONCE = 32
DATABASE_AWAY = (OperationalError, InterfaceError)
"""What psycopg and its pool raise while Postgres is away or too busy."""


def _slots() -> asyncio.Semaphore:
    return asyncio.Semaphore(TURNS_AT_ONCE)


@dataclass(kw_only=True, eq=False)
class Room:
    """`thinking` holds the thoughts under way here by ticket; `tasks` whatever runs beside arq."""

    desk: Desk
    redis: Redis
    epoch: UUID
    files: Storage
    ports: Ports
    channels: Mapping[str, Channel]
    vault: Vault
    addresses: Addresses
    intake: Intake
    resting: Resting = field(default_factory=Resting)
    think: Think = think
    slots: asyncio.Semaphore = field(default_factory=_slots)
    thinking: dict[UUID, asyncio.Task[Any]] = field(default_factory=dict)
    tasks: dict[object, asyncio.Task[None]] = field(default_factory=dict)

    def repeatable(self, channel: str) -> bool:
        """Whether sending the same delivery twice by this channel is known to be harmless."""
        known = self.channels.get(channel)
        return known is None or known.capability.idempotent_sends

    def start(self, key: object, work: Coroutine[Any, Any, None]) -> None:
        """Run this beside everything else, once for each key at a time."""
        if key in self.tasks:
            work.close()
            return
        task = asyncio.create_task(calmly(work))
        self.tasks[key] = task
        task.add_done_callback(lambda _: self.tasks.pop(key, None))

    async def show(self, thread_id: UUID, frame: AnswerDraft, *, agents_only: bool = False) -> None:
        """Show a draft to whoever watches the thread; lost while Redis is away."""
        to = "agents" if agents_only else "all"
        await publish(self.redis, self.epoch, Live(thread_id=thread_id, to=to, frame=frame))


async def calmly(work: Coroutine[Any, Any, None]) -> None:
    """Run a job; a database that is away is one line in the log, for the sweeper tries again."""
    try:
        await work
    except DATABASE_AWAY as away:
        log.warning("job database away", error=str(away).strip())
    except Exception:
        log.exception("job failed")
