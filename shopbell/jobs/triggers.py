"""Which events call for which jobs. The relay is the only one who enqueues.

A job's id is made from its event's position, so an event told twice is one job. A job lost with
Redis is no loss: what it would have done stands in a Postgres row, and the sweepers look there.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from redis.asyncio import Redis

from shopbell.desk.database import Desk
from shopbell.jobs.queue import Call, enqueue
from shopbell.realtime.relay import Moved, Triggers

log = structlog.get_logger()

ANSWER = "answer"
DELIVER = "deliver"
FETCH = "fetch"


class _Author(Struct):
    kind: str


class _Delivery(Struct):
    status: str


class _File(Struct):
    state: str = ""


class _Message(Struct):
    id: str
    author: _Author
    delivery: _Delivery | None = None
    attachments: tuple[_File, ...] = ()


class _Ticket(Struct):
    id: str
    control: str = "assistant"


class _Told(Struct):
    """The part of an event that decides about jobs."""

    thread_id: str | None = None
    message: _Message | None = None
    ticket: _Ticket | None = None


_decoder = msgspec.json.Decoder(_Told)
_HEAD = b"SELECT epoch FROM stream WHERE partition = 0"


def calls_for(moved: Iterable[Moved], epoch: UUID) -> list[Call]:
    """The jobs that these events call for, in their order."""
    calls: list[Call] = []
    for one in moved:
        try:
            told = _decoder.decode(one.payload)
        except msgspec.DecodeError as wrong:
            log.error("event not understood", position=one.position, error=str(wrong))
            continue
        message, ticket = told.message, told.ticket
        if message is None or ticket is None or told.thread_id is None:
            continue
        began = one.kind in ("message.created", "ticket.created")
        if began and message.author.kind == "customer" and ticket.control == "assistant":
            name = f"{epoch}:{one.position}:{ANSWER}"
            calls.append(Call(id=name, function=ANSWER, args=(ticket.id,)))
        if message.delivery is not None and message.delivery.status == "queued":
            name = f"{epoch}:{one.position}:{DELIVER}"
            calls.append(Call(id=name, function=DELIVER, args=(told.thread_id,)))
        if began and any(file.state == "expected" for file in message.attachments):
            name = f"{epoch}:{one.position}:{FETCH}"
            calls.append(Call(id=name, function=FETCH, args=(message.id,)))
    return calls


def enqueuing(desk: Desk, redis: Redis) -> Triggers:
    """Triggers for a relay, enqueuing into the queue of the desk's present history."""
    epochs: list[UUID] = []

    async def trigger(moved: Sequence[Moved]) -> None:
        if not epochs:
            async with desk.pool.connection() as connection:
                row = await (await connection.execute(_HEAD)).fetchone()
            assert row is not None, "the stream's row is missing: run `shopbell migrate`"
            epochs.append(row["epoch"])
        calls = calls_for(moved, epochs[0])
        if calls:
            await enqueue(redis, epochs[0], calls)

    return trigger
