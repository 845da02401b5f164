"""Fixed sentences in the reader's language; the only words of an answer that quote no source."""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from shopbell.desk.control.words import named_clock

FALLBACK = "en"


@cache
def _all() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("templates.toml").read_text("utf-8"))


def languages() -> tuple[str, ...]:
    """Languages that have templates; readers of others get English."""
    return tuple(_all())


def say(template: str, language: str, **facts: object) -> str:
    """The template in this language with its facts filled in, as they stand."""
    return str(_words(language)[template]).format(**facts)


def template_of(text: str) -> str | None:
    """The name of the fixed template a text begins with, None for any other text."""
    return next((name for fixed, name in _fixed() if text.startswith(fixed)), None)


@cache
def _fixed() -> tuple[tuple[str, str], ...]:
    return tuple(
        (text, name)
        for words in _all().values()
        for name, text in words.items()
        if isinstance(text, str) and "{" not in text
    )


def state_name(state: str, language: str) -> str:
    """An order's state as a reader of this language would call it."""
    return str(_words(language)["states"].get(state, state))


def language_name(named: str, language: str) -> str:
    """What a language is called in another, e.g. ("en", "de") gives Englisch."""
    return str(_words(language)["languages"].get(named, named))


def day(when: date | datetime, language: str) -> str:
    """A day without its year, e.g. 12 March."""
    words = _words(language)
    return str(words["date"]).format(day=when.day, month=words["months"][when.month - 1])


def with_wait(text: str, language: str, answer_by: datetime | None) -> str:
    """The text with the honest hour at which a person answers, where one is known."""
    if answer_by is None:
        return text
    away = answer_by.date() != datetime.now(answer_by.tzinfo).date()
    clock = named_clock(answer_by, language, day(answer_by, language) if away else "")
    return f"{text} {say('wait', language, time=clock)}"


def month_of(word: str) -> int | None:
    """The number of a month named in any of the languages, else None."""
    return _months().get(word.casefold())


@cache
def _months() -> dict[str, int]:
    return {
        str(name).casefold(): number
        for language, words in _all().items()
        if language != "ja"
        for number, name in enumerate(words["months"], 1)
    }


def _words(language: str) -> dict[str, Any]:
    return _all().get(language) or _all()[FALLBACK]
