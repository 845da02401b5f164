"""How near a source's words come to those of a question, word by word."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from shopbell.assistant.knowledge.embed import Embedder, Vectors
from shopbell.assistant.knowledge.matters import matters

_WORD = re.compile(r"[^\W\d_]{3,}")
_MOST = 12
_KEPT = 8000


class Lexicon:
    """Remembers the vectors of single words (USE), at most eight thousand: some 16 MB."""

    def __init__(self) -> None:
        self._known: dict[str, Vectors] = {}

    async def weakest(self, embedder: Embedder, question: str, source: str) -> float:
        """The likeness (cosine) of a source to the word of the question that it serves worst.

        Words that any question may have are left out, and those whose matter the source speaks of.
        1.0 where nothing else is asked, but 0.0 where the question names no matter either: "between
        us" asks nothing that a source could serve. A source on *ways to pay* is near to *bitcoin*
        in all but that one word.
        """
        told = matters(source)
        asked = [
            one
            for one in dict.fromkeys(_words(question))
            if one not in _generic() and not matters(one) & told
        ][:_MOST]
        spoken = list(dict.fromkeys(_words(source)))
        if not asked or not spoken:
            return 1.0 if matters(question) else 0.0
        known = await self._vectors(embedder, [*asked, *spoken])
        nearest = (known[: len(asked)] @ known[len(asked) :].T).max(axis=1)
        return float(nearest.min())

    async def _vectors(self, embedder: Embedder, words: Sequence[str]) -> Vectors:
        new = [one for one in dict.fromkeys(words) if one not in self._known]
        if new:
            rows = await embedder.quick(new)
            if len(self._known) + len(new) > _KEPT:
                self._known = {one: self._known[one] for one in words if one in self._known}
            self._known.update(zip(new, rows, strict=True))
        return np.stack([self._known[one] for one in words])


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


@cache
def _generic() -> frozenset[str]:
    text = files("shopbell.assistant.words").joinpath("generic.toml").read_text("utf-8")
    return frozenset(
        word.casefold() for words in tomllib.loads(text).values() for word in words.split()
    )
