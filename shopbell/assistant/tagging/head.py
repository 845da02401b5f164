"""Which label a text has, and whether it has any: a linear head and nearest examples over vectors.

The head is a softmax over the vectors of both embedders. What lies outside of every label is told by
the greatest logit and the nearest examples together, less what speaks for "none of these" where
examples of that were given. Nothing is drawn by chance: the same examples give the same head.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from shopbell.assistant.knowledge.embed import Vectors

QUICK = 512
"""Where the first embedder's numbers end in a row, and the second's begin."""
NEAREST = 3
DECAY = 1e-3
RATE = 0.01
EPOCHS = 12
LEAST_STEPS = 400
BATCH = 128
SCALE = 10.0
LIKENESS = 10.0
"""How much the likeness to the nearest examples counts beside a logit."""
NONE_LOGIT = 0.5
NONE_LIKENESS = 10.0
"""How much the same of the examples without a label counts against one."""

Floats = NDArray[np.float32]
Labels = Sequence[str | None]


class Guess(Struct, frozen=True):
    """The likeliest label, how much speaks for any label at all, and the places of the examples that
    led there, the nearest first."""

    label: str
    score: float
    margin: float
    nearest: tuple[tuple[int, float], ...]


class Head:
    """Knows labelled vectors: rows of both embedders, `None` for texts that have no label."""

    def __init__(self, labels: Labels, vectors: Vectors) -> None:
        self.labels = sorted({one for one in labels if one is not None})
        self._given = list(labels)
        self._mean = vectors[:, QUICK:].mean(axis=0)
        self._rows = self._features(vectors)
        places = {label: place for place, label in enumerate(self.labels)}
        none = len(self.labels)
        self._classes = np.array([none if one is None else places[one] for one in labels])
        self._order = np.argsort(self._classes, kind="stable")
        self._has_none = bool((self._classes == none).any())
        self._weights = _fit(self._rows, self._classes, none + self._has_none)

    def guesses(self, vectors: Vectors) -> list[Guess]:
        """A guess for each row."""
        rows = self._features(vectors)
        logits = rows @ self._weights[:-1] + self._weights[-1]
        found: list[Guess] = []
        for begin in range(0, len(rows), BATCH):
            likeness = rows[begin : begin + BATCH] @ self._rows.T
            here = logits[begin : begin + BATCH]
            near = self._nearness(likeness)
            found += [self._guess(*one) for one in zip(here, near, likeness, strict=True)]
        return found

    def _guess(self, logits: Floats, near: Floats, likeness: Floats) -> Guess:
        count = len(self.labels)
        given = logits[:count] + LIKENESS * near[:count]
        best = int(np.argmax(given))
        score = float(logits[:count].max() + LIKENESS * near[:count].max())
        if self._has_none:
            score -= NONE_LOGIT * float(logits[count]) + NONE_LIKENESS * float(near[count])
        second = float(np.partition(given, -2)[-2]) if count > 1 else 0.0
        own = np.flatnonzero(self._classes == best)
        nearest = own[np.argsort(-likeness[own], kind="stable")[:NEAREST]]
        return Guess(
            label=self.labels[best],
            score=score,
            margin=float(given[best]) - second,
            nearest=tuple((int(one), float(likeness[one])) for one in nearest),
        )

    def _nearness(self, likeness: Floats) -> Floats:
        """For each row and class the mean likeness of the class's nearest examples."""
        count = len(self.labels) + self._has_none
        near = np.full((len(likeness), count), -1.0, np.float32)
        bounds = np.searchsorted(self._classes[self._order], np.arange(count + 1))
        for one in range(count):
            own = likeness[:, self._order[bounds[one] : bounds[one + 1]]]
            most = min(NEAREST, own.shape[1])
            near[:, one] = np.partition(own, -most, axis=1)[:, -most:].mean(axis=1)
        return near

    def _features(self, vectors: Vectors) -> Floats:
        """Both vectors at unit length, the second less the mean of what is known: its cosines of any
        two texts are high."""
        quick, other = vectors[:, :QUICK], vectors[:, QUICK:] - self._mean
        both = [part / np.maximum(_lengths(part), 1e-6) for part in (quick, other)]
        return np.hstack(both).astype(np.float32) * np.float32(0.5**0.5)


def _lengths(rows: Floats) -> Floats:
    return np.linalg.norm(rows, axis=1, keepdims=True)


def _fit(rows: Floats, classes: NDArray[np.intp], count: int) -> Floats:
    """Weights of a softmax, the last row the offsets: Adam over batches, with falling steps."""
    size, width = rows.shape
    known = np.hstack([rows * SCALE, np.ones((size, 1), np.float32)])
    weights = np.zeros((width + 1, count), np.float32)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    dice = np.random.default_rng(0)
    batch = max(16, min(BATCH, size // 16))
    epochs = max(EPOCHS, -(-LEAST_STEPS * batch // size))
    steps = epochs * -(-size // batch)
    at = 0
    for _ in range(epochs):
        order = dice.permutation(size)
        for begin in range(0, size, batch):
            some = order[begin : begin + batch]
            at += 1
            off = _softmax(known[some] @ weights)
            off[np.arange(len(some)), classes[some]] -= 1
            slope = known[some].T @ off / np.float32(len(some)) + np.float32(DECAY) * weights
            first += np.float32(0.1) * (slope - first)
            second += np.float32(0.01) * (slope * slope - second)
            pace = np.float32(RATE * (1 - (at - 1) / steps))
            steady = np.sqrt(second / np.float32(1 - 0.99**at)) + np.float32(1e-6)
            weights -= pace * (first / np.float32(1 - 0.9**at)) / steady
    weights[:-1] *= np.float32(SCALE)
    return weights


def _softmax(logits: Floats) -> Floats:
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)
