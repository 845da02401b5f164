"""`shopbell knowledge add`: files into the base."""

import asyncio
from pathlib import Path
from typing import Any

from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.files import KINDS, files_at, read
from shopbell.assistant.knowledge.index import index_pending
from shopbell.cli import house, prepare
from shopbell.cli.failure import Failure
from shopbell.desk.articles.commands import save_articles
from shopbell.desk.articles.types import Saved
from shopbell.settings import Settings


def add(path: Path, *, data: Path | None, wait: bool) -> None:
    """Keep the text of a file, or of each file in a folder; with `wait` until it is found by meaning.

    Raises Failure where there is nothing to read.
    """
    if not path.exists():
        raise Failure(f"{path} is not there: give a file or a folder.")
    files = list(files_at(path))
    if not files:
        kinds = ", ".join(sorted(KINDS))
        raise Failure(f"{path} holds no file that can be read: give one of {kinds}.")
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        saved = asyncio.run(_save(found.settings, files))
        if wait:
            prepare.index(found.settings)
    print(f"added {saved.added}, changed {saved.changed}, unchanged {saved.unchanged}")


async def _save(settings: Settings, files: list[tuple[str, Path]]) -> Saved:
    assert settings.database_url is not None
    added = changed = unchanged = 0
    async with AsyncConnectionPool[Any](
        settings.database_url, min_size=1, max_size=2, open=False
    ) as pool:
        for name, file in files:
            one = read(name, file)
            if one is None:
                house.say(f"{name} holds no text and is left out.")
                continue
            saved = await save_articles(pool, one.source, [one.article], whole=True)
            added += saved.added
            changed += saved.changed
            unchanged += saved.unchanged
        await index_pending(pool)
    return Saved(added=added, changed=changed, unchanged=unchanged)
