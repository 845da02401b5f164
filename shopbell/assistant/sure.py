"""How sure a search is of its first hit, calibrated on labelled questions (docs/assistant.md)."""

import math
from collections.abc import Sequence

from shopbell.assistant.knowledge.search import Hit

THRESHOLD = 0.7
"""Calibrated chance of being right from which a source is quoted without a model."""
_LEAST_USE = 0.3
_LEAST_WORD = 0.45
WEIGHTS = (1.23, 1.71, 1.81, 1.42, 3.33, 3.4, 0.64, 1.2, -0.85, -7.24)
WITHOUT_E5 = (1.49, 0.0, 1.96, 1.58, 3.44, 3.34, 0.62, 1.24, -0.8, -7.09)
"""One for each of `signals` and a bias, fitted by tests/assistant/fit.py."""


def confidence(hits: Sequence[Hit], language: str, weakest: float) -> float:
    """The chance, 0 to 1, that the first hit answers the question of a reader of `language`.

    `weakest` is how near the hit comes to the question's worst served word. Below its floor, where
    nothing in the hit is like the question, or where the question is about another place or another
    kind of figure than the hit, the chance is at most one half.
    """
    if not hits:
        return 0.0
    first = hits[0]
    weights = WITHOUT_E5 if first.e5 is None else WEIGHTS
    z = sum(
        weight * signal
        for weight, signal in zip(weights, signals(hits, language, weakest), strict=True)
    )
    chance = 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))
    unlike = (first.use or 0.0) < _LEAST_USE and not first.named
    if unlike or weakest < _LEAST_WORD or first.elsewhere or not first.fits:
        return min(chance, 0.5)
    return chance


def signals(hits: Sequence[Hit], language: str, weakest: float) -> tuple[float, ...]:
    """What tells how likely the first hit is right, the last being 1 for the bias."""
    first = hits[0]
    other = next((hit for hit in hits if hit.article_id != first.article_id), None)
    same = first.language == language
    return (
        first.use or 0.0,
        first.e5 or 0.0,
        min(first.score - (other.score if other else 0.0), 4.0) / 4.0,
        first.covered * same,
        min(weakest, 0.75),
        first.spoken,
        first.named,
        max(first.focus, first.about),
        float(same),
        1.0,
    )
