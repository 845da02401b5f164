"""What the assistant's past answers rest on, quoted word for word, and what it found beside that."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.history.facts import Matter
from shopbell.desk.messages.types import Citation

_WORD = re.compile(r"[\w€.,]{3,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BESIDE = 3
_MARKS = re.compile(r"[*_`]|^\s*(?:[-#]+|\d+\.)\s*", re.MULTILINE)


def cite(what: str, language: str, said: str, matter: Matter) -> Citation:
    """A citation of an article by its slug, or of the `order` or `product` of the matter.

    The quote is the sentence of the article that shares most words with what was said.
    """
    if what == "order":
        assert matter.order is not None
        number = matter.order.number
        return Citation(kind="order", title=number, url=f"/demo/orders/{number}", quote=said)
    if what == "product":
        handle = matter.variant.handle
        product = next(
            one for group in library.collections() for one in group.product if one.handle == handle
        )
        return Citation(
            kind="product",
            title=product.title,
            url=f"/demo/products/{handle}",
            quote=product.fit_note,
        )
    article = library.article(what, language)
    if article is None:
        raise ValueError(f"no help article {what!r}")
    heard = set(_WORD.findall(said.casefold()))
    quote = max(
        _sentences(article.body),
        key=lambda one: len(heard & set(_WORD.findall(one.casefold()))) / (12 + len(one.split())),
    )
    return Citation(
        title=article.title,
        quote=quote,
        url=library.help_path(article),
        language=article.language,
    )


def found(
    citations: Sequence[Citation], asked: str, language: str, *, sure: float
) -> list[dict[str, Any]]:
    """What a turn's trace says was retrieved, best first: what is cited, in the order of its
    citations, then the articles that share most words with what was asked. `sure`, from 0 to 1,
    is the turn's confidence; what only stands nearby scores less.

    An answer that rests on an order alone looked into no article.
    """
    if citations and all(one.kind == "order" for one in citations):
        return []
    dice = random.Random(f"{asked} {sure}")  # noqa: S311 - scores of a demo, no secrets
    cited = [
        _piece(one.title, one.url or "", _section(one), one.language or language, one.kind)
        for one in citations
        if one.kind != "order"
    ]
    urls = {one.url for one in citations}
    beside = [
        _piece(one.title, library.help_path(one), None, one.language, "article")
        for one in _nearest(asked, language)
        if library.help_path(one) not in urls
    ]
    pieces, score = [*cited, *beside[:_BESIDE]], sure
    for number, piece in enumerate(pieces):
        if number == len(cited):
            score *= dice.uniform(0.55, 0.75)
        piece["score"] = round(score, 4)
        score *= dice.uniform(0.86, 0.97)
    return pieces


def _piece(title: str, url: str, section: str | None, language: str, kind: str) -> dict[str, Any]:
    return {
        "chunk_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{url}#{section or ''}")),
        "article_id": str(uuid.uuid5(uuid.NAMESPACE_URL, url)),
        "title": title,
        "section": section,
        "source": "Help centre" if kind == "article" else "Products",
        "language": language,
    }


def _section(citation: Citation) -> str | None:
    """The heading under which the quoted sentence stands."""
    for one in library.articles():
        if library.help_path(one) == citation.url:
            above = one.body.partition(citation.quote[:40])[0]
            return next(reversed(_HEADING.findall(above)), None)
    return None


@cache
def _nearest(asked: str, language: str) -> tuple[library.HelpArticle, ...]:
    heard = set(_WORD.findall(asked.casefold()))
    slugs = dict.fromkeys(one.slug for one in library.articles())
    shown = [one for slug in slugs if (one := library.article(slug, language))]
    return tuple(sorted(shown, key=lambda one: -len(heard & _words(one)))[: _BESIDE + 2])


@cache
def _words(article: library.HelpArticle) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{article.title} {article.body}".casefold()))


@cache
def _sentences(body: str) -> tuple[str, ...]:
    plain = [
        _MARKS.sub("", block).replace("\n", " ").strip()
        for block in re.split(r"\n\n|\n(?=[-\d])", body)
        if not block.startswith(("#", "|"))
    ]
    return tuple(one for block in plain for one in _SENTENCE.split(block) if one)
