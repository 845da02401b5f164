"""Answer without a model: at most two sentences of a source, word for word."""

import re
from collections.abc import Sequence
from uuid import UUID

from shopbell.assistant.knowledge.figures import Kind, asked_for, holds
from shopbell.assistant.knowledge.matters import matters, narrow
from shopbell.assistant.knowledge.search import Hit, Quotable
from shopbell.assistant.knowledge.words import count_words, searchable
from shopbell.assistant.types import Answer, Citation
from shopbell.assistant.words.templates import language_name, say

_WORDS = re.compile(r"\w{3,}")
_NUMBER = re.compile(r"\d+")
_LABEL = re.compile(r"(?:- )?(\d+):")
_SHORT = 75
"""Words up to which a piece is quoted whole."""
_LIST = 110
"""Words up to which a list or table is quoted whole."""
_LONG = 5
_FIRST = 0.2
"""What a section's first sentence is worth more: it says what the section is about."""
_POINTS_BACK = re.compile(
    r"^(?:it|they|then|this|that|these|those|both|after that|below that|otherwise|for these|with it)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^(?:- |\d+\. )| · ")


def quote(question: str, hit: Hit, sentences: Sequence[Quotable]) -> list[Quotable]:
    """What of a chunk answers the question: a short chunk or a list whole, else two sentences.

    Empty where the chunk cannot hold the answer: a question for a temperature without a degree in
    sight.
    """
    if not sentences or not hit.fits:
        return []
    if sum(count_words(one.text) for one in sentences) <= _SHORT:
        return list(sentences)
    start = _start(question, hit, sentences)
    if _ITEM.search(sentences[start].text):
        return _list_around(sentences, start)
    if start > 0 and _POINTS_BACK.match(sentences[start].text):
        start -= 1
    return list(sentences[start : start + 2])


def sections_beside(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The first hit with its article's other sections for one place each, in reading order.

    Empty where the first hit is not for a place, or the question names one: else what is true of
    one country would be told to a reader from another.
    """
    first = hits[0]
    if not _place(first) or narrow(matters(question)):
        return []
    beside = [
        one for one in hits if one.article_id == first.article_id and _place(one) and one.fits
    ]
    return sorted(beside, key=lambda one: one.chunk_id)


def quote_each(question: str, hits: Sequence[Hit], sentences: Sequence[Quotable]) -> str:
    """Of each section its heading and the one sentence that answers, word for word."""
    lines: list[str] = []
    for hit in hits:
        own = [one for one in sentences if one.chunk_id == hit.chunk_id]
        if own and hit.section:
            lines += [hit.section, own[_start(question, hit, own)].text]
    return "\n".join(lines)


def _place(hit: Hit) -> bool:
    return bool(hit.section and narrow(matters(hit.section)) - narrow(matters(hit.title)))


def _start(question: str, hit: Hit, sentences: Sequence[Quotable]) -> int:
    asked = _words(question)
    figure, numbers = asked_for(question), _numbers(question)
    said = [matters(one.text) for one in sentences]
    wanted = matters(question) - matters(f"{hit.title}. {hit.section or ''}")
    worth = [
        _worth(one, asked, figure, numbers) + len(wanted & about) / (len(wanted) or 1)
        for one, about in zip(sentences, said, strict=True)
    ]
    worth[0] += _FIRST
    named = None
    if not _NUMBER.search(question):
        named = _names(asked - _words(f"{hit.title} {hit.section or ''}"), sentences)
    return max(range(len(sentences)), key=lambda at: worth[at]) if named is None else named


def _list_around(sentences: Sequence[Quotable], start: int) -> list[Quotable]:
    first = last = start
    while first > 0 and _ITEM.search(sentences[first - 1].text):
        first -= 1
    while last + 1 < len(sentences) and _ITEM.search(sentences[last + 1].text):
        last += 1
    if first > 0 and sentences[first - 1].text.endswith((":", "：")):
        first -= 1
    whole = sentences[first : last + 1]
    if sum(count_words(one.text) for one in whole) <= _LIST:
        return list(whole)
    return [sentences[start]]


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
    question: str,
    hits: Sequence[Hit],
    sentences: Sequence[Quotable],
    language: str,
    sure: float,
) -> Answer | None:
    """The quoted answer in its template, in the reader's language; the quote in its own.

    `sentences` are those of `quoted_from`. None where no sentence can be the answer.
    """
    hit = hits[0]
    if beside := sections_beside(question, hits):
        quoted = quote_each(question, beside, sentences)
    else:
        quoted = "\n".join(one.text for one in quote(question, hit, sentences))
    if not quoted:
        return None
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


def quoted_from(question: str, hits: Sequence[Hit]) -> list[UUID]:
    """The chunks whose sentences an answer needs."""
    return [one.chunk_id for one in sections_beside(question, hits) or hits[:1]]


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


def _worth(sentence: Quotable, asked: set[str], figure: Kind | None, numbers: set[str]) -> float:
    shared = len(asked & _words(sentence.text)) / (len(asked) or 1)
    told = figure is not None and holds(sentence.text, figure)
    same = bool(numbers & _numbers(sentence.text))
    label = _LABEL.match(sentence.text)
    labelled = label is not None and label[1] in numbers
    return sentence.use + 0.5 * shared + 0.3 * told + 0.5 * same + labelled


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(searchable(text).casefold()))
