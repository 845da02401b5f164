"""Postgres gone, too busy or blocked: no ack without commit, 503 that says when to try again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import psycopg

from shopbell.desk.ids import uuid7
from tests.chaos.agreement import everyone_agrees, written_once
from tests.chaos.clients import Shopper
from tests.chaos.conftest import House, until
from tests.chaos.talk import burst, chatter, tend, ticket_of

POOL = 8


async def test_postgres_killed_under_load_loses_no_ack_and_the_server_recovers_by_itself(
    house: House,
) -> None:
    server = house.stack.server.pid
    ben, shoppers = await house.agent(1), [await house.shopper() for _ in range(5)]
    talking = asyncio.gather(
        *(chatter(one, f"postgres {number}", 12) for number, one in enumerate(shoppers[:3])),
        *(burst(one, f"postgres {number}", 12) for number, one in enumerate(shoppers[3:], 3)),
        tend(ben, shoppers[0], "Ben on postgres", 12),
    )
    for acks in (2, 7):
        await shoppers[0].until(lambda acks=acks: len(shoppers[0].acks) >= acks)
        house.stack.kill("postgres")
        refused = await posted(house, shoppers[0])
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "unavailable"
        house.stack.revive("postgres")
    said = [text for texts in await talking for text in texts]
    await everyone_agrees(house)
    await written_once(house, said)
    assert house.stack.server.running
    assert house.stack.server.pid == server
    await house.the_assistant_answers()


async def posted(house: House, shopper: Shopper) -> httpx.Response:
    """The answer to a message by HTTP."""
    draft = {"id": str(uuid7()), "text": "By HTTP"}
    async with house.page(shopper) as http:
        return await http.post("/api/widget/messages", json=draft)


@asynccontextmanager
async def locked(house: House, thread_id: object) -> AsyncGenerator[None]:
    """Hold a thread's lock as somebody does who never comes to an end."""
    connection = await psycopg.AsyncConnection.connect(house.stack.database_url)
    async with connection, connection.transaction():
        await connection.execute("SELECT 1 FROM thread WHERE id = %s FOR UPDATE", (thread_id,))
        yield


async def thread_of(house: House, shopper: Shopper) -> object:
    rows = await house.rows("SELECT thread_id FROM message WHERE id = %s", next(iter(shopper.acks)))
    return rows[0]["thread_id"]


async def test_a_lock_that_is_not_given_is_503_and_what_waited_is_sent_again(house: House) -> None:
    ben, mia, tom = await house.agent(1), await house.shopper(), await house.shopper()
    said = await chatter(mia, "locked", 1)
    ticket = await ticket_of(ben, mia)
    async with (
        locked(house, await thread_of(house, mia)),
        ben.inbox(house.urls[0]) as inbox,
    ):
        waiting = await mia.say("locked out")
        beside = chatter(tom, "beside the lock", 3)
        taking = inbox.post(f"/api/tickets/{ticket}/take-over", json={})
        refused, taken, texts = await asyncio.gather(posted(house, mia), taking, beside)
        for one in (refused, taken):
            assert (one.status_code, one.json()["type"]) == (503, "unavailable")
            assert int(one.headers["retry-after"]) > 0
        assert waiting not in mia.acks
    said += texts
    assert (await mia.answered(waiting))["type"] == "ack"
    await everyone_agrees(house)
    await written_once(house, [*said, "locked out"])


async def test_a_pool_that_is_used_up_is_503_and_recovers(house: House) -> None:
    shoppers = [await house.shopper() for _ in range(POOL + 2)]
    said = [text for one in shoppers for text in await chatter(one, f"pool {id(one)}", 1)]
    threads = [await thread_of(house, one) for one in shoppers]
    async with AsyncExitStack() as held:
        for thread in threads:
            await held.enter_async_context(locked(house, thread))
        answers = await asyncio.gather(*(posted(house, one) for one in shoppers))
        assert {one.status_code for one in answers} == {503}
        assert all(int(one.headers["retry-after"]) > 0 for one in answers)
    texts = [await chatter(one, f"free {id(one)}", 1) for one in shoppers]
    await everyone_agrees(house)
    await written_once(house, [*said, *(text for one in texts for text in one)])


async def test_readyz_says_503_while_postgres_is_away_and_200_when_it_is_back(house: House) -> None:
    house.stack.kill("postgres")
    async with httpx.AsyncClient(base_url=house.urls[0], timeout=20) as http:

        async def unready() -> bool:
            answer = await http.get("/readyz")
            return answer.status_code == 503 and int(answer.headers["retry-after"]) > 0

        await until(unready)
        assert (await http.get("/healthz")).status_code == 200
    house.stack.revive("postgres")
    await house.ready()
