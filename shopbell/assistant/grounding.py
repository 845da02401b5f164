"""Check that what a model says is held by its evidence."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from shopbell.assistant.words.templates import month_of

LIKE = 0.55
"""USE cosine that a model's sentence must have with one of its source's (docs/assistant.md)."""
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+|[\w.+-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{3,}\b")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[^\W\d_]{3,}")
_DOMAIN = re.compile(
    r"\b[\w-]+\.(?:com|net|org|example|shop|co|io|de|es|fr|it|nl|eu|uk)\b(?:/\S*)?", re.I
)
_IMAGE = re.compile(r"!\[|<\s*(?:img|a|script|iframe)\b", re.IGNORECASE)
_DONE = re.compile(
    r"\b(?:i|we)(?:'ve| have|'ll| will| am going to| just)?\s+(?:now\s+|just\s+|already\s+)?"
    r"(?:refund|cancel|chang|updat|process|issu|ship|replac|credit|sent|resen|appl|arrang)\w*"
    r"|\bhabe (?:ich )?.*(?:erstattet|storniert|geändert)|\bich werde .*(?:erstatten|stornieren)"
    r"|\bhe (?:reembolsado|cancelado|cambiado)|\bj'ai (?:remboursé|annulé|modifié)"
    r"|\bho (?:rimborsato|annullato)|\b(?:reembolsei|cancelei)|\bik heb .*(?:terugbetaald|geannuleerd)",
    re.IGNORECASE,
)
_FOLD = str.maketrans({"’": "'", "–": "-", "—": "-", "\u00a0": " "})


def unheld(said: str, evidence: Iterable[str]) -> str | None:
    """Why the evidence does not hold a sentence; None when it does.

    Every number, date, price, link and order id must occur in the evidence, and nothing may claim
    that something was done or will be done: only a ledger row could say so.
    """
    said = said.translate(_FOLD)
    proof = "\n".join(evidence).translate(_FOLD)
    if _IMAGE.search(said):
        return "holds markup"
    if _DONE.search(said):
        return "claims an action"
    links = {one.rstrip(".,;:!?").casefold() for one in _LINK.findall(proof)}
    links |= {one.rstrip(".,;:!?").casefold() for one in _DOMAIN.findall(proof)}
    for pattern in (_LINK, _DOMAIN):
        for link in pattern.findall(said):
            if link.rstrip(".,;:!?").casefold() not in links:
                return f"link {link} is not in its source"
    rest = _DOMAIN.sub(" ", _LINK.sub(" ", said))
    codes = {one.casefold() for one in _CODE.findall(proof)}
    for code in _CODE.findall(rest):
        if code.casefold() not in codes:
            return f"{code} is not in its source"
    known = _numbers(proof)
    for number in _numbers(_CODE.sub(" ", rest)):
        if number not in known:
            return f"number {number} is not in its source"
    months = {month_of(word) for word in _WORD.findall(proof)}
    for word in _WORD.findall(rest):
        month = month_of(word) if word[0].isupper() or (word.islower() and len(word) > 4) else None
        if month is not None and month not in months and word.casefold() not in proof.casefold():
            return f"{word} is not in its source"
    return None


def _numbers(text: str) -> set[str]:
    return {_canonical(one) for one in _NUMBER.findall(text)}


def _canonical(number: str) -> str:
    if ":" in number:
        return number.lstrip("0") or "0"
    plain = number
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number):
        plain = re.sub(r"[.,]", "", number)
    elif number.count(",") + number.count(".") == 1:
        plain = number.replace(",", ".")
    elif "," in number or "." in number:
        head, tail = re.split(r"[.,](?=\d+$)", number, maxsplit=1)
        plain = re.sub(r"[.,]", "", head) + "." + tail
    try:
        return format(Decimal(plain).normalize(), "f")
    except InvalidOperation:
        return number
