"""The relay's holder killed at random moments, and frozen: the next one leads, once and in order."""

import asyncio
import random

from tests.chaos.agreement import everyone_agrees, written_once
from tests.chaos.conftest import SECOND, House, until
from tests.chaos.talk import burst, chatter, tend

HOLDER = (
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.classid = 7305 AND l.objid = 0 AND l.granted"
)
KILLS = 4


async def holder(house: House) -> str:
    """The part of the stack that leads the relay, once one does."""
    pids = {part.pid: name for name, part in house.stack.parts.items() if part.running}
    found: list[str] = []

    async def leads() -> bool:
        rows = await house.rows(HOLDER)
        found.extend(pids[pid] for row in rows if (pid := _pid(row["application_name"])) in pids)
        return bool(found)

    await until(leads)
    return found[0]


def _pid(name: str) -> int:
    assert name.startswith("shopbell relay ")
    return int(name.split()[-1])


async def test_every_event_comes_once_and_in_order_when_the_relays_holder_is_killed_under_load(
    two_servers: House,
) -> None:
    house, dice = two_servers, random.Random(11)
    ben, shoppers = await house.agent(1), [await house.shopper() for _ in range(6)]
    killed: list[str] = []

    async def kill_again_and_again() -> None:
        for _ in range(KILLS):
            heard = len(ben.heard)
            await ben.until(lambda heard=heard: len(ben.heard) > heard)
            await asyncio.sleep(dice.uniform(0, 0.05))
            name = await holder(house)
            house.stack.kill(name)
            house.stack.revive(name)
            killed.append(name)

    killing = asyncio.create_task(kill_again_and_again())
    said: list[str] = []
    round_number = 0
    while not killing.done():
        round_number += 1
        talks = await asyncio.gather(
            *(chatter(one, f"{i} killed {round_number}", 2) for i, one in enumerate(shoppers[:4])),
            *(burst(one, f"{i} killed {round_number}", 2) for i, one in enumerate(shoppers[4:])),
            tend(ben, shoppers[0], f"Ben killed {round_number}", 2),
        )
        said += [text for texts in talks for text in texts]
    await killing
    await everyone_agrees(house)
    await written_once(house, said)
    assert len(killed) == KILLS
    assert {"server", SECOND} & set(killed)


async def test_a_frozen_holder_loses_the_lead_and_doubles_nothing_when_it_wakes(
    two_servers: House,
) -> None:
    house = two_servers
    frozen = await holder(house)
    others = [url for url in house.urls if url != house.stack.address(frozen)]
    ben, mia = await house.agent(1, *others), await house.shopper(*others)
    said = await chatter(mia, "warm", 1)
    house.stack.pause(frozen)
    try:
        said += await chatter(mia, "frozen holder", 3)
        await ben.until(lambda: set(said) <= {one["text"] for one in ben.messages.values()})
        assert await holder(house) != frozen
    finally:
        house.stack.resume(frozen)
    said += await chatter(mia, "thawed", 3)
    tom = await house.shopper(house.stack.address(frozen) or others[0])
    said += await chatter(tom, "by the one that woke", 2)
    await everyone_agrees(house)
    await written_once(house, said)
