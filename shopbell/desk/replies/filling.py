"""Placeholders in saved texts: `{{customer.first_name|there}}`, with a fall-back behind the bar.

web/inbox/state/filling.ts says the same; tests/desk/filling.json holds both to it.
"""

import re
from collections.abc import Mapping

NAMES = {
    "customer.first_name": "customer's first name",
    "agent.first_name": "your first name",
    "ticket.number": "ticket number",
    "order.number": "order number",
    "order.state": "order state",
    "product.title": "product",
    "shop.name": "shop's name",
    "promise.time": "promised time",
}
"""Every placeholder, and what its mark calls it."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")
_MARK = re.compile("⟦([^⟦⟧]{1,60})⟧")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with what is known put in. What is not known is said by its fall-back, or leaves a
    mark, `⟦order number⟧`, that nothing is sent with."""

    def known(found: re.Match[str]) -> str:
        name, otherwise = found[1], found[2]
        if name not in NAMES:
            return found[0]
        return values.get(name) or (otherwise if otherwise is not None else f"⟦{NAMES[name]}⟧")

    return _PLACEHOLDER.sub(known, text)


def marks(text: str) -> list[str]:
    """What a text still lacks, by the marks in it."""
    names = set(NAMES.values())
    return [name for name in _MARK.findall(text) if name in names]


def strange(text: str) -> str | None:
    """The first placeholder in it that there is not, as it is written."""
    return next((one[0] for one in _PLACEHOLDER.finditer(text) if one[1] not in NAMES), None)
