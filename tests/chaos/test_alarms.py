"""Deadlines outlive whoever was to ring them: each alarm goes off once, by the next worker."""

import pytest
from psycopg.types.json import Jsonb

from shopbell.desk.ids import uuid7
from tests.chaos.conftest import House, until
from tests.chaos.talk import ticket_of

TARGETS = [{"kind": "resolution", "seconds": 4, "hours": "always"}]
PROMISE = "INSERT INTO sla_policy (id, place, name, targets) VALUES (%s, 0, 'Soon', %s)"
RUNG = (
    "SELECT payload -> 'alarm' ->> 'step' AS step FROM event WHERE ticket_id = %s"
    " AND kind IN ('clock.warned', 'clock.breached') ORDER BY position"
)
PAST = (
    "SELECT 1 FROM sla_clock WHERE ticket_id = %s AND due_at < clock_timestamp() - interval '1 s'"
)


async def steps(house: House, ticket: str) -> list[str]:
    """The alarms of a ticket that were told, in their order."""
    return [row["step"] for row in await house.rows(RUNG, ticket)]


@pytest.mark.parametrize("wiped", [False, True], ids=["alone", "and Redis is wiped"])
async def test_a_breach_that_a_killed_worker_did_not_ring_is_rung_once_by_the_next(
    house: House, wiped: bool
) -> None:
    policy = uuid7()
    await house.rows(PROMISE, policy, Jsonb(TARGETS))
    ben, mia = await house.agent(1), await house.shopper()
    house.stack.kill("worker")
    await mia.answered(await mia.say("Is the lantern in stock?"))
    ticket = await ticket_of(ben, mia)
    await until(lambda: house.rows(PAST, ticket))
    if wiped:
        house.stack.wipe_redis()
    assert await steps(house, ticket) == []

    house.stack.revive("worker")
    await until(lambda: steps(house, ticket))
    ola = await house.shopper()
    await ola.answered(await ola.say("Is the kettle in stock?"))
    later = await ticket_of(ben, ola)

    async def later_is_late() -> bool:
        return (await steps(house, later))[-1:] == ["100"]

    await until(later_is_late)
    told = [int(step) for step in await steps(house, later)]
    assert told == sorted(set(told)), "each once, and a higher one never before a lower"
    assert await steps(house, ticket) == ["100"]
    await house.rows("DELETE FROM sla_policy WHERE id = %s", policy)
