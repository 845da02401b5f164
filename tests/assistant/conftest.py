"""The demo shop's knowledge, cut and embedded once for a run, and what a turn needs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from shopbell import settings as settings_module
from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.ports import Ports
from shopbell.assistant.products import Facets
from shopbell.assistant.turn import think
from shopbell.assistant.types import (
    Author,
    CustomerFacts,
    Identity,
    OnDraft,
    Said,
    Thought,
    TurnContext,
)
from shopbell.assistant.words.listen import Listener
from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.knowledge import make_searchable
from shopbell.connectors.commerce.demo.seed import seed
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.desk.ids import uuid7
from tests.databases import Databases
from tests.stack import ROOT, KeptEmbedder


@pytest.fixture(scope="session")
def embedder() -> Iterator[LocalEmbedder]:
    """The real models, loaded once."""
    embedder = LocalEmbedder()
    yield embedder
    embedder.close()


@pytest.fixture(scope="session")
def listener(embedder: LocalEmbedder) -> Listener:
    return asyncio.run(Listener.ready(embedder))


@pytest.fixture(scope="session")
def facets(embedder: LocalEmbedder) -> Facets:
    return asyncio.run(Facets.ready(embedder))


@pytest.fixture(scope="session")
def knowledge_url(
    postgres: Postgres, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A database with the demo shop and its searchable articles; tests only read it."""
    url = postgres.url(databases.take())
    asyncio.run(_fill(url, tmp_path_factory.mktemp("knowledge")))
    return url


async def _fill(url: str, data: Path) -> None:
    settings = settings_module.load({"data": data, "database_url": url}, {})
    await seed(url, settings)
    kept = KeptEmbedder(ROOT / ".pytest_cache" / "vectors")
    try:
        await make_searchable(url, kept)
    finally:
        kept.close()


@pytest.fixture
async def knowledge(knowledge_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool[Any](knowledge_url, min_size=1, max_size=3, open=False) as pool:
        yield pool


@pytest.fixture
def ports(
    knowledge: AsyncConnectionPool[Any],
    embedder: LocalEmbedder,
    listener: Listener,
    facets: Facets,
) -> Ports:
    """A turn's ports without a model."""
    shop = DemoShop(knowledge, "http://x")
    return Ports(pool=knowledge, embedder=embedder, listener=listener, shop=shop, facets=facets)


class Drafts:
    """Remembers every draft that was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def __call__(self, text: str) -> None:
        self.shown.append(text)


def said(author: Author, text: str, *, note: bool = False, attachments: int = 0) -> Said:
    return Said(
        id=uuid7(),
        author=author,
        text=text,
        at=datetime.now(UTC),
        note=note,
        attachments=attachments,
    )


async def turn(
    ports: Ports,
    *talk: str | Said,
    email: str | None = None,
    on_draft: OnDraft | None = None,
    **context: Any,
) -> Thought:
    """Think about a talk; plain strings are the customer's messages."""
    verified = (Identity(kind="email", value=email),) if email else ()
    whole = TurnContext(
        thread_id=uuid7(),
        ticket_id=uuid7(),
        epoch=0,
        messages=tuple(said("customer", one) if isinstance(one, str) else one for one in talk),
        customer=CustomerFacts(id=uuid7(), verified=verified),
        **context,
    )
    return await think(whole, ports, on_draft or Drafts())
