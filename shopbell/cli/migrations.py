"""Bring a database up to the schema in desk/migrations, one file and one transaction a step."""

from pathlib import Path

import psycopg

from shopbell.cli.failure import Failure

FOLDER = Path(__file__).resolve().parent.parent / "desk" / "migrations"
# Any number will do that nothing else in this database locks on.
LOCK = 7_305_808_869_229_538
OUR_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    name       text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def migrate(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Apply the .sql files not applied yet, in order of name; returns their names.

    A file and the record of it commit together, so a killed run leaves no half step; the lock
    makes a second run at the same moment wait and then find nothing to do.
    Raises Failure where the database lacks what the schema needs, or a newer version made it.
    """
    applied: list[str] = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        connection.execute("SET client_min_messages = warning")
        _make_extensions(connection)
        connection.execute(OUR_TABLE)
        done = {str(row[0]) for row in connection.execute("SELECT name FROM migration")}
        files = sorted(folder.glob("*.sql"))
        _refuse_newer(done - {file.stem for file in files})
        for file in files:
            if file.stem in done:
                continue
            try:
                with connection.transaction():
                    connection.execute(file.read_bytes())
                    connection.execute("INSERT INTO migration (name) VALUES (%s)", [file.stem])
            except psycopg.errors.DiskFull:
                raise
            except psycopg.Error as error:
                raise Failure(f"Migration {file.name} failed: {error}") from error
            applied.append(file.stem)
    return applied


def pending(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Names of the migrations that this database still lacks."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        known = connection.execute("SELECT to_regclass('migration') IS NOT NULL").fetchone()
        if not known or not known[0]:
            done: set[str] = set()
        else:
            done = {str(row[0]) for row in connection.execute("SELECT name FROM migration")}
    return [file.stem for file in sorted(folder.glob("*.sql")) if file.stem not in done]


def _refuse_newer(unknown: set[str]) -> None:
    if unknown:
        raise Failure(
            f"This database was made by a newer Shopbell (it has {min(unknown)}):"
            " update this one, or use another database or --data folder."
        )


def _make_extensions(connection: psycopg.Connection) -> None:
    for name in ("vector", "pg_trgm", "unaccent"):
        try:
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}".encode())
        except psycopg.errors.InsufficientPrivilege:
            raise Failure(
                f"This database's user may not add the extension {name}: "
                f"run CREATE EXTENSION {name} in it once as its owner."
            ) from None
        except psycopg.errors.DatabaseError as error:
            if connection.broken:
                raise
            raise Failure(
                f"This Postgres has no extension {name}: install "
                + ("pgvector" if name == "vector" else "postgresql-contrib")
                + f" on its machine, then start again ({str(error).splitlines()[0]})."
            ) from None
