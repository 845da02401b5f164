"""Answer without a model: at most two sentences of a source, word for word."""

import re
from collections.abc import Sequence

from shopbell.assistant.knowledge.search import Hit, Quotable
from shopbell.assistant.knowledge.words import searchable
from shopbell.assistant.types import Answer, Citation
from shopbell.assistant.words.templates import language_name, say

_WORDS = re.compile(r"\w{3,}")
_FIRST = 0.2
_LONG = 5
_POINTS_BACK = re.compile(
    r"^(?:it|they|then|this|that|these|those|both|after that|below that|otherwise|for these|with it)\b",
    re.IGNORECASE,
)


def quote(question: str, hit: Hit, sentences: Sequence[Quotable]) -> list[Quotable]:
    """One or two neighbouring sentences of a chunk that say most about the question.

    A heading that is as like the question as any sentence is answered by what stands first beneath
    it, unless the question names something that only one of the sentences speaks of.
    """
    if not sentences:
        return []
    asked = _words(question)
    worth = [_worth(one, asked) for one in sentences]
    worth[0] += _FIRST
    start = max(range(len(sentences)), key=lambda at: worth[at])
    named = _names(asked - _words(f"{hit.title} {hit.section or ''}"), sentences)
    if named is not None:
        start = named
    elif (hit.heading or 0.0) >= max(one.use for one in sentences):
        start = 0
    if start > 0 and _POINTS_BACK.match(sentences[start].text):
        start -= 1
    return list(sentences[start : start + 2])


def cite(hit: Hit, quoted: str | None = None) -> Citation:
    """A citation of a chunk."""
    return Citation(
        kind="product" if hit.source_kind == "product" else "article",
        title=hit.title,
        source=hit.source,
        url=hit.url,
        section=hit.section,
        chunk_id=hit.chunk_id,
        article_id=hit.article_id,
        quote=quoted,
        language=hit.language,
        score=round(hit.score, 4),
    )


def answer(
    question: str, hit: Hit, sentences: Sequence[Quotable], language: str, sure: float
) -> Answer:
    """The quoted answer in its template, in the reader's language; the quote in its own."""
    quoted = "\n".join(one.text for one in quote(question, hit, sentences))
    foreign = hit.language != language
    lead = say(
        "found_other" if foreign else "found",
        language,
        title=hit.title,
        named=language_name(hit.language, language),
    )
    text = f"{lead}\n\n{quoted}\n\n{say('ask', language)}"
    return Answer(
        text=text, language=language, citations=(cite(hit, quoted),), confidence=round(sure, 4)
    )


def _names(asked: set[str], sentences: Sequence[Quotable]) -> int | None:
    """The one sentence that holds a long word of the question, if there is just one such."""
    spoken = [_words(one.text) for one in sentences]
    holders = {
        where[0]
        for word in asked
        if len(word) >= _LONG
        and len(where := [at for at, words in enumerate(spoken) if word in words]) == 1
    }
    return holders.pop() if len(holders) == 1 else None


def _worth(sentence: Quotable, asked: set[str]) -> float:
    shared = len(asked & _words(sentence.text)) / (len(asked) or 1)
    return sentence.use + 0.5 * shared + (0.05 if re.search(r"\d", sentence.text) else 0.0)


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(searchable(text).casefold()))
