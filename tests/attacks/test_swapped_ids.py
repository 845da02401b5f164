"""Ids that are somebody else's answer like ids that never were, at every door and in every frame."""

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import UUID

import msgspec
import pytest
from httpx import Response
from starlette.routing import Route, WebSocketRoute

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.realtime.frames import AgentFrame, ShopperFrame
from shopbell.server.routes import routes
from tests.attacks.written import everything
from tests.desk.conftest import Shop
from tests.server.conftest import Chat, Door, Inbox, door
from tests.server.live import Served, Socket

__all__ = ["door"]

NOUNS = {
    "connection_id": "connection",
    "message_id": "message",
    "ticket_id": "ticket",
    "thread_id": "thread",
    "turn_id": "turn",
    "agent_id": "agent",
    "file_id": "attachment",
    "customer_id": "customer",
    "joining_id": "joining",
    "change_id": "change",
    "reply_id": "saved_reply",
    "tag_id": "tag",
    "held_id": "held_reply",
}
"""The ids that addresses hold, and the table each is of."""

BODIES: dict[str, dict[str, Any]] = {
    "messages": {"draft": {"id": str(uuid7()), "text": "Let me in"}},
    "snooze": {"until": "2100-01-01T00:00:00Z"},
    "priority": {"priority": "urgent"},
    "tags": {"tags": ["mine"]},
    "{tag_id}": {"tag": {"name": "mine"}, "version": 1},
    "merge": {"into": str(uuid7())},
    "read": {"seq": 1},
    "{agent_id}": {"name": "Mallory"},
    "{connection_id}": {"name": "Mallory's"},
    "move": {"connection_id": str(uuid7())},
    "join": {"other_id": str(uuid7())},
    "language": {"language": "de"},
    "macro": {
        "reply_id": str(uuid7()),
        "version": 1,
        "language": "en",
        "message_id": str(uuid7()),
        "note_id": str(uuid7()),
    },
}
"""What is asked of a door with an id, by the last part of its address; others are asked nothing."""

VIEWERS_MAY = {("POST", "/api/threads/{thread_id}/read")}

NAME_NOBODY_ELSES = {
    "/api/poll",
    "/api/widget/{rest:path}",
    "/api/widget/poll",
    "/api/widget/session",
    "/api/widget/messages",
    "/api/widget/ask-person",
    "/api/widget/read",
    "/api/widget/codes",
    "/api/widget/address",
    "/api/widget/attachments",
    "/api/sla/policies",
    "/api/tags",
    "/api/replies",
    "/api/search",
    "/healthz",
    "/readyz",
    "/api/session",
    "/api/invitation",
    "/api/me",
    "/api/me/password",
    "/api/me/undo-send",
    "/api/held",
    "/api/counts",
    "/api/tickets",
    "/api/attachments",
    "/api/changes",
    "/api/agents",
    "/api/connections",
    "/api/deliveries",
    "/api/customers",
    "/",
    "/unsent",
    "/search",
    "/settings/{rest:path}",
    "/t/{rest:path}",
    "/invitation",
    "/widget.js",
}
"""Doors whose address names no row; ids in their bodies are swapped one by one below."""

TABLE = [one for one in routes(Path("web")) if isinstance(one, Route)]
NAMED = [
    (method, route.path, re.findall(r"{(\w+)}", route.path))
    for route in TABLE
    if route.path not in NAME_NOBODY_ELSES
    for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"})
]


def test_every_door_is_known_here() -> None:
    for method, path, parameters in NAMED:
        assert parameters, f"{method} {path} names nothing: list it in NAME_NOBODY_ELSES"
        for one in parameters:
            assert one in NOUNS, f"{method} {path}: say in NOUNS what {one} is an id of"
    assert {route.path for route in TABLE} >= NAME_NOBODY_ELSES
    sockets = {one.path for one in routes(Path("web")) if isinstance(one, WebSocketRoute)}
    assert sockets == {"/ws/agent", "/ws/shopper"}


async def world(door: Door) -> dict[str, str]:
    """A real id of every noun: a visitor's ticket, thread, turn and message, an agent."""
    chat = await door.chat()
    said = await chat.say("My secret")
    assert said.status_code == 200
    (row,) = await door.sql(
        "SELECT m.id AS message, m.thread_id AS thread, m.ticket_id AS ticket, t.id AS turn,"
        " h.customer_id AS customer FROM message m JOIN turn t ON t.ticket_id = m.ticket_id"
        " JOIN thread h ON h.id = m.thread_id"
    )
    return {**{name: str(one) for name, one in row.items()}, "agent": str(door.shop.ben.id)}


def address(path: str, filled: str) -> str:
    return re.sub(r"{\w+}", filled, path)


async def asked(who: Inbox | Chat, method: str, path: str, filled: str) -> tuple[int, bytes]:
    """What a door answers about this id, with the id itself blotted out."""
    body = BODIES.get(path.rsplit("/", 1)[-1], {})
    more = {} if method in ("GET", "DELETE") else {"json": body}
    answer: Response = await who.ask(method, address(path, filled), **more)
    return answer.status_code, answer.content.replace(filled.encode(), b"ID")


async def test_an_id_of_something_else_is_not_found_like_a_random_one(
    door: Door, lines: list[Any]
) -> None:
    real, cleo = await world(door), await door.agent("cleo")
    before = await everything(door.shop.desk)
    for method, path, (parameter, *_) in NAMED:
        random = {await asked(cleo, method, path, str(uuid7())) for _ in range(2)}
        assert len(random) == 1, (method, path)
        ((status, _),) = random
        assert status == 404 or (path.startswith("/files/") and status == 403), (method, path)
        swapped = [one for noun, one in real.items() if noun != NOUNS[parameter]]
        for other in [*swapped, str(UUID(int=0)), "x", "%00", "-1", "..."]:
            assert {await asked(cleo, method, path, other)} == random, (method, path, other)
    assert await everything(door.shop.desk) == before
    refused = [line for line in lines if line["event"] == "access refused"]
    assert len(refused) >= len(NAMED)
    assert {line["who"] for line in refused} >= {f"agent {door.shop.cleo.id}"}


async def test_who_may_not_learns_nothing_of_what_is_there(door: Door) -> None:
    real = await world(door)
    chat, nobody = await door.chat(), Inbox(door.client(), door.settings.public_url)
    await door.sql("UPDATE agent SET role = 'viewer' WHERE name = 'Ben'")
    viewer = await door.agent("ben")
    before = await everything(door.shop.desk)
    for method, path, (parameter, *_) in NAMED:
        there = real.get(NOUNS[parameter], str(uuid7()))
        callers: list[tuple[Inbox | Chat, set[int]]] = [
            (chat, {401, 403, 404}),
            (nobody, {401, 403, 404}),
        ]
        by_hand = not path.startswith("/hooks/")
        if by_hand and method != "GET" and (method, path) not in VIEWERS_MAY:
            callers.append((viewer, {403}))
        if path.startswith("/api/agents/"):
            callers.append((viewer, {403}))
        for who, statuses in callers:
            random = await asked(who, method, path, str(uuid7()))
            assert random[0] in statuses, (method, path)
            assert await asked(who, method, path, there) == random, (method, path)
    assert await everything(door.shop.desk) == before


async def test_another_visitors_ids_in_a_body_are_refused_alike_and_write_nothing(
    door: Door, lines: list[Any]
) -> None:
    mia, tom = await door.chat(), await door.chat()
    hers, his = (await mia.say("Mine")).json()["id"], (await tom.say("His")).json()["id"]
    (ticket,) = await door.sql("SELECT ticket_id AS id FROM message WHERE id = %s", hers)
    ben, note, told = door.shop.ben, uuid7(), uuid7()
    await reply(door.shop.desk, ticket["id"], ben, Draft(id=note, text="Fraud?", visibility="note"))
    await reply(door.shop.desk, ticket["id"], ben, Draft(id=told, text="Hello Mia"))
    before = await everything(door.shop.desk)
    answers: set[tuple[int, bytes]] = set()
    for foreign in (hers, str(note), str(told)):
        for path, body in (
            ("/api/widget/messages", {"id": foreign, "text": "Give it to me"}),
            ("/api/widget/ask-person", {"id": foreign}),
        ):
            answer = await tom.ask("POST", path, json=body)
            answers.add((answer.status_code, answer.content.replace(foreign.encode(), b"ID")))
    hidden = await mia.ask("POST", "/api/widget/messages", json={"id": str(note), "text": "?"})
    answers.add((hidden.status_code, hidden.content))
    assert len(answers) == 1
    ((status, content),) = answers
    assert status == 404
    assert b"Fraud" not in content
    files = {
        (answer.status_code, answer.content)
        for one in (hers, his, str(uuid7()))
        if (answer := await tom.say("With a file", attachments=[one]))
    }
    assert [status for status, _ in files] == [404]
    assert await everything(door.shop.desk) == before
    assert len([line for line in lines if line["event"] == "access refused"]) == 10
    assert await tom.texts() == ["His"]


async def test_a_ticket_is_given_only_to_those_who_are_there(door: Door) -> None:
    real, cleo = await world(door), await door.agent("cleo")
    before = await everything(door.shop.desk)
    path = f"/api/tickets/{real['ticket']}/assign"
    for field in ("agent_id", "team_id"):
        answers = {
            (answer.status_code, answer.content)
            for one in (real["customer"], real["message"], str(uuid7()))
            if (answer := await cleo.ask("POST", path, json={field: one}))
        }
        assert [status for status, _ in answers] == [404]
    assert await everything(door.shop.desk) == before


async def test_a_change_names_tickets_alone_and_is_taken_back_by_its_maker_alone(
    door: Door, lines: list[Any]
) -> None:
    real, ben, cleo = await world(door), await door.agent("ben"), await door.agent("cleo")
    before = await everything(door.shop.desk)
    others = [one for noun, one in real.items() if noun != "ticket"] + [str(uuid7())]
    body = {"ticket_ids": others, "change": {"do": "resolve"}}
    answer = (await cleo.ask("POST", "/api/changes", json=body)).json()
    assert answer["id"] is None
    assert {msgspec.json.encode(one["problem"]) for one in answer["tickets"]} == {
        msgspec.json.encode(answer["tickets"][0]["problem"])
    }
    assert {one["problem"]["type"] for one in answer["tickets"]} == {"not_found"}
    for field in ("agent_id", "team_id"):
        body = {"ticket_ids": [real["ticket"]], "change": {"do": "assign", field: real["message"]}}
        (only,) = (await cleo.ask("POST", "/api/changes", json=body)).json()["tickets"]
        assert only["problem"]["type"] == "not_found"
    assert await everything(door.shop.desk) == before
    refused = [line for line in lines if line["event"] == "access refused"]
    assert len(refused) == len(others) + 2
    body = {"ticket_ids": [real["ticket"]], "change": {"do": "resolve"}}
    change = (await ben.ask("POST", "/api/changes", json=body)).json()["id"]
    before = await everything(door.shop.desk)
    answers = {
        await asked(cleo, "POST", "/api/changes/{change_id}/undo", one)
        for one in (change, str(uuid7()))
    }
    assert [status for status, _ in answers] == [404]
    assert await everything(door.shop.desk) == before


AGENT_FRAME_IDS = {
    "send.ticket_id",
    "send.by",
    "typing.ticket_id",
    "view.ticket_id",
    "read.thread_id",
}
SHOPPER_FRAME_IDS = {"ask_person.id"}


@pytest.mark.parametrize(
    ("union", "known"), [(AgentFrame, AGENT_FRAME_IDS), (ShopperFrame, SHOPPER_FRAME_IDS)]
)
def test_every_id_of_every_frame_is_swapped_here(union: Any, known: set[str]) -> None:
    named = {
        f"{frame.__struct_config__.tag}.{name}"
        for frame in get_args(union)
        for name, hint in get_type_hints(frame).items()
        if UUID in (hint, *get_args(hint))
    }
    assert named == known
    nested = {
        f"{frame.__struct_config__.tag}.{name}"
        for frame in get_args(union)
        for name, hint in get_type_hints(frame).items()
        if any(
            isinstance(one, type) and issubclass(one, msgspec.Struct)
            for one in (hint, *get_args(hint))
        )
    }
    assert nested <= {"hello.resume", "send.draft", "send.template", "ask_person.page"}


async def _nobodys_way(shop: Shop) -> str:
    """A connection that is there, and knows somebody else."""
    way, other = uuid7(), await shop.thread()
    async with shop.desk.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO connection (id, brand_id, channel, name) VALUES (%s, %s, 'sms', 'Ours')",
            (way, shop.connection.brand_id),
        )
        await connection.execute(
            "INSERT INTO contact (connection_id, thread_id, place, identity, heard_at)"
            " VALUES (%s, %s, '+447700900123', '+447700900123', now())",
            (way, other),
        )
    return str(way)


async def refusal(socket: Socket, **frame: Any) -> Any:
    await socket.tell(**frame)
    return (await socket.hear("refused"))["problem"]


async def test_ids_swapped_in_an_agents_frames_do_nothing(
    served: Served, shop: Shop, lines: list[Any]
) -> None:
    visitor = await served.visitor()
    cookies = [await served.cookie(f"{name}@demo.shop") for name in ("ben", "cleo")]
    async with (
        served.shopper(visitor["token"]) as mia,
        served.agent(cookies[0]) as ben,
        served.agent(cookies[1]) as cleo,
    ):
        ack = await served.say(mia, "Hello?")
        event = await ben.event(lambda one: "ticket" in one)
        ticket, thread, message = event["ticket"]["id"], event["thread_id"], ack["message"]["id"]
        nobodys = await _nobodys_way(shop)
        before = await everything(shop.desk)
        problems: list[Any] = []
        for other in (str(uuid7()), thread, message, str(shop.ben.id)):
            draft = {"id": str(uuid7()), "text": "Hi"}
            problems.append(await refusal(ben, type="send", ticket_id=other, draft=draft))
            await ben.tell(type="typing", ticket_id=other, on=True)
            await ben.tell(type="view", ticket_id=other)
        for other in (str(uuid7()), ticket, message, str(shop.ben.id)):
            await ben.tell(type="read", thread_id=other, seq=1)
        assert {problem["type"] for problem in problems} == {"not_found"}
        assert len({msgspec.json.encode(problem) for problem in problems}) == 1
        ways: list[Any] = []
        for other in (str(uuid7()), thread, message, str(shop.ben.id), nobodys):
            draft = {"id": str(uuid7()), "text": "Hi"}
            ways.append(await refusal(ben, type="send", ticket_id=ticket, draft=draft, by=other))
        assert {problem["type"] for problem in ways} == {"unreachable"}
        assert len({msgspec.json.encode(problem) for problem in ways}) == 1
        await ben.tell(type="ping")
        await ben.hear("pong")
        assert await everything(shop.desk) == before
        await cleo.tell(type="view", ticket_id=ticket)
        viewing = await cleo.hear("viewing")
        assert viewing["ticket_id"] == ticket
        assert [frame for frame in cleo.seen if frame["type"] == "typing"] == []
    refused = [line["who"] for line in lines if line["event"] == "access refused"]
    assert refused == [f"agent {shop.ben.id}"] * 16


async def test_ids_swapped_in_a_shoppers_frames_do_nothing(served: Served, shop: Shop) -> None:
    visitors = [await served.visitor() for _ in range(2)]
    async with (
        served.shopper(visitors[0]["token"]) as mia,
        served.shopper(visitors[1]["token"]) as tom,
    ):
        hers = (await served.say(mia, "Mine"))["message"]["id"]
        await served.say(tom, "His")
        await tom.tell(type="read", seq=99)
        await tom.tell(type="ping")
        await tom.hear("pong")
        before = await everything(shop.desk)
        problems = [
            await refusal(tom, type="send", draft={"id": hers, "text": "?"}),
            await refusal(tom, type="ask_person", id=hers),
        ]
        for attachment in (hers, str(uuid7())):
            draft = {"id": str(uuid7()), "text": "?", "attachments": [attachment]}
            problems.append(await refusal(tom, type="send", draft=draft))
        assert [problem["type"] for problem in problems] == ["not_found"] * 4
        assert problems[0] == problems[1]
        assert problems[2] == problems[3]
        await tom.tell(type="read", seq=-1)
        await tom.tell(type="ping")
        await tom.hear("pong")
        assert await everything(shop.desk) == before
        assert "Mine" not in repr(tom.seen)
        assert "His" not in repr(mia.seen)


async def test_a_viewer_writes_nothing_by_any_frame(served: Served, shop: Shop) -> None:
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET role = 'viewer' WHERE name = 'Ben'")
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        before = await everything(shop.desk)
        for visibility in ("public", "note"):
            draft = {"id": str(uuid7()), "text": "Hi", "visibility": visibility}
            for other in (ticket, str(uuid7())):
                problem = await refusal(ben, type="send", ticket_id=other, draft=draft, take=True)
                assert problem["type"] == "role"
        await ben.tell(type="typing", ticket_id=ticket, on=True)
        await ben.tell(type="ping")
        await ben.hear("pong")
        assert await everything(shop.desk) == before
        await mia.tell(type="ping")
        await mia.hear("pong")
        assert [frame for frame in mia.seen if frame["type"] == "typing"] == []


async def test_nobody_is_joined_by_an_id_that_is_no_customers(door: Door) -> None:
    real, cleo = await world(door), await door.agent("cleo")
    before = await everything(door.shop.desk)
    path = f"/api/customers/{real['customer']}/join"
    answers = {
        (answer.status_code, answer.content)
        for one in (real["thread"], real["ticket"], real["agent"], str(uuid7()))
        if (answer := await cleo.ask("POST", path, json={"other_id": one}))
    }
    assert [status for status, _ in answers] == [404]
    assert await everything(door.shop.desk) == before


async def test_another_visitors_code_and_message_do_nothing(door: Door) -> None:
    mia, tom = await door.chat(), await door.chat()
    hers = (await mia.say("Mine")).json()["id"]
    await tom.say("His")
    before = await everything(door.shop.desk)
    body = {"id": hers, "address": "mia@example.com"}
    answer = await tom.ask("POST", "/api/widget/codes", json=body)
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    assert await everything(door.shop.desk) == before
