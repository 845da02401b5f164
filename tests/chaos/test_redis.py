"""Redis wiped, stopped and full while people talk: what they send commits, and all catch up."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shopbell.cli.embedded.valkey import ask
from tests.chaos.agreement import everyone_agrees, written_once
from tests.chaos.clients import Shopper
from tests.chaos.conftest import House
from tests.chaos.talk import chatter, tend

STOPPED_S = 30.0
PACE_S = 1.0


async def test_redis_wiped_again_and_again_while_messages_flow_loses_and_doubles_nothing(
    house: House,
) -> None:
    ben, shoppers = await house.agent(1), [await house.shopper() for _ in range(4)]
    talking = asyncio.gather(
        *(chatter(one, f"wiped {number}", 15) for number, one in enumerate(shoppers)),
        tend(ben, shoppers[0], "Ben wiped", 15),
    )
    for acks in (2, 5, 9, 13):
        await shoppers[0].until(lambda acks=acks: len(shoppers[0].acks) >= acks)
        house.stack.wipe_redis()
    said = [text for texts in await talking for text in texts]
    await everyone_agrees(house)
    await written_once(house, said)
    assert not any(one.closes for one in house.people), "a socket was lost with Redis"


async def keep_talking(shopper: Shopper, name: str, seconds: float) -> list[str]:
    """Say something each second; each must be acked before the next. What was said."""
    until, texts = time.monotonic() + seconds, list[str]()
    while time.monotonic() < until:
        texts.append(f"{name} says {len(texts)}")
        begun = time.monotonic()
        assert (await shopper.answered(await shopper.say(texts[-1]), 5))["type"] == "ack"
        await asyncio.sleep(max(0.0, PACE_S - (time.monotonic() - begun)))
    return texts


async def test_while_redis_is_stopped_for_30_s_sends_are_acked_and_heard_and_then_all_is_as_before(
    house: House,
) -> None:
    ben, shoppers = await house.agent(1), [await house.shopper() for _ in range(2)]
    await chatter(shoppers[0], "before", 2)
    house.stack.kill("valkey")
    talking = asyncio.gather(
        *(keep_talking(one, f"stopped {number}", STOPPED_S) for number, one in enumerate(shoppers))
    )
    await ben.until(lambda: any("stopped 0 says 3" in one["text"] for one in ben.messages.values()))
    said = [text for texts in await talking for text in texts]
    house.stack.restart("valkey")
    said += await chatter(shoppers[0], "after", 2)
    await everyone_agrees(house)
    await written_once(house, said)
    assert not any(one.closes for one in house.people), "a socket was lost with Redis"
    await house.the_assistant_answers()


async def test_a_redis_that_stands_still_holds_up_no_ack(house: House) -> None:
    ben, mia = await house.agent(1), await house.shopper()
    said = await chatter(mia, "before it froze", 1)
    async with frozen(house):
        said += await keep_talking(mia, "frozen", 5)
        await ben.until(lambda: set(said) <= {one["text"] for one in ben.messages.values()})
    await everyone_agrees(house)
    await written_once(house, said)


@asynccontextmanager
async def frozen(house: House) -> AsyncGenerator[None]:
    house.stack.pause("valkey")
    try:
        yield
    finally:
        house.stack.resume("valkey")


async def test_a_redis_that_is_full_holds_up_no_ack_and_no_event(house: House) -> None:
    ben, mia = await house.agent(1), await house.shopper()
    ask(house.stack.redis_url, "CONFIG SET maxmemory 1")
    try:
        said = await chatter(mia, "full", 10)
        await ben.until(lambda: set(said) <= {one["text"] for one in ben.messages.values()})
    finally:
        ask(house.stack.redis_url, "CONFIG SET maxmemory 256mb")
    said += await chatter(mia, "roomy", 3)
    await everyone_agrees(house)
    await written_once(house, said)
