"""The tests' own services: each test has a database and a Valkey nobody wrote to before."""

import psycopg
import pytest
import redis

from tests.services import OwnServices


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_has_a_fresh_database(database_url: str, redis_url: str, turn: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE seen_by_one_test_only ()")
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("turn", turn)


def test_a_chaos_test_may_kill_its_own_services(own_services: OwnServices) -> None:
    with psycopg.connect(own_services.database_url) as connection:
        connection.execute("CREATE TABLE kept ()")
    own_services.postgres.kill()
    own_services.valkey.kill()
    own_services.postgres.start()
    own_services.valkey.start()
    with psycopg.connect(own_services.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
