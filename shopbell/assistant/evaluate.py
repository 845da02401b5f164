"""Measure retrieval and decisions on labelled questions (JSON lines)."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.search import search
from shopbell.assistant.ports import Ports
from shopbell.assistant.sure import THRESHOLD, confidence, is_sure
from shopbell.assistant.words.language import detect

Pool = AsyncConnectionPool[Any]
_DEPTHS = (1, 3, 5, 10)


class Line(Struct, frozen=True, kw_only=True):
    """One question; any of `sources` (article key or title) is right, none means out of scope."""

    question: str
    sources: tuple[str, ...] = ()
    decision: str | None = None
    facts: tuple[str, ...] = ()
    language: str | None = None


class Sure(Struct, frozen=True, kw_only=True):
    """At the threshold: the share of answerable questions answered, and of answers right."""

    threshold: float
    coverage: float
    precision: float
    wrongly_answered: int


class Report(Struct, frozen=True, kw_only=True):
    """`n` counts questions that have a source; `hit` is by distinct sources."""

    n: int
    hit: dict[str, float]
    mrr: float
    latency_ms: dict[str, float]
    sure: Sure
    by_language: dict[str, dict[str, float]]


def read_lines(file: Path) -> list[Line]:
    """The questions of a file; raises msgspec.ValidationError that names the field."""
    decoder = msgspec.json.Decoder(Line)
    return [decoder.decode(line) for line in file.read_bytes().splitlines() if line.strip()]


async def evaluate(pool: Pool, ports: Ports, lines: Iterable[Line]) -> Report:
    """Ask every question once, one after another."""
    ranks: list[tuple[str, int | None]] = []
    took: list[float] = []
    right = answered = answerable = covered = astray = 0
    for line in lines:
        language = line.language or detect(line.question)
        began = time.perf_counter()
        found = await search(pool, ports.embedder, line.question, language=language, limit=20)
        took.append((time.perf_counter() - began) * 1000)
        names = list(dict.fromkeys((hit.key, hit.title) for hit in found.hits))
        wanted = set(line.sources)
        rank = next((at for at, name in enumerate(names, 1) if wanted & set(name)), None)
        sure = is_sure(confidence(found.hits, language), found.hits, language)
        if wanted:
            ranks.append((language, rank))
        answerable += bool(wanted)
        answered += sure
        right += sure and rank == 1
        covered += sure and bool(wanted)
        astray += sure and not wanted
    return Report(
        n=len(ranks),
        hit=_hits([rank for _, rank in ranks]),
        mrr=round(sum(1 / rank for _, rank in ranks if rank) / (len(ranks) or 1), 4),
        latency_ms={"p50": _at(took, 0.5), "p95": _at(took, 0.95)},
        sure=Sure(
            threshold=THRESHOLD,
            coverage=round(covered / (answerable or 1), 4),
            precision=round(right / (answered or 1), 4),
            wrongly_answered=astray,
        ),
        by_language={
            language: {"n": float(len(of)), **_hits(of)}
            for language in sorted({one for one, _ in ranks})
            for of in [[rank for one, rank in ranks if one == language]]
        },
    )


def _hits(ranks: Sequence[int | None]) -> dict[str, float]:
    total = len(ranks) or 1
    return {
        str(depth): round(sum(rank is not None and rank <= depth for rank in ranks) / total, 4)
        for depth in _DEPTHS
    }


def _at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0
