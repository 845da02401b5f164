"""Fit the weights of search and of its confidence on the tuning questions; prints them.

`python -m tests.assistant.fit DATABASE_URL` over a database with the demo shop. It draws nothing by
chance: the same questions over the same base give the same weights.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant import extract, sure
from shopbell.assistant.evaluate import Line, read_lines
from shopbell.assistant.knowledge import search
from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.knowledge.lexicon import Lexicon
from shopbell.assistant.words.language import detect
from shopbell.assistant.words.listen import Listener, heard, without_courtesies

QUESTIONS = Path(__file__).with_name("data") / "tuning.jsonl"
PRIOR = (0.6, 0.8, 0.2, 0.3, 0.5, 1.0, 0.5, 0.5, 0.2, -0.5, 0.5, 0.1)
"""Weights of search that other bases should do well with; the fit is held near them."""
FOLDS = 5
Floats = NDArray[np.float64]


class Asked(Struct, frozen=True, kw_only=True):
    """One tuning question with what search and confidence saw of it."""

    line: Line
    ranking: Floats
    from_source: NDArray[np.bool_]
    keys: tuple[str, ...]
    first: Floats
    capped: bool
    right: bool
    same: bool


async def ask(pool: AsyncConnectionPool[Any], lines: list[Line]) -> list[Asked]:
    """Search for every question that neither a template nor a person takes."""
    embedder, lexicon = LocalEmbedder(), Lexicon()
    listener = await Listener.ready(embedder)
    every: list[Asked] = []
    for line in lines:
        question = without_courtesies(line.question)
        quick = (await embedder.quick([question]))[0]
        if line.template or heard(question) or listener.likened(quick):
            continue
        language = detect(question)
        found = await search.search_by(
            pool, question, quick, await embedder.question(question), language=language, limit=999
        )
        first = found.hits[0]
        source = f"{first.title}\n{first.section or ''}\n{first.text}"
        weakest = await lexicon.weakest(embedder, question, source)
        sentences = await search.sentences_of(pool, [first.chunk_id], found.quick)
        quoted = "\n".join(one.text for one in extract.quote(question, first, sentences))
        every.append(
            Asked(
                line=line,
                ranking=np.array(search.signals(found.hits)).T,
                from_source=_rightly(line, found.hits),
                keys=tuple(hit.key for hit in found.hits),
                first=np.array(sure.signals(found.hits, language, weakest)),
                capped=not quoted or sure.confidence(found.hits, language, weakest) == 0.5,
                right=first.key in line.sources and all(one in quoted for one in line.facts),
                same=first.language == language,
            )
        )
    embedder.close()
    return every


def _rightly(line: Line, hits: Sequence[search.Hit]) -> NDArray[np.bool_]:
    """Which hits are of a right source; where the facts wanted stand in some, only those."""
    sources = np.array([hit.key in line.sources for hit in hits])
    telling = np.array([all(one in hit.text for one in line.facts) for hit in hits]) & sources
    return telling if telling.any() else sources


def fit_ranking(asked: list[Asked], *, held: float = 0.1, steps: int = 400) -> Floats:
    """Weights under which chunks of right sources come first (softmax over all chunks found)."""
    prior = np.array(PRIOR)
    weights, mean, square = prior.copy(), np.zeros_like(prior), np.zeros_like(prior)
    for step in range(1, steps + 1):
        slope = held * (weights - prior)
        for one in asked:
            score = one.ranking @ weights
            likely = np.exp(score - score.max())
            right = likely * one.from_source
            slope += one.ranking.T @ (likely / likely.sum() - right / right.sum()) / len(asked)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        weights -= 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights


def fit_confidence(seen: Floats, right: NDArray[np.bool_], *, held: float = 0.5) -> Floats:
    """Logistic regression by Newton's method; all but the bias are held near zero."""
    weights = np.zeros(seen.shape[1])
    hold = np.diag([held] * (len(weights) - 1) + [1e-6])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(seen @ weights)))
        slope = seen.T @ (chance - right) + hold @ weights
        bend = (seen.T * (chance * (1 - chance))) @ seen + hold
        weights -= np.linalg.solve(bend, slope)
    return weights


def hits_first(asked: list[Asked], weights: Floats, places: int) -> float:
    """The share of questions with a right source among the first distinct ones."""
    good = 0
    for one in asked:
        order: NDArray[np.int64] = np.argsort(-(one.ranking @ weights), kind="stable")
        first = list(dict.fromkeys(one.keys[int(at)] for at in order.tolist()))[:places]
        good += bool(set(first) & set(one.line.sources))
    return good / len(asked)


def main(database_url: str) -> None:
    """Fit, and print the weights with their figures on questions that each fold left out."""
    asked = asyncio.run(_asked(database_url))
    answerable = [one for one in asked if one.from_source.any()]
    folds = [
        (fit_ranking(_but(answerable, fold)), answerable[fold::FOLDS]) for fold in range(FOLDS)
    ]
    for places in (1, 3):
        share = np.mean([hits_first(part, weights, places) for weights, part in folds])
        print(f"search hit@{places}, each fold left out once: {share:.3f}")
    print("search.WEIGHTS =", _rounded(fit_ranking(answerable)))

    seen = np.array([one.first for one in asked])
    right = np.array([one.right for one in asked])
    left_out = np.zeros(len(asked))
    for fold in range(FOLDS):
        kept = np.arange(len(asked)) % FOLDS != fold
        left_out[~kept] = 1 / (1 + np.exp(-(seen[~kept] @ fit_confidence(seen[kept], right[kept]))))
    left_out[[one.capped for one in asked]] = 0
    sourced = np.array([bool(one.line.sources) for one in asked])
    same = np.array([one.same for one in asked])
    for threshold in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85):
        for among, whose in ((same, "own language"), (~same, "another")):
            answered = (left_out >= threshold) & among
            print(
                f"from {threshold:.2f}, source in {whose}: {answered.sum()} answered,"
                f" {(answered & right).sum()} right of {(sourced & among).sum()},"
                f" {(answered & ~sourced).sum()} that no source holds"
            )
    print("sure.WEIGHTS =", _rounded(fit_confidence(seen, right)))
    blind = seen.copy()
    blind[:, 1] = 0
    print("sure.WITHOUT_E5 =", _rounded(fit_confidence(blind, right)))


def _but(asked: list[Asked], fold: int) -> list[Asked]:
    return [one for at, one in enumerate(asked) if at % FOLDS != fold]


def _rounded(weights: Floats) -> tuple[float, ...]:
    return tuple(round(float(one), 2) for one in weights)


async def _asked(database_url: str) -> list[Asked]:
    async with AsyncConnectionPool[Any](database_url, min_size=1, max_size=2, open=False) as pool:
        return await ask(pool, read_lines(QUESTIONS))


if __name__ == "__main__":
    main(sys.argv[1])
