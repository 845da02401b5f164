"""The tests' own services: each test has a database and a Valkey nobody wrote to before."""

import psycopg
import pytest

from shopbell.cli.embedded.valkey import ask
from tests.services import OwnServices


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_has_a_fresh_database(database_url: str, redis_url: str, turn: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE seen_by_one_test_only ()")
    assert ask(redis_url, "DBSIZE") == 0
    assert ask(redis_url, f"SET turn {turn}")


def test_a_chaos_test_may_kill_its_own_services(own_services: OwnServices) -> None:
    with psycopg.connect(own_services.database_url) as connection:
        connection.execute("CREATE TABLE kept ()")
    own_services.postgres.kill()
    own_services.valkey.kill()
    own_services.postgres.start()
    own_services.valkey.start()
    with psycopg.connect(own_services.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
