"""What stands in the database before anything is served: schema, demo shop, a way in."""

import asyncio
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from shopbell.cli import migrations
from shopbell.cli.failure import Failure
from shopbell.cli.house import say
from shopbell.connectors.commerce.types import Shop
from shopbell.settings import Settings


def migrate(settings: Settings) -> list[str]:
    """Bring the schema up to date; returns the names of the steps taken."""
    assert settings.database_url is not None
    try:
        return migrations.migrate(settings.database_url)
    except psycopg.errors.DiskFull:
        raise Failure("The database's disk is full: free some space, then start again.") from None
    except psycopg.OperationalError as error:
        raise Failure(f"The database went away while migrating: {_one_line(error)}") from None


def is_seeded(settings: Settings) -> bool:
    """Whether the demo shop stands in the database."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute("SELECT 1 FROM shop_product LIMIT 1").fetchone() is not None


def shop_of(settings: Settings, pool: AsyncConnectionPool[Any]) -> Shop | None:
    """The demo shop, where it is the one in the database."""
    from shopbell.connectors.commerce.demo.shop import DemoShop

    return DemoShop(pool, settings.public_url) if is_seeded(settings) else None


def fill(settings: Settings) -> list[str]:
    """Seed the demo shop and make its help searchable, once; returns the login lines."""
    from shopbell.connectors.commerce.demo.seed import seed

    assert settings.database_url is not None
    try:
        report = asyncio.run(seed(settings.database_url, settings))
        if report.written:
            say("seeded the demo shop, now reading its help centre (about 10 s, once).")
        index(settings)
    except psycopg.errors.DiskFull:
        raise Failure("The database's disk is full: free some space, then start again.") from None
    return [f"login {one.email} {one.password} {one.role}" for one in report.logins]


def index(settings: Settings) -> int:
    """Make every article searchable that is not yet; returns how many pieces were missing.

    Where nothing is missing the models are not loaded.
    """
    assert settings.database_url is not None
    if not asyncio.run(_unsearchable(settings.database_url)):
        return 0
    from shopbell.cli.knowledge import make_searchable

    return asyncio.run(make_searchable(settings.database_url))


def first_admin(settings: Settings) -> list[str]:
    """A line with a one-time link for the first admin, while there is none."""
    from shopbell.cli.admin import link_for_first_admin

    link = asyncio.run(link_for_first_admin(settings))
    return [f"first admin: open {link}"] if link else []


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


async def _unsearchable(database_url: str) -> bool:
    from shopbell.desk.articles.reads import unembedded, unindexed, without_quick

    async with AsyncConnectionPool[Any](database_url, min_size=1, max_size=1, open=False) as pool:
        return bool(
            await unindexed(pool, count=1)
            or await unembedded(pool, count=1)
            or await without_quick(pool, count=1)
        )
