"""The websockets as their clients know them: greeting, sending, hearing, resuming, being ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from shopbell.desk.control.commands import hand_off, release, take_over
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.commands import sign_out
from shopbell.desk.tickets.types import Handoff
from shopbell.realtime.frames import AnswerDraft
from shopbell.realtime.listeners import QUEUE
from shopbell.realtime.live import Live, publish
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop
from tests.server.live import Served, Socket, serving

__all__ = ["shop"]


@pytest.fixture
async def served(settings: Settings, shop: Shop) -> AsyncGenerator[Served]:
    async with serving(settings, shop) as served:
        yield served


def position_of(socket: Socket) -> dict[str, Any]:
    """Where a client that saw all of this would resume."""
    welcome = next(frame for frame in socket.seen if frame["type"] == "welcome")
    events = [frame["position"] for frame in socket.seen if frame["type"] == "events"]
    return {"epoch": welcome["epoch"], "position": max([welcome["position"], *events])}


async def test_what_a_shopper_says_is_acked_and_reaches_the_agents(served: Served) -> None:
    visitor = await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        ack = await served.say(mia, "Does it run small?")
        assert ack["message"]["seq"] == 1
        assert ack["thread"]["last_seq"] == 1
        event = await ben.event(lambda one: one["kind"] == "ticket.created")
        assert event["message"]["text"] == "Does it run small?"
        assert event["ticket"]["number"] > 1000


async def test_a_reply_takes_over_and_reaches_the_shopper_with_a_first_name(
    served: Served,
) -> None:
    visitor = await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        draft = {"id": str(uuid7()), "text": "Hi, Ben here."}
        await ben.tell(type="send", ticket_id=ticket, draft=draft)
        assert (await ben.hear("ack"))["message"]["text"] == "Hi, Ben here."
        told = await mia.event(lambda one: one.get("message", {}).get("text") == "Hi, Ben here.")
        assert told["message"]["author"] == {"kind": "agent", "name": "Ben"}
        assert told["thread"]["answering"] == "agents"
        assert told["thread"]["agent_name"] == "Ben"
        assert "ticket" not in told


async def test_the_second_agent_learns_who_has_it_and_may_take_it_on_purpose(
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
        await ben.tell(type="send", ticket_id=ticket, draft={"id": str(uuid7()), "text": "Hi"})
        await ben.hear("ack")
        late = {"id": str(uuid7()), "text": "Me too"}
        await cleo.tell(type="send", ticket_id=ticket, draft=late)
        refused = await cleo.hear("refused")
        assert (refused["problem"]["type"], refused["problem"]["holder"]) == ("taken", "Ben")
        await cleo.tell(type="send", ticket_id=ticket, draft=late, take=True)
        assert (await cleo.hear("ack"))["message"]["text"] == "Me too"


async def test_notes_never_reach_the_shopper(served: Served) -> None:
    visitor = await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        note = {"id": str(uuid7()), "text": "She is a regular", "visibility": "note"}
        await ben.tell(type="send", ticket_id=ticket, draft=note)
        await ben.hear("ack")
        await ben.tell(type="send", ticket_id=ticket, draft={"id": str(uuid7()), "text": "Hi"})
        await mia.event(lambda one: one.get("message", {}).get("text") == "Hi")
        assert "regular" not in repr(mia.seen)


async def test_sending_twice_under_one_id_writes_once(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia, served.shopper(visitor["token"]) as tab:
        draft = {"id": str(uuid7()), "text": "Once"}
        for socket in (mia, tab, mia):
            await socket.tell(type="send", draft=draft)
        acks = [await socket.hear("ack") for socket in (mia, tab, mia)]
        assert {ack["message"]["seq"] for ack in acks} == {1}
        assert await served.shop.count("message") == 1


async def test_both_pages_of_a_new_visitor_hear_the_first_message(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as page, served.shopper(visitor["token"]) as other:
        await served.say(page, "Hello?")
        told = await other.event(lambda one: "message" in one)
        assert told["message"]["text"] == "Hello?"


async def test_a_client_that_was_away_resumes_without_a_hole_or_a_double(served: Served) -> None:
    visitor = await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "one")
        await ben.event(lambda one: one.get("message", {}).get("text") == "one")
        there = position_of(ben)
    async with served.shopper(visitor["token"]) as mia:
        for text in ("two", "three"):
            await served.say(mia, text)
    async with served.agent(cookie, resume=there) as ben:
        assert ben.seen[0]["resumed"] is True
        await ben.event(lambda one: one.get("message", {}).get("text") == "three")
        events = [one for frame in ben.seen if frame["type"] == "events" for one in frame["events"]]
        positions = [one["position"] for one in events]
        assert positions == sorted(set(positions))
        assert positions[0] > there["position"]
        assert [one["message"]["text"] for one in events if "message" in one] == ["two", "three"]


async def test_a_position_of_another_history_gets_a_fresh_state(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia:
        await served.say(mia, "one")
    foreign = {"epoch": str(uuid7()), "position": 1}
    async with served.shopper(visitor["token"], resume=foreign) as mia:
        assert mia.seen[0]["resumed"] is False
        assert [one["text"] for one in mia.seen[1]["messages"]] == ["one"]


async def test_a_shopper_hears_nothing_of_another_thread(served: Served) -> None:
    tokens = [(await served.visitor())["token"] for _ in range(2)]
    async with served.shopper(tokens[0]) as mia, served.shopper(tokens[1]) as tom:
        await served.say(mia, "mine")
        await served.say(tom, "his")
        assert "mine" not in repr(tom.seen)
        assert tom.connection.close_code is None


async def test_reading_moves_the_other_sides_marks(served: Served) -> None:
    visitor = await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "Hello?")
        event = await ben.event(lambda one: "ticket" in one)
        await ben.tell(type="read", thread_id=event["thread_id"], seq=1)
        seen = await mia.event(lambda one: one["thread"].get("seen_seq") == 1)
        assert "unread" not in seen["thread"]
        own = await ben.event(lambda one: "read" in one)
        assert own["read"]["seq"] == 1
        draft = {"id": str(uuid7()), "text": "Hi"}
        await ben.tell(type="send", ticket_id=event["ticket"]["id"], draft=draft)
        told = await mia.event(lambda one: "message" in one and one["message"]["text"] == "Hi")
        assert told["thread"]["unread"] == 1
        await mia.tell(type="read", seq=told["message"]["seq"])
        read = await mia.event(lambda one: one["thread"].get("read_seq") == 2)
        assert "unread" not in read["thread"]


async def test_typing_goes_to_the_other_side_and_notes_stay_inside(served: Served) -> None:
    visitor = await served.visitor()
    cookies = [await served.cookie(f"{name}@demo.shop") for name in ("ben", "cleo")]
    async with (
        served.shopper(visitor["token"]) as mia,
        served.agent(cookies[0]) as ben,
        served.agent(cookies[1]) as cleo,
    ):
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        await mia.tell(type="typing", on=True)
        assert (await ben.hear("typing"))["ticket_id"] == ticket
        await ben.tell(type="typing", ticket_id=ticket, on=True, note=True)
        await ben.tell(type="typing", ticket_id=ticket, on=True)
        heard = await mia.hear("typing")
        assert heard["author"] == {"kind": "agent", "id": None, "name": "Ben"}
        assert heard["ticket_id"] is None
        assert (await cleo.hear("typing", lambda frame: frame["author"]["kind"] == "agent"))["note"]


async def test_everyone_sees_who_looks_at_a_ticket(served: Served) -> None:
    visitor = await served.visitor()
    cookies = [await served.cookie(f"{name}@demo.shop") for name in ("ben", "cleo")]
    async with served.shopper(visitor["token"]) as mia, served.agent(cookies[1]) as cleo:
        async with served.agent(cookies[0]) as ben:
            await served.say(mia, "Hello?")
            ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
            await ben.tell(type="view", ticket_id=ticket)
            viewing = await cleo.hear("viewing")
            assert viewing == {
                "type": "viewing",
                "ticket_id": ticket,
                "agents": [str(served.shop.ben.id)],
            }
            async with served.agent(cookies[1]) as late:
                assert (await late.hear("viewing"))["agents"] == [str(served.shop.ben.id)]
        assert (await cleo.hear("viewing"))["agents"] == []


async def test_a_draft_of_before_the_takeover_is_not_shown_after_it(served: Served) -> None:
    visitor = await served.visitor()
    state = served.state
    async with served.shopper(visitor["token"]) as mia:
        ack = await served.say(mia, "Hello?")
        async with served.shop.desk.pool.connection() as connection:
            found = await connection.execute("SELECT id, thread_id, epoch FROM ticket")
            ticket = await found.fetchone()
        assert ticket is not None

        async def stream(text: str, epoch: int) -> None:
            frame = AnswerDraft(turn_id=uuid7(), epoch=epoch, text=text, ticket_id=ticket["id"])
            live = Live(thread_id=ticket["thread_id"], to="all", frame=frame)
            await publish(state.redis, state.hub.epoch, live)

        await stream("before", ticket["epoch"])
        assert (await mia.hear("draft"))["text"] == "before"
        await take_over(served.shop.desk, ticket["id"], served.shop.ben)
        await mia.event(lambda one: one["thread"].get("answering") == "agents")
        await stream("too late", ticket["epoch"])
        await release(served.shop.desk, ticket["id"], served.shop.ben, uuid7(), "")
        await mia.event(lambda one: "answering" not in one["thread"])
        await stream("again", ticket["epoch"] + 2)
        assert (await mia.hear("draft"))["text"] == "again"
        assert "too late" not in repr(mia.seen)
        assert ack["message"]["seq"] == 1


async def test_a_handoff_tells_the_shopper_when_a_person_will_answer(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia:
        await mia.tell(type="ask_person", id=str(uuid7()))
        ack = await mia.hear("ack")
        assert ack["thread"]["waiting"] is True
        assert ack["thread"]["promised_by"]
        assert ack["message"]["author"]["kind"] == "assistant"
    async with served.shop.desk.pool.connection() as connection:
        row = await (await connection.execute("SELECT id FROM ticket")).fetchone()
    assert row is not None
    at = served.shop.desk.now()
    again = Draft(id=uuid7(), text="Once more")
    assert await hand_off(served.shop.desk, row["id"], Handoff(reason="tone", at=at), again) is None


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1"])
async def test_an_agents_socket_of_a_foreign_page_is_refused_before_it_opens(
    served: Served, origin: str | None
) -> None:
    cookie = await served.cookie("ben@demo.shop")
    headers = {"cookie": f"shopbell_session={cookie}"}
    with pytest.raises(InvalidStatus) as refused:
        async with served.open("/ws/agent", origin=origin, headers=headers):
            pass
    assert refused.value.response.status_code == 403


async def test_the_shoppers_socket_reads_no_cookie(served: Served) -> None:
    cookie = await served.cookie("ben@demo.shop")
    headers = {"cookie": f"shopbell_session={cookie}"}
    async with served.open("/ws/shopper", headers=headers) as socket:
        await socket.tell(type="hello", token=cookie)
        assert await socket.closed() == 4401


async def test_signing_out_closes_the_sockets_of_that_session_only(served: Served) -> None:
    cookies = [await served.cookie("ben@demo.shop") for _ in range(2)]
    async with served.agent(cookies[0]) as here, served.agent(cookies[1]) as there:
        session = await served.state.session(cookies[0])
        assert session is not None
        await sign_out(served.shop.desk, session.id)
        assert await here.closed() == 4401
        assert there.connection.close_code is None


async def test_an_agent_who_is_disabled_is_put_out_at_once(served: Served) -> None:
    cookie = await served.cookie("ben@demo.shop")
    async with served.agent(cookie) as ben:
        async with served.shop.desk.pool.connection() as connection:
            await connection.execute(
                "UPDATE agent SET disabled_at = now() WHERE id = %s", (served.shop.ben.id,)
            )
        assert await ben.closed() == 4401


async def test_a_viewer_hears_everything_and_writes_nothing(served: Served) -> None:
    async with served.shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET role = 'viewer' WHERE name = 'Ben'")
    visitor = await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        await ben.tell(type="send", ticket_id=ticket, draft={"id": str(uuid7()), "text": "Hi"})
        assert (await ben.hear("refused"))["problem"]["type"] == "role"
        assert await served.shop.count("message") == 1


BAD: list[tuple[str, str | bytes, int]] = [
    ("not JSON", "hello", 4402),
    ("unknown type", '{"type":"shout"}', 4402),
    ("bytes", b"\x00\x01", 4402),
    ("deeply nested", '{"type":"ping","x":' + "[" * 30_000 + "]" * 30_000 + "}", 4402),
    ("too big", '{"type":"ping","x":"' + "x" * 300_000 + '"}', 1009),
    ("wrong field", '{"type":"read","seq":"seven"}', 4402),
    ("second hello", '{"type":"hello","token":"x"}', 4400),
]


@pytest.mark.parametrize(("what", "frame", "code"), BAD, ids=[what for what, _, _ in BAD])
async def test_a_frame_that_is_none_closes_the_socket_with_the_right_code(
    served: Served, what: str, frame: str | bytes, code: int
) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia, served.shopper(visitor["token"]) as other:
        await mia.connection.send(frame)
        assert await mia.closed() == code
        await served.say(other, "Still here")


async def test_text_that_is_not_utf8_closes_the_socket(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia:
        await mia.connection.send(b"\xff\xfe", text=True)
        assert await mia.closed() == 1007


async def test_a_flood_is_stopped_and_others_go_on(served: Served) -> None:
    visitor, other = await served.visitor(), await served.visitor()
    async with served.shopper(visitor["token"]) as mia, served.shopper(other["token"]) as tom:
        for _ in range(200):
            await mia.connection.send('{"type":"ping"}')
        assert await mia.closed() == 4429
        await served.say(tom, "Still here")


@pytest.mark.parametrize("first", ['{"type":"ping"}', '{"type":"typing","on":true}'])
async def test_the_first_frame_must_be_a_hello(served: Served, first: str) -> None:
    async with served.open("/ws/shopper") as socket:
        await socket.connection.send(first)
        assert await socket.closed() == 4400


async def test_a_socket_that_says_nothing_is_closed(served: Served) -> None:
    async with served.open("/ws/shopper") as socket:
        assert await socket.closed() == 4400


async def test_too_many_sockets_of_one_visitor_are_turned_away(served: Served) -> None:
    visitor = await served.visitor()
    async with AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(served.shopper(visitor["token"]))
        last = await stack.enter_async_context(served.open("/ws/shopper"))
        await last.tell(type="hello", token=visitor["token"])
        assert await last.closed() == 4429


async def test_a_reader_that_reads_nothing_is_told_to_resume_and_slows_nobody(
    served: Served,
) -> None:
    cookies = [await served.cookie(f"{name}@demo.shop") for name in ("ben", "cleo")]
    async with served.agent(cookies[0]) as slow, served.agent(cookies[1]) as quick:
        slow.connection.transport.pause_reading()
        big = "x" * 20_000
        listeners = {one.agent_id: one for one in served.state.hub.agents_listening()}
        for position in range(QUEUE * 3):
            listeners[served.shop.ben.id].event(position + 1, f'"{big}"')
            if position % 100 == 0:
                await asyncio.sleep(0)
        assert listeners[served.shop.ben.id].waiting() == []
        slow.connection.transport.resume_reading()
        assert await slow.closed() == 4001
        await quick.tell(type="ping")
        await quick.hear("pong")
