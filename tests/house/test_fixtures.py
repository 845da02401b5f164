"""The tests' own services: each test has a database and a Valkey nobody wrote to before."""

import psycopg
import pytest

from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.embedded.valkey import ask
from tests.databases import Databases
from tests.services import OwnServices


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE seen_by_one_test_only ()",
        "DROP EXTENSION pg_trgm CASCADE",
        "ALTER TABLE message DISABLE TRIGGER ALL",
        "INSERT INTO brand (id, name) VALUES (gen_random_uuid(), 'Seen by one test only')",
        "UPDATE stream SET epoch = gen_random_uuid()",
        "DELETE FROM sla_policy",
        "SELECT nextval('ticket_number')",
    ],
)
def test_what_a_test_did_to_its_database_no_other_sees(
    databases: Databases, postgres: Postgres, change: str
) -> None:
    fresh, changed = whole(databases.template_url), databases.take()
    with psycopg.connect(postgres.url(changed)) as connection:
        connection.execute(change.encode())
    assert whole(postgres.url(changed)) != fresh
    databases.give_back(changed)
    following = databases.take()
    assert whole(postgres.url(following)) == fresh
    databases.give_back(following)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_has_an_empty_redis(redis_url: str, turn: str) -> None:
    assert ask(redis_url, "DBSIZE") == 0
    assert ask(redis_url, f"SET turn {turn}")


def test_whoever_writes_after_a_test_is_cut_off(databases: Databases, postgres: Postgres) -> None:
    name = databases.take()
    with psycopg.connect(postgres.url(name)) as late:
        late.execute("INSERT INTO brand (id, name) VALUES (gen_random_uuid(), 'Late')")
        databases.give_back(name)
        with pytest.raises(psycopg.OperationalError):
            late.commit()


def whole(url: str) -> list[object]:
    """A database's tables with their columns, triggers and rows, its sequences and extensions."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname, (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = c.oid), (SELECT array_agg(tgname::text || tgenabled::text"
            " ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid)"
            " FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
            " ORDER BY relname"
        ).fetchall()
        rows = [
            connection.execute(
                f'SELECT ROW(t.*)::text FROM "{table[0]}" t ORDER BY 1'.encode()
            ).fetchall()
            for table in tables
        ]
        extensions = connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
        return [*tables, *rows, extensions]


def test_a_chaos_test_may_kill_its_own_services(own_services: OwnServices) -> None:
    with psycopg.connect(own_services.database_url) as connection:
        connection.execute("CREATE TABLE kept ()")
    own_services.postgres.kill()
    own_services.valkey.kill()
    own_services.postgres.start()
    own_services.valkey.start()
    with psycopg.connect(own_services.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
