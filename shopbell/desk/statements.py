"""Named queries run together: what one transaction writes, in as few statements as can be.

A statement costs the same few tenths of a millisecond however little it does, and writing down a
message takes six. Writes on different tables become one statement, each but the last in a `WITH`;
Postgres runs all of them and checks references when the whole is done. Each sees the tables as
they were before it began, so a second write on a table begins the next statement.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from psycopg import AsyncRawCursor
from psycopg.rows import DictRow

from shopbell.desk.database import Connection

_PARAMETER = re.compile(r"%\((\w+)\)s")
_TABLE = re.compile(r"\A(?:INSERT INTO|UPDATE) (\w+)")

Write = tuple[str, dict[str, Any]]
"""A query's text, and its values by name."""


class Statement(Struct, frozen=True):
    """Queries as one, with numbered parameters: for each, whose value it takes and by which name."""

    text: bytes
    parameters: tuple[tuple[int, str], ...]


async def run_writes(connection: Connection, writes: Sequence[Write]) -> None:
    """Send these for running, in order; inside a pipeline nothing is waited for."""
    cursor = AsyncRawCursor[DictRow](connection)
    for some in _apart(writes):
        statement = _as_one(tuple(query for query, _ in some))
        values = [some[whose][1][name] for whose, name in statement.parameters]
        await cursor.execute(statement.text, values)


def _apart(writes: Iterable[Write]) -> Iterable[Sequence[Write]]:
    """The writes in runs, each with no table twice."""
    run: list[Write] = []
    tables: set[str] = set()
    for write in writes:
        table = _table(write[0])
        if run and (not table or table in tables or "" in tables):
            yield run
            run, tables = [], set()
        run.append(write)
        tables.add(table)
    if run:
        yield run


@lru_cache(maxsize=1_000)
def _table(query: str) -> str:
    """The one table that a query writes; empty for a query of another form, which runs alone."""
    found = _TABLE.match(query)
    return found[1] if found else ""


@lru_cache(maxsize=1_000)
def _as_one(queries: tuple[str, ...]) -> Statement:
    parameters: dict[tuple[int, str], int] = {}
    parts = [_numbered(query, whose, parameters) for whose, query in enumerate(queries)]
    first = ", ".join(f"write_{number} AS ({text})" for number, text in enumerate(parts[:-1]))
    text = f"WITH {first} {parts[-1]}" if first else parts[-1]
    return Statement(text.encode(), tuple(parameters))


def _numbered(query: str, whose: int, parameters: dict[tuple[int, str], int]) -> str:
    def number(found: re.Match[str]) -> str:
        return f"${parameters.setdefault((whose, found[1]), len(parameters) + 1)}"

    return _PARAMETER.sub(number, query).rstrip().rstrip(";")
