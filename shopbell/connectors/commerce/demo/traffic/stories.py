"""What shoppers say, as it lies in content/stories/traffic.toml.

A talk is one line a step, with `|` between ways to say the same:

    c: words      said, then the answer is waited for and read
    m: words      said, and more comes at once
    q: words      said in the end where the assistant has answered
    p: words      said in the end where a person has answered
    person        *Talk to a person* is pressed
"""

import random
from functools import cache
from typing import Any

import msgspec

from shopbell.connectors.commerce.demo.library import CONTENT, read_toml

KINDS = ("c", "m", "q", "p", "person")


class Step(msgspec.Struct, frozen=True):
    """One line of a talk; `texts` are the ways to say it."""

    kind: str
    texts: tuple[str, ...] = ()


class Story(msgspec.Struct, frozen=True, kw_only=True, rename={"shopper": "as"}):
    """One visit. `page` is the handle of the product that is looked at, empty for the front page;
    `shopper` the known customer who is signed in, empty for a guest."""

    key: str
    talk: str
    language: str = "en"
    page: str = ""
    shopper: str = ""
    weight: int = 1

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order. Raises ValueError for a line that is none."""
        return tuple(_step(line) for line in self.talk.strip().splitlines())


@cache
def stories() -> tuple[Story, ...]:
    """All of them, in the file's order."""
    content: dict[str, Any] = read_toml(CONTENT / "stories" / "traffic.toml")
    return msgspec.convert(content["story"], tuple[Story, ...])


def deck(seat: int, seats: int, dice: random.Random) -> list[Story]:
    """The stories of one of so many shoppers, shuffled, each as often as its weight says.

    A known customer is always played by the same one, so nobody talks twice at a time.
    """
    known = sorted({one.shopper for one in stories() if one.shopper})
    cards = [
        one
        for one in stories()
        if not one.shopper or known.index(one.shopper) % seats == seat
        for _ in range(one.weight)
    ]
    dice.shuffle(cards)
    return cards


def _step(line: str) -> Step:
    kind, _, said = line.strip().partition(": ")
    if kind not in KINDS or bool(said) == (kind == "person"):
        raise ValueError(f"not a line of a talk: {line!r}")
    return Step(kind, tuple(said.split(" | ")) if said else ())
