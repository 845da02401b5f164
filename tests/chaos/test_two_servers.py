"""Two servers over the same books: whoever is on one sees and says the same as on the other."""

import asyncio
from typing import Any

import httpx
import pytest

from shopbell.desk.ids import uuid7
from tests.chaos.agreement import everyone_agrees, written_once
from tests.chaos.clients import AgentAtWork
from tests.chaos.conftest import House, until
from tests.chaos.talk import chatter, ticket_of


async def test_the_same_id_at_once_on_two_servers_is_one_row_and_one_ack_each(
    two_servers: House,
) -> None:
    house = two_servers
    here = await house.shopper(house.urls[0])
    there = await house.same_shopper(here, house.urls[1])
    for number in range(10):
        draft = {"id": str(uuid7()), "text": f"Twice {number}"}
        for page in (here, there):
            page.waiting[draft["id"]] = {"type": "send", "draft": draft}
        await asyncio.gather(*(one.tell(type="send", draft=draft) for one in (here, there)))
        acks = [await one.answered(draft["id"]) for one in (here, there)]
        assert acks[0]["message"] == acks[1]["message"]
        rows = await house.rows("SELECT seq FROM message WHERE id = %s", draft["id"])
        assert [row["seq"] for row in rows] == [acks[0]["message"]["seq"]]
    await everyone_agrees(house)
    for page in (here, there):
        acked = [frame["id"] for frame in page.frames if frame["type"] == "ack"]
        assert len(acked) == len(set(acked)) == 10


async def test_who_is_on_one_server_sees_what_is_said_on_the_other(two_servers: House) -> None:
    house = two_servers
    ben = await house.agent(1, house.urls[0])
    mia = await house.shopper(house.urls[1])
    said = await chatter(mia, "across", 3)
    ticket = await ticket_of(ben, mia)
    replied = await ben.reply(ticket, "From the other side")
    await ben.answered(replied)
    await mia.until(lambda: replied in mia.messages)
    await everyone_agrees(house)
    await written_once(house, said)


async def test_a_position_of_one_server_resumes_on_the_other(two_servers: House) -> None:
    house = two_servers
    ben, mia = await house.agent(1, *house.urls), await house.shopper(*house.urls)
    tom = await house.shopper(house.urls[1])
    said = await chatter(mia, "roaming", 2)
    await ticket_of(ben, mia)
    house.stack.kill("server")
    said += await chatter(tom, "meanwhile", 3)
    said += await chatter(mia, "roamed", 2)
    house.stack.revive("server")
    await house.ready()
    await everyone_agrees(house)
    await written_once(house, said)
    assert ben.closes
    assert mia.closes


@pytest.mark.parametrize("how", ["take over", "reply"])
async def test_of_two_agents_at_once_one_has_it_and_the_other_is_told_who(
    two_servers: House, how: str
) -> None:
    house = two_servers
    agents = [await house.agent(number, house.urls[number - 1]) for number in (1, 2)]
    for number in range(8):
        shopper = await house.shopper()
        await chatter(shopper, f"{how} {number}", 1)
        tickets = [await ticket_of(agent, shopper) for agent in agents]
        tries = [
            attempt(how, agent, tickets[0], agent.urls[0], f"{how} {number} by {agent.name}")
            for agent in agents
        ]
        outcomes = await asyncio.gather(*tries)
        lost = [one for one in outcomes if one is not None]
        winner = agents[outcomes.index(None)]
        assert len(lost) == 1
        assert (lost[0]["type"], lost[0]["holder"]) == ("taken", winner.name)
        rows = await house.rows(
            "SELECT k.control, k.epoch, a.name FROM ticket k JOIN agent a ON a.id = k.assignee_id"
            " WHERE k.id = %s",
            tickets[0],
        )
        assert [(row["control"], row["name"]) for row in rows] == [("agents", winner.name)]
        taken = "SELECT 1 FROM event WHERE ticket_id = %s AND kind = 'control.taken'"
        await until(lambda taken=taken, ticket=tickets[0]: house.rows(taken, ticket))
        assert len(await house.rows(taken, tickets[0])) == 1
    await everyone_agrees(house)


async def attempt(
    how: str, agent: AgentAtWork, ticket: str, url: str, text: str
) -> dict[str, Any] | None:
    """Take a ticket over by its button or by a reply; the problem where that is refused."""
    if how == "reply":
        answer = await agent.answered(await agent.reply(ticket, text))
        return answer.get("problem")
    async with agent.inbox(url) as inbox:
        taken: httpx.Response = await inbox.post(f"/api/tickets/{ticket}/take-over", json={})
    return None if taken.status_code == 200 else taken.json()


async def test_a_shopper_sees_their_own_thread_and_nothing_of_any_other(
    two_servers: House,
) -> None:
    house = two_servers
    ben = await house.agent(1)
    shoppers = [await house.shopper(house.urls[number % 2]) for number in range(6)]
    secrets = [f"secret-{uuid7().hex}" for _ in shoppers]

    async def confide(number: int) -> None:
        shopper, secret = shoppers[number], secrets[number]
        await chatter(shopper, secret, 4)
        ticket = await ticket_of(ben, shopper)
        await ben.answered(await ben.reply(ticket, f"Dear {secret}"))

    await asyncio.gather(*(confide(number) for number in range(len(shoppers))))
    await everyone_agrees(house)
    for shopper, secret in zip(shoppers, secrets, strict=True):
        told = repr(shopper.frames)
        assert f"Dear {secret}" in told
        assert not [other for other in secrets if other != secret and other in told]
        async with house.page(shopper) as http:
            page = (await http.get("/api/widget/messages")).text
            assert not [other for other in secrets if other != secret and other in page]
            polled = await http.get(
                "/api/widget/poll",
                params={"epoch": shopper.epoch, "position": "0"},
            )
            assert not [other for other in secrets if other != secret and other in polled.text]
