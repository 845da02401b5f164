"""Databases for tests: one, emptied after each test and given a new name for the next.

A copy of the migrated template writes seven hundred files; emptying takes a thirtieth of its time. A
database whose schema a test changed is dropped, and the next test has a new copy.
"""

import time
from collections.abc import Sequence
from itertools import count

import psycopg
from psycopg.abc import Query

from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.migrations import migrate

TEMPLATE = "shopbell_template"
PATIENCE_S = 10.0

# A catalogue's newest writer changes with whatever is changed in it; that of pg_class also with VACUUM.
CHANGED = ("attribute", "attrdef", "constraint", "extension", "index", "proc", "trigger", "type")
SHAPE = "SELECT {}, ({})".format(
    ", ".join(
        f"(SELECT (count(*), max(xmin::text::bigint))::text FROM pg_{name})" for name in CHANGED
    ),
    "SELECT array_agg((oid, relname, reloptions)::text ORDER BY oid) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace",
)
TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
SEQUENCES = "SELECT seqrelid::regclass::text, seqstart FROM pg_sequence"
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


class Databases:
    """Migrated databases on one server: `take` gives a name that no test had, `give_back` ends it."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._numbers = count(1)
        self._spare: str | None = None
        self._admin(f"CREATE DATABASE {TEMPLATE}")
        self.template_url = postgres.url(TEMPLATE)
        migrate(self.template_url)
        with psycopg.connect(self.template_url) as connection:
            self._shape = connection.execute(SHAPE).fetchone()
            tables = [row[0] for row in connection.execute(TABLES)]
            self._first = [(row[0], row[1]) for row in connection.execute(SEQUENCES)]
            whole = {table: _rows(connection, table) for table in tables}
        self._empty = ";".join(f'DELETE FROM "{table}"' for table in tables)
        self._kept = {table: rows for table, rows in whole.items() if rows}

    def take(self) -> str:
        """The name of a database with a fresh schema."""
        name = f"test_{next(self._numbers)}"
        if self._spare is None:
            self._admin(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        else:
            self._admin(f"ALTER DATABASE {self._spare} RENAME TO {name}")
        self._spare = None
        return name

    def give_back(self, name: str) -> None:
        """End whoever is still connected, and empty the database or drop it."""
        self._send_home(name)
        if self._emptied(name):
            self._spare = name
        else:
            self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _send_home(self, name: str) -> None:
        """Whoever writes for a test that has ended must not do so once the database is empty."""
        until = time.monotonic() + PATIENCE_S
        with psycopg.connect(self._postgres.url("postgres"), autocommit=True) as admin:
            end = f"SELECT pg_terminate_backend(pid) FROM ({OTHERS}) AS others"
            while admin.execute(end.encode(), [name]).fetchall():
                assert time.monotonic() < until, f"someone stays connected to {name}"

    def _emptied(self, name: str) -> bool:
        try:
            with psycopg.connect(self._postgres.url(name)) as connection:
                connection.execute("SET session_replication_role = replica")
                if connection.execute(SHAPE).fetchone() != self._shape:
                    return False
                connection.execute(_sql(self._empty))
                for sequence, start in self._first:
                    connection.execute("SELECT setval(%s, %s, false)", [sequence, start])
                for table, rows in self._kept.items():
                    with connection.cursor().copy(_sql(f'COPY "{table}" FROM STDIN')) as into:
                        for row in rows:
                            into.write(row)
        except psycopg.Error:
            return False
        return True

    def _admin(self, command: str) -> None:
        with psycopg.connect(self._postgres.url("postgres"), autocommit=True) as admin:
            admin.execute(command.encode())


def _rows(connection: psycopg.Connection, table: str) -> Sequence[bytes]:
    with connection.cursor().copy(_sql(f'COPY "{table}" TO STDOUT')) as out:
        return [bytes(row) for row in out]


def _sql(text: str) -> Query:
    return text.encode()
