"""Whether this process lives, and whether it can serve."""

from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shopbell.server.doors import state_of


async def healthz(_: Request) -> Response:
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    state = state_of(request)
    try:
        async with state.desk.pool.connection() as connection:
            await connection.execute("SELECT 1")
    except (OperationalError, PoolTimeout):
        return PlainTextResponse("the database does not answer", 503, {"Retry-After": "2"})
    if not state.hub.started.is_set():
        return PlainTextResponse("the stream is not read yet", 503, {"Retry-After": "1"})
    return PlainTextResponse("ready")
