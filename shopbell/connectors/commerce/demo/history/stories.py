"""The conversations of the demo shop as they lie in the files under content/stories/.

A story is a talk in a small notation, one line a step, with `|` between ways to say the same:

    c: words of the customer | other words
    a[slug, order, product]: the assistant's answer and what it cites
    h[reason]: what the assistant tells the customer when it hands off
    p[ben]: a person's reply; n[cleo]: a note between people
    ok: resolved; gap 3: three days go by; fail: the line before could not be delivered
    take[ben] · snooze[cleo] 18 · urgent · high · suggest[slug]: an answer that came too late

In the stories of the live desk each line begins with its age in minutes, as in `c@14: words`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from shopbell.connectors.commerce.demo.library import CONTENT, read_toml

_LINE = re.compile(
    r"(?P<kind>[a-z]+)(?:\[(?P<args>[^\]]*)\])?(?:@(?P<age>[\d.]+))?(?: (?P<number>\d+))?(?:: (?P<text>.+))?"
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a talk; `age` in minutes before now, `number` hours or days."""

    kind: str
    args: tuple[str, ...] = ()
    age: float | None = None
    number: int = 0
    texts: tuple[str, ...] = ()


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation to be played with the facts of one customer.

    `needs` says which order it is about (see facts.py), `about` which products where there is no
    order: handles, or a collection's title. `weight` is its share among those of its language.
    """

    key: str
    talk: str
    tags: tuple[str, ...] = ()
    language: str = "en"
    needs: str = ""
    about: tuple[str, ...] = ()
    weight: float = 1
    team: str = ""
    subject: str = ""
    channels: tuple[str, ...] = ()
    unread: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """The steps in order."""
        return _lines(self.talk)


@cache
def past() -> tuple[Story, ...]:
    """The stories that past tickets are made from."""
    files = sorted((CONTENT / "stories").glob("past-*.toml"))
    return tuple(story for file in files for story in _read(file))


@cache
def live() -> tuple[Story, ...]:
    """The conversations that are open when the inbox is first looked at."""
    return _read(CONTENT / "stories" / "live.toml")


def _read(file: Path) -> tuple[Story, ...]:
    content: dict[str, Any] = read_toml(file)
    shared = content.get("all", {})
    return tuple(msgspec.convert({**shared, **one}, Story) for one in content["story"])


@cache
def _lines(talk: str) -> tuple[Line, ...]:
    return tuple(_line(text) for text in talk.strip().splitlines() if text.strip())


def _line(text: str) -> Line:
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a line of a story: {text!r}")
    args = tuple(one.strip() for one in (found["args"] or "").split(",") if one.strip())
    said = (found["text"] or "").split(" | ") if found["text"] else []
    return Line(
        kind=found["kind"],
        args=args,
        age=float(found["age"]) if found["age"] else None,
        number=int(found["number"] or 0),
        texts=tuple(one.strip().replace("\\n", "\n") for one in said),
    )
