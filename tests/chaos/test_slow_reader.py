"""A viewer that reads nothing: its queue is bounded, it is told to resume, and nobody waits for it."""

import psutil

from tests.chaos.clients import AgentAtWork
from tests.chaos.conftest import House
from tests.chaos.talk import chatter, ticket_of

REMEMBERED = 6_000
"""Events until the server's memory of the stream is full."""
EVENTS = 20_000
AT_ONCE = 400
PADDING = 4_000
LET_GO = 1006
"""What a client sees that reads again only after the server has given up telling it the code."""
FLAT = 48 * 2**20
"""Bytes; what a queue without a bound would hold of these events is more."""


async def test_a_viewer_that_reads_nothing_is_told_to_resume_while_the_others_hear_everything(
    house: House,
) -> None:
    server = psutil.Process(house.stack.server.pid)
    slow, quick, mia = await house.agent(1), await house.agent(2), await house.shopper()
    await chatter(mia, "slow reader", 1)
    ticket = await ticket_of(quick, mia)
    await told_many_times(house, quick, ticket, REMEMBERED)
    await slow.until(lambda: len(slow.heard) >= REMEMBERED)
    before = server.memory_info().rss

    assert slow.socket is not None
    slow.socket.transport.pause_reading()
    await told_many_times(house, quick, ticket, EVENTS)
    said = await chatter(mia, "beside the slow reader", 5)
    await quick.until(lambda: set(said) <= {one["text"] for one in quick.messages.values()})
    assert slow.closes == []
    assert server.memory_info().rss - before < FLAT

    slow.socket.transport.resume_reading()
    await slow.until(lambda: slow.closes)
    assert slow.closes in ([4001], [LET_GO])
    await slow.until(lambda: slow.fresh == 2 and slow.socket is not None)
    assert quick.closes == mia.closes == []


async def told_many_times(house: House, agent: AgentAtWork, ticket: str, times: int) -> None:
    """Put an event of the ticket into the outbox again and again, as fast as the agent hears it."""
    for _ in range(times // AT_ONCE):
        heard = len(agent.heard)
        await house.rows(
            "INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)"
            " SELECT 'ticket.updated', thread_id, ticket_id,"
            "        jsonb_set(payload - 'message', '{ticket,subject}', to_jsonb(repeat('x', %s))),"
            "        at"
            " FROM (SELECT * FROM event WHERE ticket_id = %s ORDER BY position LIMIT 1) AS one,"
            "      generate_series(1, %s)",
            *(PADDING, ticket, AT_ONCE),
        )
        await agent.until(lambda heard=heard: len(agent.heard) >= heard + AT_ONCE)
