"""Measure search alone on labelled questions: what stands among the first, and how fast."""

import time
from collections.abc import Sequence

from msgspec import Struct, field

from shopbell.assistant.evaluate import Line
from shopbell.assistant.knowledge.search import Hit, search
from shopbell.assistant.ports import Ports
from shopbell.assistant.words.language import detect

PLACES = (1, 3, 5, 10)
_CHUNKS = 60
"""Chunks asked for, so that ten distinct sources are among them."""


class Milliseconds(Struct, frozen=True, kw_only=True):
    """Half of the searches, and 95 of 100, took at most this long, embedding included."""

    p50: float
    p95: float


class Retrieval(Struct, frozen=True, kw_only=True):
    """`hit` is the share of questions with a right source among the first k distinct ones.

    `n` counts the questions that name sources; `mrr` is the mean of 1 / place, 0 past ten.
    """

    n: int
    hit: dict[str, float]
    mrr: float
    latency_ms: Milliseconds
    by_language: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])


async def measure(ports: Ports, lines: Sequence[Line]) -> Retrieval:
    """Search for every question that names sources, one after another."""
    asked = [line for line in lines if line.sources]
    places: list[int | None] = []
    took: list[float] = []
    for line in asked:
        began = time.perf_counter()
        found = await search(
            ports.pool, ports.embedder, line.question, language=detect(line.question), limit=_CHUNKS
        )
        took.append((time.perf_counter() - began) * 1000)
        places.append(place_of(found.hits, line.sources))
    languages = sorted({line.language for line in asked})
    return Retrieval(
        n=len(asked),
        hit=_hits(places),
        mrr=_share(sum(1 / one for one in places if one), len(places)),
        latency_ms=Milliseconds(p50=at(took, 0.5), p95=at(took, 0.95)),
        by_language={
            one: _hits(
                [place for line, place in zip(asked, places, strict=True) if line.language == one]
            )
            for one in languages
        },
    )


def place_of(hits: Sequence[Hit], sources: Sequence[str]) -> int | None:
    """The place, from 1, of the first right source among the distinct ones; None past the tenth.

    A source is named by its article's key (its path), its source's name, its address or its title.
    """
    wanted = set(sources)
    seen: list[str] = []
    for hit in hits:
        if hit.key not in seen:
            seen.append(hit.key)
            if wanted & {hit.key, hit.source, hit.url, hit.title}:
                return len(seen) if len(seen) <= PLACES[-1] else None
    return None


def at(values: Sequence[float], share: float) -> float:
    """The value that a share (0 to 1) of them do not pass, to a tenth; 0 of none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0


def _hits(places: Sequence[int | None]) -> dict[str, float]:
    return {
        str(most): _share(sum(one is not None and one <= most for one in places), len(places))
        for most in PLACES
    }


def _share(part: float, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
