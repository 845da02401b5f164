"""What is due at a time is a row: it outlives every process and is done once."""

from datetime import timedelta

from shopbell.desk.database import now
from tests.chaos.agreement import everyone_agrees
from tests.chaos.conftest import House, until
from tests.chaos.talk import chatter, ticket_of

SNOOZED_S = 3.0


async def test_a_snooze_outlives_worker_redis_and_postgres_and_ends_once(house: House) -> None:
    ben, shoppers = await house.agent(1), [await house.shopper() for _ in range(3)]
    tickets: list[str] = []
    for number, shopper in enumerate(shoppers):
        await chatter(shopper, f"deadline {number}", 1)
        tickets.append(await ticket_of(ben, shopper))
    until_then = (now() + timedelta(seconds=SNOOZED_S)).isoformat()
    async with ben.inbox(house.urls[0]) as inbox:
        for ticket in tickets:
            await inbox.post(f"/api/tickets/{ticket}/take-over", json={})
            answer = await inbox.post(f"/api/tickets/{ticket}/snooze", json={"until": until_then})
            assert answer.status_code == 200, answer.text
    house.stack.kill("worker")
    house.stack.wipe_redis()
    house.stack.kill("postgres")
    house.stack.revive("postgres")
    house.stack.revive("worker")

    async def awake() -> bool:
        rows = await house.rows(
            "SELECT 1 FROM ticket WHERE id = ANY(%s::uuid[]) AND status = 'open'", tickets
        )
        return len(rows) == len(tickets)

    await until(awake)
    await everyone_agrees(house)
    reopened = [one["ticket_id"] for one in ben.heard if one["kind"] == "ticket.reopened"]
    assert sorted(reopened) == sorted(tickets)


async def test_the_wait_that_a_customer_was_promised_outlives_a_killed_server(
    house: House,
) -> None:
    mia = await house.shopper()
    promised = (await mia.answered(await mia.send(type="ask_person")))["thread"]["promised_by"]
    house.stack.kill("server")
    house.stack.revive("server")
    await house.ready()
    page = await house.same_shopper(mia, *house.urls)
    await page.until(lambda: len(page.frames) >= 2)
    thread = page.frames[1]["thread"]
    assert (thread["waiting"], thread["promised_by"]) == (True, promised)
    rows = await house.rows(
        "SELECT 1 FROM event e JOIN message m USING (thread_id)"
        " WHERE m.id = %s AND e.kind = 'control.handed_off'",
        next(iter(mia.acks)),
    )
    assert len(rows) == 1
