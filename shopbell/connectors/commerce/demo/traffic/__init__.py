"""Shoppers who talk to the demo shop over the real websocket, so that the inbox moves."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

import httpx

from shopbell.connectors.commerce.demo.traffic.line import Misunderstood, NoChat
from shopbell.connectors.commerce.demo.traffic.shopper import Tally, visit
from shopbell.connectors.commerce.demo.traffic.stories import deck

__all__ = ["Tally", "play"]

TELL_EVERY_S = 60.0
BETWEEN_S = (3.0, 20.0)
SHOP_AWAY_S = 5.0


async def play(
    address: str,
    *,
    shoppers: int,
    seconds: float | None = None,
    seed: int = 1,
    pace: float = 1.0,
    tell: Callable[[str], None] = print,
) -> Tally:
    """Have so many shoppers at a time visit the shop at this address, for so long or for ever.

    The same `seed` and number play the same visits in the same order. `pace` is how long a
    second of a shopper's takes, below 1 for a shop in a hurry. A line a minute goes to `tell`.
    """
    tally = Tally()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            group.create_task(_tell_each_minute(tally, tell))
            for seat in range(shoppers):
                group.create_task(_come_and_go(address, seat, shoppers, seed, tally, pace, tell))
    return tally


def told(tally: Tally) -> str:
    """The tally in a line."""
    return (
        f"{tally.talking} shoppers talk; so far {tally.visits} have left, {tally.said} messages"
        f" were sent, {tally.answered} answered, {tally.asked_for_person} asked for a person"
    )


async def _come_and_go(
    address: str,
    seat: int,
    seats: int,
    seed: int,
    tally: Tally,
    pace: float,
    tell: Callable[[str], None],
) -> None:
    dice = random.Random(f"{seed} {seat} of {seats}")  # noqa: S311 - the same shoppers each time
    await asyncio.sleep(dice.uniform(0, BETWEEN_S[0]) * pace)
    while True:
        for story in deck(seat, seats, dice):
            try:
                await visit(address, story, random.Random(dice.random()), tally, pace)  # noqa: S311
            except (httpx.HTTPError, NoChat) as away:
                tell(f"the shop does not answer ({away or type(away).__name__}), trying again")
                await asyncio.sleep(SHOP_AWAY_S)
            except Misunderstood as wrong:
                tell(f"a shopper was cut off: {wrong}")
            await asyncio.sleep(dice.uniform(*BETWEEN_S) * pace)


async def _tell_each_minute(tally: Tally, tell: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        tell(told(tally))
