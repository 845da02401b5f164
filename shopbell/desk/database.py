"""The door to the tables: a pool of connections, the clock, and whom to wake after a commit."""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import aiosql
import msgspec
from psycopg import AsyncConnection, OperationalError
from psycopg.errors import IdleInTransactionSessionTimeout
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from shopbell.desk.connections.types import Capability
from shopbell.desk.gathered import Gathered
from shopbell.desk.sla.policies import Rules
from shopbell.desk.verification.codes import Codes

# It warns of statements that write and return rows, which is how ours are meant.
logging.getLogger("aiosql").setLevel(logging.ERROR)
# aiosql leaves some of its parameters untyped.
_read_queries = cast("Callable[..., Any]", aiosql.from_path)  # pyright: ignore[reportUnknownMemberType]

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]


def load_queries(folder: str) -> dict[str, str]:
    """The named queries of the `queries.sql` beside the given module file."""
    found = _read_queries(
        Path(folder).with_name("queries.sql"), "psycopg", mandatory_parameters=False
    )
    return {name: getattr(found, name).sql for name in found.available_queries}


LIMITS = (
    b"SET statement_timeout = '10s'; SET lock_timeout = '4s';"
    b" SET idle_in_transaction_session_timeout = '8s'; SET timezone = 'UTC'"
)
"""Whoever asks too much or waits for a lock is refused rather than kept, and a process that froze
inside a transaction loses it: none of them may use up the others' connections."""
RECONNECT_S = 5.0
"""How long one chain of tries to reach a database that is away goes on. A new one begins with the
next request, so that the growing pauses between tries never outlast the fault."""


async def configure(connection: Connection) -> None:
    """Have JSON read and written by msgspec, which knows UUIDs, times and structs; set limits."""
    await connection.execute(LIMITS)
    set_json_loads(msgspec.json.decode, connection)
    set_json_dumps(_dumps, connection)


@asynccontextmanager
async def unless_frozen() -> AsyncGenerator[None]:
    """For who stood still inside a transaction and lost it, the database was away: OperationalError."""
    try:
        yield
    except IdleInTransactionSessionTimeout as lost:
        raise OperationalError(str(lost)) from lost


def _dumps(value: Any) -> str | bytes:
    return msgspec.json.encode(value)


def now() -> datetime:
    """The present, in UTC, to the microsecond that Postgres keeps."""
    return datetime.now(UTC)


class Desk:
    """What every desk function is given. `wake` tells the relay that a commit left events;
    `capabilities` say what each channel can carry, by its name, `rules` what clocks were last counted
    by: whoever finds a newer version reads it. `codes` makes and tries one-time codes, with a key of
    the deployment once it is set."""

    def __init__(self, pool: Pool, wake: Callable[[], None] = lambda: None) -> None:
        self.pool = pool
        self.wake = wake
        self.capabilities: Mapping[str, Capability] = {}
        self.now: Callable[[], datetime] = now
        self.rules = Rules()
        self.codes = Codes.of_this_process()
        self.gathered: Gathered[Any] = Gathered()

    async def run(self, query: str, **values: Any) -> list[DictRow]:
        """Run one named query by itself; the rows it gives, if it gives any."""
        async with self.pool.connection() as connection:
            found = await connection.execute(query.encode(), values)
            return await found.fetchall() if found.description else []


@asynccontextmanager
async def open_desk(
    database_url: str, *, size: int = 8, wake: Callable[[], None] = lambda: None
) -> AsyncGenerator[Desk]:
    """A desk over a pool of `size` connections of its own, closed at the end."""
    pool: Pool = AsyncConnectionPool(
        database_url,
        min_size=min(2, size),
        max_size=size,
        timeout=5,
        reconnect_timeout=RECONNECT_S,
        open=False,
        configure=configure,
        kwargs={"row_factory": dict_row, "autocommit": True},
        connection_class=AsyncConnection[DictRow],
    )
    async with pool:
        desk = Desk(pool, wake)
        try:
            yield desk
        finally:
            await desk.gathered.over()
