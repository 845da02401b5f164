"""How sure a search is of its first hit, calibrated on labelled questions (docs/assistant.md)."""

import math
from collections.abc import Sequence

from msgspec import Struct

from shopbell.assistant.knowledge.search import Hit

THRESHOLD = 0.7
"""Calibrated chance of being right from which a source is quoted without a model."""
THRESHOLD_ABROAD = 0.8
"""The same where the source is in another language than the reader's: text search is blind there."""
_LEAST_USE = 0.3
_LEAST_WORD = 0.56
_LEAST_WORD_ABROAD = 0.5


class _Weights(Struct, frozen=True, kw_only=True):
    use: float
    margin: float
    covered: float
    e5: float
    same_language: float
    weakest: float
    bias: float


_BOTH = _Weights(
    use=5.264,
    margin=0.442,
    covered=1.925,
    e5=8.297,
    same_language=-1.138,
    weakest=7.359,
    bias=-8.425,
)
_WITHOUT_E5 = _Weights(
    use=5.516,
    margin=1.555,
    covered=2.514,
    e5=0.000,
    same_language=-1.141,
    weakest=6.741,
    bias=-6.492,
)


def is_sure(chance: float, hits: Sequence[Hit], language: str) -> bool:
    """Whether a source may be quoted at this chance of being right."""
    if not hits:
        return False
    return chance >= (THRESHOLD if hits[0].language == language else THRESHOLD_ABROAD)


def confidence(hits: Sequence[Hit], language: str, weakest: float) -> float:
    """The chance, 0 to 1, that the first hit answers the question of a reader of `language`.

    `weakest` is how near the hit comes to the question's worst served word. Below its floor, or
    where nothing in the hit is like the question, the chance is at most one half.
    """
    if not hits:
        return 0.0
    first = hits[0]
    other = next((hit for hit in hits if hit.article_id != first.article_id), None)
    weights = _WITHOUT_E5 if first.e5 is None else _BOTH
    same = first.language == language
    z = (
        weights.use * (first.use or 0.0)
        + weights.margin * min(first.score - (other.score if other else 0.0), 6.0) / 6.0
        + weights.covered * first.covered * same
        + weights.e5 * (first.e5 or 0.0)
        + weights.same_language * same
        + weights.weakest * min(weakest, 0.75)
        + weights.bias
    )
    chance = 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))
    floor = _LEAST_WORD if same else _LEAST_WORD_ABROAD
    if (first.use or 0.0) < _LEAST_USE or weakest < floor:
        return min(chance, 0.5)
    return chance
