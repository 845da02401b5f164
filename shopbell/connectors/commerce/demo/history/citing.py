"""What the assistant's past answers rest on, quoted word for word."""

from __future__ import annotations

import re
from functools import cache

from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.history.facts import Matter
from shopbell.desk.messages.types import Citation

_WORD = re.compile(r"[\w€.,]{3,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
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


@cache
def _sentences(body: str) -> tuple[str, ...]:
    plain = [
        _MARKS.sub("", block).replace("\n", " ").strip()
        for block in re.split(r"\n\n|\n(?=[-\d])", body)
        if not block.startswith(("#", "|"))
    ]
    return tuple(one for block in plain for one in _SENTENCE.split(block) if one)
