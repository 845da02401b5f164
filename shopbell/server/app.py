"""The application: the desk, the relay and the hub around the table of routes."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress

import httpx
import structlog
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from shopbell.connectors.channels.registry import capabilities, channels
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.connectors.commerce.demo.storefront import routes as storefront
from shopbell.desk.attachments.storage import open_storage
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from shopbell.desk.sla.calendar import learn_holidays
from shopbell.desk.verification.codes import Codes
from shopbell.jobs.intake import Intake
from shopbell.jobs.triggers import enqueuing
from shopbell.realtime.addresses import Addresses, SignedAudiences
from shopbell.realtime.hub import Hub
from shopbell.realtime.live import Live, publish
from shopbell.realtime.relay import Relay
from shopbell.server.doors import BROKEN, FORESEEN, failure, problem
from shopbell.server.headers import SafeHeaders
from shopbell.server.pages import asks_for_page, nowhere
from shopbell.server.routes import routes
from shopbell.server.sockets.crowd import Crowd
from shopbell.server.sockets.guard import guard_sessions
from shopbell.server.state import State
from shopbell.settings import Settings

log = structlog.get_logger()

REDIS_S = 3.0
"""Longer than the hub's blocking read, short enough to notice a Redis that stands still."""


def create_app(settings: Settings) -> Starlette:
    """The application over the given Postgres and Redis; both must be set."""
    if not settings.database_url or not settings.redis_url:
        raise ValueError("the server needs DATABASE_URL and REDIS_URL")
    database_url, redis_url = settings.database_url, settings.redis_url
    learn_holidays()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with (
            open_desk(database_url) as desk,
            Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
                redis_url, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S
            ) as redis,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            relay = Relay(database_url, redis, enqueuing(desk, redis))
            addresses = Addresses(settings)
            hub = Hub(desk, redis, SignedAudiences(addresses))
            desk.wake, desk.capabilities = relay.wake, capabilities()
            desk.codes = Codes(settings.secret_key)
            files, known = open_storage(settings.files, settings.data), channels(client)
            vault = Vault(settings.secret_key, settings.old_secret_keys)

            async def show(live: Live) -> None:
                await publish(redis, hub.epoch, live)

            state = State(
                settings=settings,
                desk=desk,
                hub=hub,
                relay=relay,
                redis=redis,
                files=files,
                channels=known,
                intake=Intake(desk, known, vault, files, show),
                addresses=addresses,
                shop=DemoShop(desk.pool, settings.public_url),
                crowd=Crowd(),
            )
            app.state.shopbell = state
            app.router.routes.extend(storefront.routes(desk.pool, settings))
            await hub.start()
            async with _running(relay.run(), hub.run(), guard_sessions(state)):
                yield

    return Starlette(
        routes=routes(settings.web_dist),
        lifespan=lifespan,
        middleware=[Middleware(SafeHeaders, https=settings.public_url.startswith("https:"))],
        exception_handlers={
            **dict.fromkeys((HTTPException, *FORESEEN), _failed),
            Exception: _broken,
        },
    )


@asynccontextmanager
async def _running(*work: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Run this work beside the requests. A part that dies takes the process with it: whoever
    watches over it starts a whole one again."""
    tasks = [asyncio.create_task(one) for one in work]
    for task in tasks:
        task.add_done_callback(_died)
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _died(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (why := task.exception()) is not None:
        log.error("a part of the server died", exc_info=why)
        signal.raise_signal(signal.SIGTERM)


async def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 404 and asks_for_page(request):
        return nowhere(request)
    return failure(request, error)


async def _broken(_: Request, error: Exception) -> Response:
    log.error("request broken", exc_info=error)
    return problem(BROKEN)
