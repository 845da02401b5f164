"""Read what awaits cutting or embedding, and how much of the base is searchable."""

from typing import Any

from psycopg_pool import AsyncConnectionPool

from shopbell.desk.articles.commands import SQL, rows
from shopbell.desk.articles.types import Article, Bare, Coverage, Unembedded

Pool = AsyncConnectionPool[Any]


async def unindexed(pool: Pool, *, count: int = 200) -> list[Article]:
    """Articles whose pieces are missing or out of date, oldest first."""
    async with pool.connection() as db:
        return [
            Article(id=row[0], title=row[1], body=row[2], language=row[3], hash=row[4])
            for row in await rows(db, SQL["unindexed"], count=count)
        ]


async def unembedded(pool: Pool, *, count: int = 16) -> list[Unembedded]:
    """Chunks without a long-text vector, with title and section before their text."""
    async with pool.connection() as db:
        return [
            Unembedded(id=row[0], text=heading(row[3], row[2]) + "\n" + row[1])
            for row in await rows(db, SQL["unembedded"], count=count)
        ]


async def without_quick(pool: Pool, *, count: int = 128) -> list[Bare]:
    """Headings and sentences without a short-text vector."""
    async with pool.connection() as db:
        return [
            Bare(kind=row[0], id=row[1], text=row[2])
            for row in await rows(db, SQL["without_quick"], count=count)
        ]


async def coverage(pool: Pool) -> Coverage:
    """How many articles and chunks there are, and how many chunks have all their vectors."""
    async with pool.connection() as db:
        counts = (await rows(db, SQL["coverage"]))[0]
    return Coverage(articles=counts[0], chunks=counts[1], embedded=counts[2])


def heading(title: str, section: str | None) -> str:
    """The line that stands before a chunk's text."""
    return f"{title}: {section}" if section else title
