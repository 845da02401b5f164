"""Two agents at one ticket: one has it, the other is told who, and may take it on purpose."""

import asyncio

from shopbell.desk.ids import uuid7
from tests.server.conftest import Door, Inbox, door, ticket_of
from tests.server.live import Served

__all__ = ["door"]


async def test_of_two_who_take_over_at_once_one_has_it_and_the_other_learns_who(
    door: Door,
) -> None:
    agents = {"Ben": await door.agent("ben"), "Cleo": await door.agent("cleo")}
    for number in range(5):
        chat = await door.chat()
        ticket = await ticket_of(door, chat, f"Question {number}")
        path = f"/api/tickets/{ticket}/take-over"

        async def take(who: Inbox, path: str = path) -> tuple[int, dict[str, str]]:
            answer = await who.ask("POST", path, json={})
            return answer.status_code, answer.json()

        answers = dict(zip(agents, await asyncio.gather(*map(take, agents.values())), strict=True))
        assert sorted(status for status, _ in answers.values()) == [200, 409]
        winner = next(name for name, (status, _) in answers.items() if status == 200)
        loser = next(name for name in agents if name != winner)
        problem = answers[loser][1]
        assert (problem["type"], problem["holder"]) == ("taken", winner)
        assert winner in problem["title"]
        (row,) = await door.sql(
            "SELECT a.name, t.epoch, t.control FROM ticket t JOIN agent a ON a.id = t.assignee_id"
            " WHERE t.id = %s",
            ticket,
        )
        assert row == {"name": winner, "epoch": 2, "control": "agents"}
        taken = await door.sql(
            "SELECT kind FROM (SELECT kind, ticket_id FROM outbox UNION ALL"
            " SELECT kind, ticket_id FROM event) e WHERE kind = 'control.taken' AND ticket_id = %s",
            ticket,
        )
        assert len(taken) == 1
        on_purpose = await agents[loser].ask("POST", path, json={"on_purpose": True})
        assert on_purpose.json()["assignee_id"] == str(
            {"Ben": door.shop.ben, "Cleo": door.shop.cleo}[loser].id
        )
        assert on_purpose.json()["epoch"] == 3


async def test_of_two_who_reply_at_once_only_the_holders_words_reach_the_customer(
    served: Served,
) -> None:
    visitor = await served.visitor()
    cookies = [await served.cookie(f"{name}@demo.shop") for name in ("ben", "cleo")]
    async with (
        served.shopper(visitor["token"]) as mia,
        served.agent(cookies[0]) as ben,
        served.agent(cookies[1]) as cleo,
    ):
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        drafts = [{"id": str(uuid7()), "text": f"I am {name}"} for name in ("Ben", "Cleo")]
        for socket, draft in zip((ben, cleo), drafts, strict=True):
            await socket.tell(type="send", ticket_id=ticket, draft=draft)
        frames = [await socket.hear_any("ack", "refused") for socket in (ben, cleo)]
        assert sorted(frame["type"] for frame in frames) == ["ack", "refused"]
        lost = frames[0] if frames[0]["type"] == "refused" else frames[1]
        winner, late = ("Cleo", 0) if lost is frames[0] else ("Ben", 1)
        assert (lost["problem"]["type"], lost["problem"]["holder"]) == ("taken", winner)
        told = await mia.event(
            lambda one: one.get("message", {}).get("text", "").startswith("I am")
        )
        assert told["message"]["text"] == f"I am {winner}"
        assert told["thread"]["agent_name"] == winner
        assert await served.shop.count("message WHERE author_kind = 'agent'") == 1
        loser = (ben, cleo)[late]
        note = {"id": str(uuid7()), "text": "Shall I?", "visibility": "note"}
        await loser.tell(type="send", ticket_id=ticket, draft=note)
        assert (await loser.hear("ack"))["message"]["visibility"] == "note"
        await loser.tell(type="send", ticket_id=ticket, draft=drafts[late], take=True)
        assert (await loser.hear("ack"))["message"]["text"] == drafts[late]["text"]
        await mia.event(lambda one: one.get("message", {}).get("text") == drafts[late]["text"])
        holder = await (ben, cleo)[1 - late].event(
            lambda one: one.get("ticket", {}).get("epoch") == 3
        )
        assert holder["actor"]["name"] != winner
