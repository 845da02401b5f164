"""How sure a search is of its first hit, calibrated on labelled questions (docs/assistant.md)."""

import math
from collections.abc import Sequence

from msgspec import Struct

from shopbell.assistant.knowledge.search import Hit

THRESHOLD = 0.6
"""Calibrated chance of being right from which a source is quoted without a model."""
THRESHOLD_ABROAD = 0.85
"""The same where the source is in another language than the reader's: text search is blind there."""


class _Weights(Struct, frozen=True, kw_only=True):
    use: float
    margin: float
    covered: float
    agree: float
    e5: float
    e5_margin: float
    same_language: float
    use_margin: float
    bias: float


_BOTH = _Weights(
    use=9.589,
    margin=0.731,
    covered=4.613,
    agree=0.689,
    e5=7.151,
    e5_margin=7.323,
    same_language=-0.857,
    use_margin=0.932,
    bias=-7.097,
)
_WITHOUT_E5 = _Weights(
    use=10.954,
    margin=3.452,
    covered=5.023,
    agree=-1.057,
    e5=0.0,
    e5_margin=0.0,
    same_language=-0.957,
    use_margin=-1.872,
    bias=-6.017,
)


def is_sure(chance: float, hits: Sequence[Hit], language: str) -> bool:
    """Whether a source may be quoted at this chance of being right."""
    if not hits:
        return False
    return chance >= (THRESHOLD if hits[0].language == language else THRESHOLD_ABROAD)


def confidence(hits: Sequence[Hit], language: str) -> float:
    """The chance, 0 to 1, that the first hit answers the question of a reader of `language`."""
    if not hits:
        return 0.0
    first = hits[0]
    other = next((hit for hit in hits if hit.article_id != first.article_id), None)
    weights = _WITHOUT_E5 if first.e5 is None else _BOTH
    same = float(first.language == language)
    e5, use = first.e5 or 0.0, first.use or 0.0
    agree = float(use >= max(hit.use or 0.0 for hit in hits))
    if first.e5 is not None:
        agree += float(e5 >= max(hit.e5 or 0.0 for hit in hits))
    z = (
        weights.use * use
        + weights.margin * min(first.score - (other.score if other else 0.0), 6.0) / 6.0
        + weights.covered * first.covered * same
        + weights.agree * agree / 2
        + weights.e5 * e5
        + weights.e5_margin * (e5 - ((other.e5 or 0.0) if other else 0.0))
        + weights.same_language * same
        + weights.use_margin * (use - ((other.use or 0.0) if other else 0.0))
        + weights.bias
    )
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))
