"""Find the chunks that may answer a question: text, e5 and USE together."""

import asyncio
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.embed import Embedder, Vectors, literal
from shopbell.assistant.knowledge.figures import asked_for, holds
from shopbell.assistant.knowledge.matters import matters, narrow
from shopbell.assistant.knowledge.words import searchable
from shopbell.assistant.types import Found
from shopbell.desk.articles.commands import rows
from shopbell.desk.database import load_queries

Pool = AsyncConnectionPool[Any]
SQL = load_queries(__file__)
WEIGHTS = (0.3, 0.84, 0.0, 0.26, 0.46, 1.06, 0.39, 0.25, 0.18, -0.52, 0.56, 0.21)
"""One for each of `signals`, fitted by tests/assistant/fit.py."""


class Hit(Struct, frozen=True, kw_only=True):
    """One chunk with what each arm thinks of it; an arm that did not name it gives None.

    `covered` is the share of the question's words, weighted by rarity, that the chunk has; `spoken`
    the same of its matters, `named` of those that title and section have, `focus` the share of title
    and section that was asked for, and `about` the same of the title alone. `elsewhere` says that the question names a place or thing
    which the chunk does not, `fits` that the chunk holds the kind of figure that is asked for, if one is.
    `score` is the weighted sum of z-scores and only ranks hits of one search.
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
    spoken: float = 0.0
    named: float = 0.0
    focus: float = 0.0
    about: float = 0.0
    elsewhere: bool = False
    fits: bool = True
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
    return Searched(hits=tuple(fuse(question, map(_hit, found))[:limit]), quick=use)


async def sentences_of(pool: Pool, chunks: Sequence[UUID], quick: str) -> list[Quotable]:
    """The quotable sentences of these chunks, in reading order within each."""
    async with pool.connection() as db:
        return [
            Quotable(chunk_id=row[0], text=row[1], use=row[2] or 0.0)
            for row in await rows(db, SQL["sentences_of"], chunks=list(chunks), use=quick)
        ]


def fuse(question: str, hits: Iterable[Hit]) -> list[Hit]:
    """Hits best first: what each arm and the table of matters say, weighed by `WEIGHTS`."""
    pool = _with_matters(question, list(hits))
    scores = [0.0] * len(pool)
    for weight, signal in zip(WEIGHTS, signals(pool), strict=True):
        scores = [score + weight * z for score, z in zip(scores, signal, strict=True)]
    order = sorted(range(len(pool)), key=lambda at: -scores[at])
    return [replace(pool[at], score=scores[at]) for at in order]


def signals(pool: Sequence[Hit]) -> list[list[float]]:
    """What ranks the hits of one search, a row a signal, comparable between searches."""
    return [
        _z([hit.text_rank for hit in pool]),
        _z([hit.e5 for hit in pool]),
        _z([hit.heading for hit in pool]),
        _z([hit.sentence for hit in pool]),
        _z([hit.use for hit in pool]),
        _z([hit.spoken for hit in pool]),
        _z([hit.named for hit in pool]),
        _z([hit.focus for hit in pool]),
        _z([hit.about for hit in pool]),
        [float(hit.elsewhere) for hit in pool],
        [float(hit.fits) for hit in pool],
        [float(hit.section is None) for hit in pool],
    ]


def _with_matters(question: str, pool: list[Hit]) -> list[Hit]:
    asked = matters(question)
    headings = [matters(f"{hit.title}. {hit.section or ''}") for hit in pool]
    spoken = [matters(hit.text) | heading for hit, heading in zip(pool, headings, strict=True)]
    often = Counter(name for names in spoken for name in names)

    def weight(names: Iterable[str]) -> float:
        return sum(
            math.log(1 + (len(pool) - often[name] + 0.5) / (often[name] + 0.5)) for name in names
        )

    figure = asked_for(question)
    whole, where = weight(asked) or 1.0, narrow(asked)
    return [
        replace(
            hit,
            spoken=weight(asked & said) / whole,
            named=weight(asked & heading) / whole,
            focus=weight(asked & heading) / (weight(heading) or 1.0),
            about=weight(asked & matters(hit.title)) / (weight(matters(hit.title)) or 1.0),
            elsewhere=not where <= said,
            fits=figure is None or holds(hit.text, figure),
        )
        for hit, heading, said in zip(pool, headings, spoken, strict=True)
    ]


def _z(values: Sequence[float | None]) -> list[float]:
    known = [one for one in values if one is not None]
    if len(known) < 2:
        return [0.0 if one is None else 1.0 for one in values]
    mean, spread, floor = statistics.fmean(known), statistics.pstdev(known) or 1.0, min(known)
    return [((floor if one is None else one) - mean) / spread for one in values]


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
