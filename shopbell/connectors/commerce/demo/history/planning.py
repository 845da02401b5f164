"""Who wrote what when in the past sixty days, and who is writing now."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from shopbell.connectors.commerce.demo.history import stories
from shopbell.connectors.commerce.demo.history.cast import SHARES, Person
from shopbell.connectors.commerce.demo.history.facts import Matter, variants_about, window_of
from shopbell.connectors.commerce.demo.history.hours import local
from shopbell.connectors.commerce.demo.history.stories import Story
from shopbell.connectors.commerce.demo.history.telling import Plan
from shopbell.connectors.commerce.demo.orders import OrderRow, VariantRow

DAYS = 60
Thing = TypeVar("Thing")
APART = dt.timedelta(days=24)
"""Tickets of one customer lie this far apart, so that none would have reopened the one before."""

SLACK = dt.timedelta(days=30)
"""How long after its time a matter may still be asked about on the live desk."""

LANGUAGES = {"en": 72, "de": 14, "es": 7, "fr": 7}
_SCARCE = (
    "lost",
    "partly",
    "delayed",
    "new",
    "back",
    "northern",
    "moving",
    "worn",
    "delivered",
    "",
)
_HOURS = (
    1,
    1,
    0.5,
    0.5,
    0.5,
    1,
    2,
    5,
    10,
    20,
    30,
    30,
    24,
    22,
    24,
    24,
    24,
    20,
    20,
    26,
    30,
    24,
    12,
    4,
)
_WEEKDAYS = (1.35, 1.15, 1.05, 1.0, 0.95, 0.65, 0.75)  # fmt: skip


class Planner:
    """Deals customers, orders and times out to stories; nobody has two matters at once."""

    def __init__(
        self,
        people: Sequence[Person],
        orders: Sequence[OrderRow],
        shelf: Sequence[VariantRow],
        today: dt.datetime,
        dice: random.Random,
    ) -> None:
        self._people, self._shelf, self._today, self._dice = people, shelf, today, dice
        owners = {one.shopper.id: one for one in people if one.shopper}
        self._orders = [(owners[o.shopper.id], o) for o in orders if o.shopper.id in owners]
        self._busy: dict[object, list[dt.datetime]] = defaultdict(list)
        self._asked: set[str] = set()

    def live(self) -> list[Plan]:
        """One plan for each conversation of the live desk."""
        plans: list[Plan] = []
        for story in stories.live():
            age = story.lines[0].age or 0
            start = self._today - dt.timedelta(minutes=age)
            found = self._plan(story, story.channels[0], at=start)
            if found is not None:
                plans.append(found)
        return plans

    def past(self, count: int) -> list[Plan]:
        """`count` plans spread over the past, those with scarce orders dealt first."""
        wanted = [story for language in LANGUAGES for story in self._shares(language, count)]
        self._dice.shuffle(wanted)
        wanted.sort(key=lambda one: _SCARCE.index(one.needs))
        return [self._placed(story) for story in wanted]

    def _placed(self, story: Story) -> Plan:
        """A plan for the story, or for one that any customer may tell where no order fits it."""
        found = self._plan(story, self._channel(story))
        while found is None:
            free = [
                one for one in stories.past() if one.language == story.language and not one.needs
            ]
            other = self._dice.choice(free)
            found = self._plan(other, self._channel(other))
        return found

    def _shares(self, language: str, count: int) -> list[Story]:
        """Stories of a language, each as often as its weight says, in all its share of `count`."""
        told = [one for one in stories.past() if one.language == language]
        share = round(count * LANGUAGES[language] / 100)
        whole = sum(one.weight for one in told)
        exact = {one.key: one.weight * share / whole for one in told}
        each = {key: int(value) for key, value in exact.items()}
        rest = sorted(exact, key=lambda key: each[key] - exact[key])
        for key in rest[: share - sum(each.values())]:
            each[key] += 1
        return [story for story in told for _ in range(each[story.key])]

    def _channel(self, story: Story) -> str:
        open_to = story.channels or tuple(SHARES)
        return self._dice.choices(open_to, [SHARES[one] for one in open_to])[0]

    def _plan(self, story: Story, channel: str, at: dt.datetime | None = None) -> Plan | None:
        for who, matter, fixed in self._candidates(story, at):
            start = fixed or self._moment(matter.window)
            if any(abs(start - one) < APART for one in self._busy[who.id]):
                continue
            self._busy[who.id].append(start)
            if matter.order is not None:
                self._asked.add(f"{story.needs} {matter.order.number}")
            return Plan(story=story, who=who, matter=matter, channel=channel, start=start)
        return None

    def _candidates(
        self, story: Story, at: dt.datetime | None
    ) -> Iterable[tuple[Person, Matter, dt.datetime | None]]:
        if story.needs:
            yield from self._with_orders(story, at)
            return
        pieces = variants_about(story, self._shelf)
        window = (self._today - dt.timedelta(days=DAYS), self._today - dt.timedelta(hours=10))
        crowd = [one for one in self._people if one.language == story.language]
        for who in self._shuffled(crowd) * 3:
            yield who, Matter(window=window, variant=self._dice.choice(pieces)), at

    def _with_orders(
        self, story: Story, at: dt.datetime | None
    ) -> Iterable[tuple[Person, Matter, dt.datetime | None]]:
        earliest = self._today - dt.timedelta(days=DAYS)
        latest = at or self._today - dt.timedelta(hours=9)
        for who, order in self._shuffled(self._orders):
            if who.language != story.language or f"{story.needs} {order.number}" in self._asked:
                continue
            line = order.lines[-1 if story.needs == "partly" else 0]
            if story.about and line.variant.handle not in story.about:
                continue
            span = window_of(story.needs, order, self._today)
            if span is None:
                continue
            begin, end = max(span[0], earliest), min(span[1], latest)
            if (at is None and begin >= end) or (at and not span[0] <= at <= span[1] + SLACK):
                continue
            yield who, Matter(window=(begin, end), variant=line.variant, order=order), at

    def _moment(self, window: tuple[dt.datetime, dt.datetime]) -> dt.datetime:
        begin, end = window
        tries = [begin + (end - begin) * self._dice.random() for _ in range(14)]
        here = [local(one) for one in tries]
        weights = [_HOURS[one.hour] * _WEEKDAYS[one.weekday()] for one in here]
        return self._dice.choices(tries, weights)[0]

    def _shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        mixed = list(things)
        self._dice.shuffle(mixed)
        return mixed
