"""`kill -9` of the server while shoppers and agents send."""

import asyncio

from tests.chaos.agreement import everyone_agrees, written_once
from tests.chaos.clients import AgentAtWork, Shopper
from tests.chaos.conftest import House

EACH = 12


async def chatter(shopper: Shopper, name: str, count: int = EACH) -> list[str]:
    """Say things one after the other, the next once the last is acked; what was said."""
    texts = [f"{name} asks {number}" for number in range(count)]
    for text in texts:
        assert (await shopper.answered(await shopper.say(text)))["type"] == "ack"
    return texts


async def burst(shopper: Shopper, name: str, count: int = EACH) -> list[str]:
    """Say things without waiting for any ack; what was said."""
    texts = [f"{name} bursts {number}" for number in range(count)]
    sent = [await shopper.say(text) for text in texts]
    for one in sent:
        assert (await shopper.answered(one))["type"] == "ack"
    return texts


async def tend(agent: AgentAtWork, shopper: Shopper, name: str, count: int = EACH) -> list[str]:
    """Reply to a shopper's ticket again and again; what was said."""
    await shopper.until(lambda: shopper.acks)
    first = next(iter(shopper.acks))
    await agent.until(lambda: first in agent.messages)
    ticket = agent.messages[first]["ticket_id"]
    texts = [f"{name} replies {number}" for number in range(count)]
    for text in texts:
        assert (await agent.answered(await agent.reply(ticket, text)))["type"] == "ack"
    return texts


async def test_what_was_acked_stands_once_and_in_one_order_when_the_server_is_killed_under_load(
    house: House,
) -> None:
    ben, cleo = await house.agent(1), await house.agent(2)
    shoppers = [await house.shopper() for _ in range(6)]
    talks = [
        *(chatter(one, f"shopper {number}") for number, one in enumerate(shoppers[:4])),
        *(burst(one, f"shopper {number}") for number, one in enumerate(shoppers[4:], 4)),
        tend(ben, shoppers[0], "Ben"),
        tend(cleo, shoppers[1], "Cleo"),
    ]
    talking = asyncio.gather(*talks)
    for acks in (2, 6):
        await shoppers[0].until(lambda acks=acks: len(shoppers[0].acks) >= acks)
        house.stack.kill("server")
        house.stack.revive("server")
        await house.ready()
    said = [text for texts in await talking for text in texts]
    await everyone_agrees(house)
    await written_once(house, said)
    assert all(len(one.closes) >= 2 for one in house.people)
