"""What people say in these tests: each returns its texts once all of them are acked."""

from tests.chaos.clients import AgentAtWork, Shopper


async def chatter(shopper: Shopper, name: str, count: int) -> list[str]:
    """One thing after the other, the next once the last is acked."""
    texts = [f"{name} asks {number}" for number in range(count)]
    for text in texts:
        assert (await shopper.answered(await shopper.say(text)))["type"] == "ack"
    return texts


async def burst(shopper: Shopper, name: str, count: int) -> list[str]:
    """Everything at once, without waiting for any ack."""
    texts = [f"{name} bursts {number}" for number in range(count)]
    sent = [await shopper.say(text) for text in texts]
    for one in sent:
        assert (await shopper.answered(one))["type"] == "ack"
    return texts


async def ticket_of(agent: AgentAtWork, shopper: Shopper) -> str:
    """The ticket of what the shopper said first, once the agent has heard of it."""
    await shopper.until(lambda: shopper.acks)
    first = next(iter(shopper.acks))
    await agent.until(lambda: first in agent.messages)
    return agent.messages[first]["ticket_id"]


async def tend(agent: AgentAtWork, shopper: Shopper, name: str, count: int) -> list[str]:
    """An agent's replies to one shopper, one after the other."""
    ticket = await ticket_of(agent, shopper)
    texts = [f"{name} replies {number}" for number in range(count)]
    for text in texts:
        assert (await agent.answered(await agent.reply(ticket, text)))["type"] == "ack"
    return texts
