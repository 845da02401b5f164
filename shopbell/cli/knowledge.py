"""Make the help centre searchable before anybody asks, as the worker does for later changes."""

import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.embed import Embedder, LocalEmbedder
from shopbell.assistant.knowledge.index import embed_pending, index_pending
from shopbell.desk.articles import reads


async def make_searchable(database_url: str, embedder: Embedder | None = None) -> int:
    """Cut every changed article and give each piece its vectors; returns how many pieces lacked them.

    Loads the models that ship with Shopbell (a second) only where something is missing. A first
    run over the demo shop takes about 14 s on one core.
    """
    async with AsyncConnectionPool[Any](database_url, min_size=1, max_size=2, open=False) as pool:
        await index_pending(pool)
        if not (await reads.unembedded(pool, count=1) or await reads.without_quick(pool, count=1)):
            return 0
        if embedder is not None:
            return await embed_pending(pool, embedder)
        own = LocalEmbedder(passage_threads=os.cpu_count() or 1)
        try:
            return await embed_pending(pool, own)
        finally:
            own.close()
