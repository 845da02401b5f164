"""A taxonomy as it is known: labelled examples, a head over them, and how sure its guesses are."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from shopbell.assistant.knowledge.embed import Vectors
from shopbell.assistant.tagging.head import Guess, Head

SURE = 0.6
"""The chance of being right from which a label is given."""
FOLDS = 4
MOST_TRIED = 2_000
"""How many examples a fold is tried on at most."""
FEWEST = 8
STIFF = 0.05


class Weights(Struct, frozen=True):
    """What makes score and margin two chances: that any label fits, and that then this one does.
    Each holds a weight for a figure, and last an offset."""

    any_fits: tuple[float, ...]
    this_fits: tuple[float, ...]


UNTRIED = Weights((0.25, -2.5), (0.1, 0.2, 0.0))
"""Where there are too few examples to try."""


class Told(Struct, frozen=True, kw_only=True):
    """What is said of a text: the likeliest label, the chance that it is right, what speaks for any
    label at all, and the examples that led there with their likeness, the nearest first."""

    label: str
    confidence: float
    score: float
    examples: tuple[tuple[str, float], ...]

    @property
    def sure(self) -> bool:
        """Whether it is right often enough to be given."""
        return self.confidence >= SURE


class Known:
    """What examples teach. Learning takes a second for a thousand of them."""

    def __init__(
        self, texts: Sequence[str], labels: Sequence[str | None], vectors: Vectors
    ) -> None:
        self._texts = texts
        self._head = Head(labels, vectors)
        self.labels = self._head.labels
        self._weights = _calibrated(labels, vectors) if self.labels else UNTRIED

    def tell(self, vectors: Vectors) -> list[Told]:
        """What is said of each text, by its row of both embedders' numbers."""
        if not self.labels:
            return []
        return [
            Told(
                label=one.label,
                confidence=_chance(self._weights, one),
                score=one.score,
                examples=tuple((self._texts[at], near) for at, near in one.nearest),
            )
            for one in self._head.guesses(vectors)
        ]


def _calibrated(labels: Sequence[str | None], vectors: Vectors) -> Weights:
    """Weights fitted to guesses about examples that the head of their fold had not seen. Without
    examples that have no label, each fold goes without some labels too, so that what is strange is
    met."""
    named = sorted({one for one in labels if one is not None})
    if len(labels) < FEWEST * FOLDS or len(named) < FOLDS:
        return UNTRIED
    fold = np.arange(len(labels)) % FOLDS
    teaches_none = None in labels
    guessed: list[Guess] = []
    fits: list[bool] = []
    right: list[bool] = []
    for one in range(FOLDS) if len(labels) <= MOST_TRIED else range(1):
        away = {name for at, name in enumerate(named) if at % FOLDS == one and not teaches_none}
        seen = [at for at in range(len(labels)) if fold[at] != one and labels[at] not in away]
        tried = [at for at in range(len(labels)) if fold[at] == one][:MOST_TRIED]
        guesses = Head([labels[at] for at in seen], vectors[seen]).guesses(vectors[tried])
        guessed += guesses
        fits += [labels[at] is not None and labels[at] not in away for at in tried]
        right += [guess.label == labels[at] for guess, at in zip(guesses, tried, strict=True)]
    rows = np.array([(one.score, one.margin) for one in guessed])
    inside = np.array(fits)
    return Weights(
        _logistic(rows[:, :1], inside.astype(float)),
        _logistic(rows[inside], np.array(right, float)[inside]),
    )


def _logistic(rows: NDArray[np.float64], true: NDArray[np.float64]) -> tuple[float, ...]:
    """Newton's steps to the likeliest weights, held back a little, none below zero but the offset."""
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    known = np.hstack([(rows - middle) / spread, np.ones((len(rows), 1))])
    weights = np.zeros(known.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-known @ weights))
        slope = known.T @ (true - chance) - STIFF * weights
        bend = (known * (chance * (1 - chance))[:, None]).T @ known + STIFF * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    by_figure = np.maximum(weights[:-1] / spread, 0)
    return (*map(float, by_figure), float(weights[-1] - by_figure @ middle))


def _chance(weights: Weights, guess: Guess) -> float:
    return _one(weights.any_fits, guess.score) * _one(weights.this_fits, guess.score, guess.margin)


def _one(weights: tuple[float, ...], *figures: float) -> float:
    total = weights[-1] + sum(by * one for by, one in zip(weights, figures, strict=False))
    return float(1 / (1 + np.exp(-total)))
