"""One worker process: jobs by arq, the sweepers, and a candidate to hold the relay.

Whatever goes away (Redis for a while or wiped, Postgres restarted) the worker outlives, and goes
on by itself when it is back. On SIGTERM it takes no more work, lets sendings finish for a few
seconds, and gives unfinished turns back to be taken at once by another worker.
"""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import httpx
import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.assistant.ports import Ports, open_ports
from shopbell.assistant.turn import think as think_it_over
from shopbell.connectors.channels.registry import capabilities, channels
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.desk.attachments.storage import open_storage
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.sla.calendar import learn_holidays
from shopbell.desk.verification.codes import Codes
from shopbell.jobs.answering import answer_ticket
from shopbell.jobs.canary import check_for_ever
from shopbell.jobs.delivering import deliver_thread
from shopbell.jobs.fetching import fetch_files
from shopbell.jobs.intake import Intake
from shopbell.jobs.listening import listen_for_ever
from shopbell.jobs.queue import KEEP_RESULT, decode, encode, queue_name
from shopbell.jobs.room import DATABASE_AWAY, Room, Think, calmly
from shopbell.jobs.sweeping import sweep_for_ever
from shopbell.jobs.triggers import ANSWER, DELIVER, FETCH, enqueuing
from shopbell.realtime.addresses import Addresses
from shopbell.realtime.live import publish
from shopbell.realtime.relay import Relay
from shopbell.settings import Settings

log = structlog.get_logger()

POLL_DELAY = 0.02
JOBS_AT_ONCE = 200
JOB_TIMEOUT = 90
AGAIN_AFTER = 0.5
REDIS_TIMEOUT = 5
FINISH_SENDING_S = 3.0
FINISH_TELLING_S = 1.0
POOL = 16

T = TypeVar("T")
PortsOf = Callable[[Desk, Settings], Awaitable[Ports]]


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. Postgres and Redis of the settings must be set."""
    import uvloop

    learn_holidays()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(settings))


async def _until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    starting = asyncio.create_task(_work(settings, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await starting


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    async with working(settings) as room:
        log.info("worker ready", queue=queue_name(room.epoch))
        await stop.wait()


async def ports_of(desk: Desk, settings: Settings) -> Ports:
    """The assistant's ports, with the demo shop where it is the one in the database."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(b"SELECT 1 FROM shop_product LIMIT 1")
        stocked = await found.fetchone() is not None
    shop = DemoShop(desk.pool, settings.public_url) if stocked else None
    return await open_ports(desk.pool, settings, shop)


@asynccontextmanager
async def working(
    settings: Settings, *, ports: PortsOf = ports_of, think: Think = think_it_over
) -> AsyncGenerator[Room]:
    """A worker at work until the body ends."""
    if not settings.database_url or not settings.redis_url:
        raise ValueError("a worker needs DATABASE_URL and REDIS_URL")
    async with (
        open_desk(settings.database_url, size=POOL) as desk,
        Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            settings.redis_url,
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
        ) as redis,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        relay = Relay(settings.database_url, redis, enqueuing(desk, redis))
        desk.wake, desk.capabilities = relay.wake, capabilities()
        desk.codes = Codes(settings.secret_key)
        epoch = await _patiently(lambda: _epoch(desk))
        files, known = open_storage(settings.files, settings.data), channels(client)
        vault = Vault(settings.secret_key, settings.old_secret_keys)
        room = Room(
            desk=desk,
            redis=redis,
            epoch=epoch,
            files=files,
            ports=await _patiently(lambda: ports(desk, settings)),
            channels=known,
            vault=vault,
            addresses=Addresses(settings),
            intake=Intake(desk, known, vault, files, partial(publish, redis, epoch)),
            think=think,
        )
        tasks = [
            asyncio.create_task(_again(name, step))
            for name, step in (
                ("relay", relay.run),
                ("jobs", lambda: _take_jobs(room)),
                ("sweepers", lambda: sweep_for_ever(room)),
                ("ears", lambda: listen_for_ever(room)),
                ("canary", lambda: check_for_ever(room)),
            )
        ]
        try:
            yield room
        finally:
            await _end(tasks)
            sending = [task for key, task in room.tasks.items() if _sends(key)]
            if sending:
                await asyncio.wait(sending, timeout=FINISH_SENDING_S)
            await _end(room.tasks.values())


async def answer(ctx: dict[Any, Any], ticket_id: str) -> None:
    """The job behind a customer's message."""
    await calmly(answer_ticket(ctx["room"], UUID(ticket_id)))


async def deliver(ctx: dict[Any, Any], thread_id: str) -> None:
    """The job behind a message that leaves by an outside channel."""
    room: Room = ctx["room"]
    room.start(("delivery", ctx["job_id"]), deliver_thread(room, UUID(thread_id)))


async def fetch(ctx: dict[Any, Any], message_id: str) -> None:
    """The job behind a message whose files a platform holds."""
    room: Room = ctx["room"]
    room.start(("fetch", ctx["job_id"]), fetch_files(room, UUID(message_id)))


class _Worker(Worker):
    """arq's, whose last word on a job may get lost with Redis: the job's rows tell Postgres."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.finishing: set[asyncio.Task[Any]] = set()

    async def finish_job(self, *given: Any, **named: Any) -> None:
        await self._tell(super().finish_job(*given, **named))

    async def finish_failed_job(self, *given: Any, **named: Any) -> None:
        await self._tell(super().finish_failed_job(*given, **named))

    async def _tell(self, telling: Awaitable[None]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.finishing.add(task)
        task.add_done_callback(self.finishing.discard)
        try:
            await telling
        except (RedisError, OSError) as away:
            log.warning("job end untold", error=type(away).__name__)


async def _take_jobs(room: Room) -> None:
    """Take jobs until Redis fails; those begun go on without it."""
    pool: Any = room.redis.connection_pool
    redis = ArqRedis(pool_or_conn=pool, job_serializer=encode, job_deserializer=decode)
    worker = _Worker(
        [func(answer, name=ANSWER), func(deliver, name=DELIVER), func(fetch, name=FETCH)],
        queue_name=queue_name(room.epoch),
        redis_pool=redis,
        handle_signals=False,
        max_jobs=JOBS_AT_ONCE,
        job_timeout=JOB_TIMEOUT,
        keep_result=KEEP_RESULT,
        poll_delay=POLL_DELAY,
        max_tries=1,
        retry_jobs=False,
        ctx={"room": room},
        job_serializer=encode,
        job_deserializer=decode,
        log_results=False,
    )
    try:
        await worker.main()
    except asyncio.CancelledError:
        await _end(worker.job_tasks.values())
        await _end(worker.tasks.values())
        if worker.finishing:
            await asyncio.wait(worker.finishing, timeout=FINISH_TELLING_S)
        raise
    except Exception:
        for task in worker.tasks.values():
            task.add_done_callback(_hush)
        raise


async def _again(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Begin again whatever ends by itself: arq ends with its connection to Redis."""
    while True:
        try:
            await step()
        except Exception as ended:
            log.warning("worker part ended", part=name, error=f"{type(ended).__name__}: {ended}")
        await asyncio.sleep(AGAIN_AFTER)


async def _patiently(step: Callable[[], Awaitable[T]]) -> T:
    """The step's result, once Postgres answers."""
    while True:
        try:
            return await step()
        except DATABASE_AWAY as away:
            log.warning("worker database away", error=str(away).strip())
            await asyncio.sleep(AGAIN_AFTER)


async def _epoch(desk: Desk) -> UUID:
    async with desk.pool.connection() as connection:
        found = await connection.execute(b"SELECT epoch FROM stream WHERE partition = 0")
        row = await found.fetchone()
    if row is None:
        raise LookupError("the stream's row is missing: run `shopbell migrate`")
    return row["epoch"]


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until they end: before Python 3.12 `wait_for` may swallow a cancellation."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=0.2)
        for task in done:
            _hush(task)


def _hush(task: asyncio.Task[Any]) -> None:
    """A job that could not tell Redis of its end: its rows tell Postgres."""
    if not task.cancelled():
        task.exception()


def _sends(key: object) -> bool:
    return isinstance(key, tuple) and key[:1] == ("delivery",)
