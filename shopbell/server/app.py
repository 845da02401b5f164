"""The application: the desk, the relay and the hub around the table of routes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.database import open_desk
from shopbell.desk.errors import DeskError
from shopbell.realtime.frames import Problem
from shopbell.realtime.hub import Hub
from shopbell.realtime.relay import Relay
from shopbell.server.doors import problem, problem_of
from shopbell.server.routes import routes
from shopbell.server.state import State
from shopbell.settings import Settings

log = structlog.get_logger()


def create_app(settings: Settings) -> Starlette:
    """The application over the given Postgres and Redis; both must be set."""
    if not settings.database_url or not settings.redis_url:
        raise ValueError("the server needs DATABASE_URL and REDIS_URL")
    database_url, redis_url = settings.database_url, settings.redis_url

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with (
            open_desk(database_url) as desk,
            Redis.from_url(redis_url) as redis,  # pyright: ignore[reportUnknownMemberType]
        ):
            relay, hub = Relay(database_url, redis), Hub(desk, redis)
            desk.wake = relay.wake
            app.state.shopbell = State(settings=settings, desk=desk, hub=hub, relay=relay)
            tasks = [asyncio.create_task(relay.run()), asyncio.create_task(hub.run())]
            yield
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    return Starlette(
        routes=routes(),
        lifespan=lifespan,
        exception_handlers={
            DeskError: _refused,
            HTTPException: _http,
            OperationalError: _unavailable,
            PoolTimeout: _unavailable,
        },
    )


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, DeskError)
    return problem(problem_of(error))


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(Problem(type="request", title=error.detail, status=error.status_code))


async def _unavailable(_: Request, error: Exception) -> Response:
    log.warning("database away", error=type(error).__name__)
    return problem(
        Problem(
            type="unavailable",
            title="The desk cannot write just now",
            status=503,
            detail="Nothing was lost. Try again in a moment.",
            retry_after=2,
        )
    )
