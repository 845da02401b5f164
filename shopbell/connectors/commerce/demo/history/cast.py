"""Who takes part: the shop's people, its connections, and the customers with their identities."""

from __future__ import annotations

import datetime as dt
import random
import uuid

import msgspec

from shopbell.connectors.commerce.demo.world import COUNTRIES, Country, Shopper, plain, uuid7_at
from shopbell.desk.messages.types import Author
from shopbell.desk.sla.policies import Rules

CHANNELS = {
    "webchat": "Shop chat",
    "email": "care@wetherfold.example",
    "whatsapp": "WhatsApp +353 74 555 0142",
    "instagram": "Instagram @wetherfold",
    "messenger": "Messenger Wetherfold",
    "tiktok": "TikTok @wetherfold",
    "sms": "SMS +353 74 555 0142",
    "discord": "Discord The Fold",
    "slack": "Slack Wetherfold trade",
    "telegram": "Telegram @wetherfold",
}
"""Every channel and what its connection is called."""

SHARES = {
    "webchat": 38, "email": 24, "whatsapp": 12, "instagram": 9, "messenger": 5, "sms": 4,
    "tiktok": 3, "telegram": 2, "discord": 2, "slack": 1,
}  # fmt: skip
"""How many of a hundred tickets come by each channel."""


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """One of the shop's people."""

    id: uuid.UUID
    name: str
    email: str

    @property
    def author(self) -> Author:
        return Author(kind="agent", id=self.id, name=self.name)

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The desk that history happens in: ids by name, and what is promised there."""

    brand_id: uuid.UUID
    staff: dict[str, Staff]
    teams: dict[str, uuid.UUID]
    connections: dict[str, uuid.UUID]
    rules: Rules = Rules()


class Person(msgspec.Struct, kw_only=True):
    """A customer of the desk, with a thread; `shopper` where they have bought something."""

    id: uuid.UUID
    thread_id: uuid.UUID
    name: str
    language: str
    country: Country
    shopper: Shopper | None
    identities: dict[str, tuple[str, str]]
    known_at: dt.datetime
    free_from: dt.datetime

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    def identify(self, channel: str, dice: random.Random) -> None:
        """Note how this channel knows them."""
        self.identities.setdefault(channel, _identity(self, channel, dice))


def people(
    shoppers: list[Shopper], strangers: int, since: dt.datetime, dice: random.Random
) -> list[Person]:
    """The shoppers as customers of the desk, and as many again who have only asked."""
    taken = {one.name for one in shoppers}
    made = [_person(one.name, one.country, one, since, dice) for one in shoppers]
    countries = [one for one in COUNTRIES for _ in range(3 if one.language != "en" else 2)]
    while len(made) < len(shoppers) + strangers:
        country = dice.choice(countries)
        name = f"{dice.choice(country.given)} {dice.choice(country.family)}"
        if name not in taken:
            taken.add(name)
            made.append(_person(name, country, None, since, dice))
    return made


def _person(
    name: str, country: Country, shopper: Shopper | None, since: dt.datetime, dice: random.Random
) -> Person:
    return Person(
        id=uuid7_at(since, dice),
        thread_id=uuid7_at(since, dice),
        name=name,
        language=country.language if country.language in ("de", "es", "fr") else "en",
        country=country,
        shopper=shopper,
        identities={},
        known_at=since,
        free_from=since,
    )


def _identity(who: Person, channel: str, dice: random.Random) -> tuple[str, str]:
    handle = plain(who.name).replace("-", "")
    number = dice.randint(10, 99)
    match channel:
        case "webchat":
            return "visitor", str(uuid7_at(who.known_at, dice))
        case "email":
            return "email", who.shopper.email if who.shopper else f"{handle}{number}@mail.example"
        case "whatsapp" | "sms":
            digits = "".join(dice.choice("0123456789") for _ in range(7))
            return "phone", who.shopper.phone if who.shopper else who.country.dial + digits
        case "discord" | "slack":
            return channel, str(dice.randint(10**16, 10**17))
        case "telegram":
            return channel, str(dice.randint(10**8, 10**9))
        case _:
            return channel, f"{handle.replace('.', '_')}{number}"
