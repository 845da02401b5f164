"""`kill -9` of the server while shoppers and agents send."""

import asyncio

from tests.chaos.agreement import everyone_agrees, written_once
from tests.chaos.conftest import House
from tests.chaos.talk import burst, chatter, tend


async def test_what_was_acked_stands_once_and_in_one_order_when_the_server_is_killed_under_load(
    house: House,
) -> None:
    ben, cleo = await house.agent(1), await house.agent(2)
    shoppers = [await house.shopper() for _ in range(6)]
    talking = asyncio.gather(
        *(chatter(one, f"shopper {number}", 12) for number, one in enumerate(shoppers[:4])),
        *(burst(one, f"shopper {number}", 12) for number, one in enumerate(shoppers[4:], 4)),
        tend(ben, shoppers[0], "Ben", 12),
        tend(cleo, shoppers[1], "Cleo", 12),
    )
    for acks in (1, 4, 9):
        await shoppers[0].until(lambda acks=acks: len(shoppers[0].acks) >= acks)
        house.stack.kill("server")
        house.stack.revive("server")
        await house.ready()
    said = [text for texts in await talking for text in texts]
    await everyone_agrees(house)
    await written_once(house, said)
    assert all(len(one.closes) >= 2 for one in house.people)
