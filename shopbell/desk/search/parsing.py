"""From what is typed to what is meant."""

import re
from datetime import date

from shopbell.desk.errors import Invalid
from shopbell.desk.search.types import Filter, Query
from shopbell.desk.search.where import STATES

LONGEST = 300
MOST_PARTS = 16
KEYS = ("from", "channel", "tag", "is", "assignee", "in")
PLACES = ("note", "public")
_PART = re.compile(r'(?P<not>-)?(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<word>\S+))')


def parse(text: str) -> Query:
    """The query that a text means. What looks like an operator and is none is looked for as a word.

    Raises Invalid, with words that say what to do, for a text that is too long and for a value
    that an operator does not have.
    """
    if len(text) > LONGEST:
        raise Invalid(f"A search has at most {LONGEST} characters", "Look for fewer words.")
    phrases: list[str] = []
    filters: list[Filter] = []
    number: int | None = None
    days: dict[str, date] = {}
    for part in list(_PART.finditer(text.replace("\x00", " ")))[:MOST_PARTS]:
        key = part["key"]
        value = (part["quoted"] if part["quoted"] is not None else part["word"]).strip()
        if not value:
            continue
        if key in ("before", "after", "on"):
            days[key] = _day(key, value)
        elif key in KEYS:
            filters.append(_filter(key, value, unless=bool(part["not"])))
        elif key is None and re.fullmatch(r"#\d{1,15}", value):
            number = int(value[1:])
        else:
            phrases.append(f"{key}:{value}" if key else value)
    return Query(
        phrases=tuple(phrases),
        filters=tuple(filters),
        number=number,
        since=days.get("on") or days.get("after"),
        until=days.get("on") or days.get("before"),
    )


def _filter(key: str, value: str, *, unless: bool) -> Filter:
    allowed = {"is": tuple(STATES), "in": PLACES}.get(key)
    if allowed and value.lower() not in allowed:
        raise Invalid(f"There is no {key}:{value}", f"Choose one of {', '.join(allowed)}.")
    folded = value if key == "from" else value.lower()
    return Filter(key=key, value=folded, unless=unless)


def _day(key: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid(f"{value} is no date", f"Write {key}:2026-11-25.") from None
