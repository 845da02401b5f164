"""Texts as full text search and the sentence cutter read them."""

import re
import unicodedata

_CONFIGS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f\uac00-\ud7af]+")
_END = re.compile(
    r"(?<=[.!?…])\s+(?=[\"'“‘«(\[]?[\w¿¡])"
    r"|(?<=[.!?…][\"'”’»)\]])\s+(?=[\"'“‘«(\[]?[^\Wa-z_])|(?<=[。！？])(?=\S)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|no|nr|vs|etc|mr|mrs|dr|st|ca|bzw|z\. ?b|d\. ?h|usw|evtl|ggf|inkl|zzgl"
    r"|max|min|p\. ?ej|art|núm|aprox|env|ex|es|pag|tel|incl|excl|bijv)|\b\w|^\d{1,3})\.$",
    re.IGNORECASE,
)


def config_of(language: str) -> str:
    """The Postgres text search configuration for a language (ISO 639-1); `simple` if it has none."""
    return _CONFIGS.get(language, "simple")


def searchable(text: str) -> str:
    """The text with unspaced scripts cut in overlapping pairs, so that any parser finds words."""
    return _UNSPACED.sub(lambda run: " " + " ".join(_pairs(run.group())) + " ", _plain(text))


def split_sentences(text: str) -> list[str]:
    """The sentences of a paragraph, word for word, without their surrounding space."""
    sentences: list[str] = []
    for part in _END.split(text):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] = f"{sentences[-1]} {part.strip()}"
        elif part.strip():
            sentences.append(part.strip())
    return sentences


def count_words(text: str) -> int:
    """Words, where two signs of an unspaced script count as one."""
    unspaced = sum(len(run) for run in _UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + (unspaced + 1) // 2


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\x00", " ")
