"""What a text speaks of, whatever its language: matters and places by a table of words."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from msgspec import Struct

_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_STATES = re.compile(r"\b(?:US|U\.S\.|[Tt]he us)(?!\w)")
"""The country; *us* alone is more often the pronoun."""


class _Table(Struct, frozen=True, kw_only=True):
    words: Mapping[str, frozenset[str]]
    beginnings: Mapping[str, frozenset[str]]
    phrases: tuple[tuple[str, str], ...]
    unspaced: tuple[tuple[str, str], ...]
    narrow: frozenset[str]


@lru_cache(4096)
def matters(text: str) -> frozenset[str]:
    """The names of the matters and places (`words/concepts.toml`) that a text speaks of."""
    table, folded = _table(), _STATES.sub("usa", text).casefold()
    words = _WORD.findall(folded)
    found: set[str] = set()
    for word in words:
        found |= _of(word)
    spoken = f" {' '.join(words)}"
    found |= {name for phrase, name in table.phrases if phrase in spoken}
    found |= {name for sign, name in table.unspaced if sign in folded}
    return frozenset(found)


def narrow(named: Iterable[str]) -> frozenset[str]:
    """Those of the names that a source must speak of to answer for them: places, PayPal, shoes."""
    return _table().narrow.intersection(named)


@lru_cache(16384)
def _of(word: str) -> frozenset[str]:
    table = _table()
    found = table.words.get(word, frozenset[str]())
    for letters in range(2, len(word) + 1):
        found |= table.beginnings.get(word[:letters], frozenset())
    return found


@cache
def _table() -> _Table:
    text = files("shopbell.assistant.words").joinpath("concepts.toml").read_text("utf-8")
    groups: dict[str, dict[str, str]] = tomllib.loads(text)
    words: dict[str, frozenset[str]] = {}
    beginnings: dict[str, frozenset[str]] = {}
    phrases: list[tuple[str, str]] = []
    unspaced: list[tuple[str, str]] = []
    for name, listed in (pair for group in groups.values() for pair in group.items()):
        for word in listed.split():
            if _UNSPACED.search(word):
                unspaced.append((word, name))
            elif len(parts := _WORD.findall(word)) > 1:
                phrases.append((f" {' '.join(parts)}", name))
            else:
                kept = beginnings if word.endswith("*") else words
                kept[parts[0]] = kept.get(parts[0], frozenset()) | {name}
    return _Table(
        words=words,
        beginnings=beginnings,
        phrases=tuple(phrases),
        unspaced=tuple(unspaced),
        narrow=frozenset((*groups["narrow"], *groups["places"])),
    )
