"""Find the chunks that may answer a question: text, e5 and USE together."""

import asyncio
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.embed import Embedder, Vectors, literal
from shopbell.assistant.knowledge.words import searchable
from shopbell.assistant.types import Found
from shopbell.desk.articles.commands import rows
from shopbell.desk.database import load_queries

Pool = AsyncConnectionPool[Any]
SQL = load_queries(__file__)
_RANK = 60
_KEPT = 20


class Hit(Struct, frozen=True, kw_only=True):
    """One chunk with what each arm thinks of it; an arm that did not name it gives None.

    `covered` is the share of the question's words, weighted by rarity, that the chunk has.
    `score` is the sum of the arms' z-scores and only ranks hits of one search.
    """

    chunk_id: UUID
    article_id: UUID
    key: str
    title: str
    section: str | None
    url: str | None
    source: str
    source_kind: str
    language: str
    text: str
    text_rank: float | None
    covered: float
    e5: float | None
    heading: float | None
    sentence: float | None
    score: float = 0.0

    @property
    def use(self) -> float | None:
        if self.heading is None or self.sentence is None:
            return self.heading or self.sentence
        return max(self.heading, self.sentence)

    def as_found(self) -> Found:
        return Found(
            chunk_id=self.chunk_id,
            article_id=self.article_id,
            title=self.title,
            section=self.section,
            source=self.source,
            language=self.language,
            score=round(self.score, 4),
            text_rank=self.text_rank,
            e5=self.e5,
            use=self.use,
        )


class Quotable(Struct, frozen=True, kw_only=True):
    """A sentence of a chunk and its likeness to the question (USE cosine)."""

    chunk_id: UUID
    text: str
    use: float


class Searched(Struct, frozen=True, kw_only=True):
    """Hits, best first, and the question's short-text vector for what follows."""

    hits: tuple[Hit, ...]
    quick: str


async def search(
    pool: Pool,
    embedder: Embedder,
    question: str,
    *,
    language: str = "en",
    brand_id: UUID | None = None,
    limit: int = 10,
) -> Searched:
    """The `limit` best public chunks in the reader's language or, untranslated, in another."""
    quick, deep = await asyncio.gather(embedder.quick([question]), embedder.question(question))
    return await search_by(
        pool, question, quick[0], deep, language=language, brand_id=brand_id, limit=limit
    )


async def search_by(
    pool: Pool,
    question: str,
    quick: Vectors,
    deep: Vectors | None,
    *,
    language: str = "en",
    brand_id: UUID | None = None,
    limit: int = 10,
) -> Searched:
    """As `search`, for a question whose vectors are known."""
    use = literal(quick)
    async with pool.connection() as db:
        found = await rows(
            db,
            SQL["search"],
            words=searchable(question),
            language=language,
            brand_id=brand_id,
            e5=None if deep is None else literal(deep),
            use=use,
        )
    return Searched(hits=tuple(fuse(_hit(row) for row in found)[:limit]), quick=use)


async def sentences_of(pool: Pool, chunks: Sequence[UUID], quick: str) -> list[Quotable]:
    """The quotable sentences of these chunks, in reading order within each."""
    async with pool.connection() as db:
        return [
            Quotable(chunk_id=row[0], text=row[1], use=row[2] or 0.0)
            for row in await rows(db, SQL["sentences_of"], chunks=list(chunks), use=quick)
        ]


def fuse(hits: Iterable[Hit]) -> list[Hit]:
    """Hits best first: reciprocal ranks choose the first twenty, z-scores summed order them."""
    pool = list(hits)
    arms = [[hit.text_rank for hit in pool], [hit.e5 for hit in pool], [hit.use for hit in pool]]
    ranked = [0.0] * len(pool)
    for arm in arms:
        order = sorted((at for at, one in enumerate(arm) if one is not None), key=_by(arm))
        for rank, at in enumerate(order):
            ranked[at] += 1 / (_RANK + rank)
    best = sorted(range(len(pool)), key=lambda at: -ranked[at])[:_KEPT]
    totals = dict.fromkeys(best, 0.0)
    for arm in arms:
        for at, z in zip(best, _z([arm[at] for at in best]), strict=True):
            totals[at] += z
    order = sorted(best, key=lambda at: -totals[at])
    return [_scored(pool[at], totals[at]) for at in order]


def _by(arm: Sequence[float | None]) -> Callable[[int], float]:
    def likeness(at: int) -> float:
        return -(arm[at] or 0.0)

    return likeness


def _z(values: Sequence[float | None]) -> list[float]:
    known = [one for one in values if one is not None]
    if len(known) < 2:
        return [0.0 if one is None else 1.0 for one in values]
    mean, spread = statistics.fmean(known), statistics.pstdev(known) or 1.0
    floor = min(known)
    return [((floor if one is None else one) - mean) / spread for one in values]


def _scored(hit: Hit, score: float) -> Hit:
    return replace(hit, score=score)


def _hit(row: Sequence[Any]) -> Hit:
    return Hit(
        chunk_id=row[0],
        article_id=row[1],
        key=row[2],
        title=row[3],
        section=row[4],
        url=row[5],
        source=row[6],
        language=row[7],
        text=row[8],
        text_rank=row[9],
        covered=row[10],
        e5=row[11],
        heading=row[12],
        sentence=row[13],
        source_kind=row[14],
    )
