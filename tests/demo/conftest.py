"""One demo shop for all tests of a file that only read it, or put back what they wrote."""

import asyncio
from collections.abc import Iterator

import pytest

from shopbell import settings as settings_module
from shopbell.cli.embedded.postgres import Postgres
from shopbell.connectors.commerce.demo.seed import SeedReport, seed
from shopbell.settings import Settings
from tests.databases import Databases


@pytest.fixture(scope="module")
def seeded(
    postgres: Postgres, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, SeedReport]]:
    """The settings of a database with the demo shop, and what was told of seeding it."""
    name = databases.take()
    url = postgres.url(name)
    given = {"data": tmp_path_factory.mktemp("shop"), "database_url": url}
    settings = settings_module.load(given, {})
    yield settings, asyncio.run(seed(url, settings))
    databases.give_back(name)
