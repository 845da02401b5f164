"""Real Postgres and Valkey for the tests: one of each for a run, an empty database for a test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopbell import settings as settings_module
from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.embedded.valkey import Valkey, ask
from shopbell.cli.migrations import migrate
from shopbell.settings import Settings
from tests.databases import Databases

# A crash of the machine would lose a test's database, and no test crashes the machine.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "300",
}


@pytest.fixture(scope="session")
def services_folder() -> Iterator[Path]:
    """A short folder for the run's services, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="shopbell-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(services_folder: Path) -> Iterator[Postgres]:
    """The run's Postgres."""
    server = Postgres(services_folder, QUICK)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    """The run's migrated databases."""
    return Databases(postgres)


@pytest.fixture(scope="session")
def valkey(services_folder: Path) -> Iterator[Valkey]:
    """The run's Valkey."""
    server = Valkey(services_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def database_url(postgres: Postgres, databases: Databases) -> Iterator[str]:
    """A migrated database that holds nothing of other tests; whoever is still connected after the
    test is cut off."""
    name = databases.take()
    yield postgres.url(name)
    if not postgres.running:
        postgres.start()
    databases.give_back(name)


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """The run's Valkey, wiped before the test; revived where an earlier test ended it."""
    if not valkey.running:
        valkey.start()
    ask(valkey.url(), "FLUSHALL")
    return valkey.url()


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings that point at the test's own database, Valkey and folder."""
    return settings_module.load(
        {"data": tmp_path / "data", "database_url": database_url, "redis_url": redis_url}, {}
    )


@pytest.fixture
def own_services() -> Iterator["OwnServices"]:
    """A Postgres and a Valkey of the test's own, to kill, pause and restart."""
    folder = Path(tempfile.mkdtemp(prefix="shopbell-own-"))
    own = OwnServices(Postgres(folder, {"shared_buffers": "32MB"}), Valkey(folder))
    try:
        own.valkey.start()
        own.postgres.start()
        migrate(own.database_url)
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder)


class OwnServices:
    """What a chaos test may break: `postgres` and `valkey` have start, stop, kill (and pause)."""

    def __init__(self, postgres: Postgres, valkey: Valkey) -> None:
        self.postgres = postgres
        self.valkey = valkey
        self.database_url = postgres.url()
        self.redis_url = valkey.url()

    def stop(self) -> None:
        """Stop both, also when one was frozen or has ended."""
        if self.valkey.running:
            self.valkey.resume()
        self.valkey.stop()
        self.postgres.stop()
