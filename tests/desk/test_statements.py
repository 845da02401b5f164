"""Writes that run together do what they would do one by one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shopbell.desk.database import Connection
from shopbell.desk.statements import run_writes
from tests.desk.conftest import Shop

PUT = "INSERT INTO left_hand (id, word) VALUES (%(id)s, %(word)s);"
POINT = "INSERT INTO right_hand (id, word) VALUES (%(id)s, %(word)s);"
RISE = "UPDATE left_hand SET word = word || %(word)s WHERE id = %(id)s;"
BOTH = (
    "WITH risen AS (UPDATE left_hand SET word = word || %(word)s WHERE id = %(id)s RETURNING *)"
    " INSERT INTO right_hand SELECT id, word FROM risen;"
)


@pytest.fixture
async def hands(shop: Shop) -> AsyncIterator[Connection]:
    """Two tables, the second with references to the first that are checked at once."""
    async with shop.desk.pool.connection() as connection, connection.transaction():
        await connection.execute("CREATE TEMP TABLE left_hand (id int PRIMARY KEY, word text)")
        await connection.execute(
            "CREATE TEMP TABLE right_hand (id int REFERENCES left_hand, word text)"
        )
        yield connection
        await connection.execute("DROP TABLE right_hand, left_hand")


def values(number: int, word: str) -> dict[str, Any]:
    return {"id": number, "word": word}


async def held(connection: Connection, table: str) -> list[tuple[int, str]]:
    found = await connection.execute(f"SELECT id, word FROM {table} ORDER BY id".encode())
    return [(row["id"], row["word"]) for row in await found.fetchall()]


async def ran(connection: Connection, *writes: tuple[str, dict[str, Any]]) -> None:
    async with connection.pipeline():
        await run_writes(connection, writes)


async def test_each_takes_its_own_values_though_they_have_the_same_names(
    hands: Connection,
) -> None:
    await ran(hands, (PUT, values(1, "a")), (POINT, values(1, "b")))

    assert await held(hands, "left_hand") == [(1, "a")]
    assert await held(hands, "right_hand") == [(1, "b")]


async def test_a_second_write_on_a_table_sees_the_first(hands: Connection) -> None:
    await ran(hands, (PUT, values(1, "a")), (RISE, values(1, "b")), (RISE, values(1, "c")))

    assert await held(hands, "left_hand") == [(1, "abc")]


async def test_a_query_that_has_a_with_of_its_own_runs_alone_in_its_place(
    hands: Connection,
) -> None:
    await ran(hands, (PUT, values(1, "a")), (BOTH, values(1, "b")), (RISE, values(1, "c")))

    assert await held(hands, "left_hand") == [(1, "abc")]
    assert await held(hands, "right_hand") == [(1, "ab")]


async def test_rows_of_one_table_keep_their_order(shop: Shop) -> None:
    kinds = [f"kind.{number}" for number in range(5)]
    put = "INSERT INTO outbox (kind, payload, at) VALUES (%(kind)s, '{}', now());"
    async with shop.desk.pool.connection() as connection:
        await ran(connection, *((put, {"kind": kind}) for kind in kinds))
        found = await connection.execute("SELECT kind FROM outbox ORDER BY id")
        assert [row["kind"] for row in await found.fetchall()] == kinds


async def test_the_same_writes_are_prepared_once(hands: Connection) -> None:
    for number in range(8):
        await ran(hands, (PUT, values(number, "a")), (POINT, values(number, "b")))

    found = await hands.execute(
        "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%left_hand%'"
    )
    assert await found.fetchone() == {"n": 1}
