"""Whatever JSON comes, on any socket and at any door: never a fault, and others are served."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed

from shopbell.desk.ids import uuid7
from shopbell.server.doors import COOKIE
from shopbell.server.routes import routes
from tests.server.live import Served

FRAMES, BODIES = 240, 30
CODES = {4400, 4402, 4429, 1007, 1009}


def _frame(kind: str, more: dict[str, Any]) -> dict[str, Any]:
    return {**more, "type": kind}


IDS = [str(uuid7()) for _ in range(4)]
words: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "\x00", "note", "public", "high", "2100-01-01T00:00:00Z", *IDS]),
)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=-(10**40), max_value=10**40),
        st.floats(allow_nan=False, allow_infinity=False),
        words,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(words, inner, max_size=3),
    ),
    max_leaves=8,
)
pages: st.SearchStrategy[dict[str, str]] = st.dictionaries(
    st.sampled_from(["url", "title", "product", "sku", "price"]), words
)
drafts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"id": st.one_of(st.builds(lambda: str(uuid7())), st.sampled_from(IDS), values)},
    optional={
        "text": st.one_of(words, values),
        "visibility": st.one_of(st.sampled_from(["public", "note"]), values),
        "attachments": st.one_of(st.lists(st.sampled_from(IDS), max_size=12), values),
        "page": st.one_of(pages, values),
    },
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "draft": st.one_of(drafts, values),
    "id": st.one_of(st.sampled_from(IDS), values),
    "ticket_id": st.one_of(st.sampled_from(IDS), values),
    "thread_id": st.one_of(st.sampled_from(IDS), values),
    "agent_id": st.one_of(st.none(), st.sampled_from(IDS), values),
    "team_id": st.one_of(st.none(), st.sampled_from(IDS), values),
    "seq": st.one_of(st.integers(), values),
    "on": st.one_of(st.booleans(), values),
    "note": st.one_of(st.booleans(), words, values),
    "take": st.one_of(st.booleans(), values),
    "page": st.one_of(st.none(), pages, values),
    "text": words,
    "key": words,
    "token": words,
    "identity_token": words,
    "email": words,
    "password": words,
    "name": words,
    "role": st.one_of(st.sampled_from(["admin", "viewer"]), values),
    "disabled": st.one_of(st.booleans(), values),
    "until": st.one_of(st.sampled_from(["2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]), values),
    "priority": st.one_of(st.sampled_from(["low", "urgent"]), values),
    "tags": st.one_of(st.lists(words, max_size=3), values),
    "on_purpose": st.one_of(st.booleans(), values),
}
maps: st.SearchStrategy[dict[str, Any]] = st.lists(
    st.sampled_from(sorted(FIELDS)), unique=True, max_size=4
).flatmap(lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names}))
TYPES = ["send", "ask_person", "typing", "view", "read", "ping", "hello", "shout"]
frames: st.SearchStrategy[dict[str, Any]] = st.builds(_frame, st.sampled_from(TYPES), maps)


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many examples, the same in every run."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(strategy)
    def take(one: Any) -> None:
        found.append(one)

    take()
    return found


async def test_no_frame_is_a_fault_and_none_harms_another_socket(
    served: Served, lines: list[Any]
) -> None:
    visitor, other = await served.visitor(), await served.visitor()
    cookie = await served.cookie("ben@demo.shop")
    examples = drawn(frames, FRAMES)

    async def rounds(path: str, mine: list[Any]) -> None:
        while mine:
            headers = {"cookie": f"{COOKIE}={cookie}"} if path == "/ws/agent" else None
            async with served.open(path, origin=served.url, headers=headers) as socket:
                await socket.tell(type="hello", token=visitor["token"])
                await socket.hear("welcome")
                try:
                    while mine:
                        await socket.tell(**mine.pop())
                        await socket.tell(type="ping")
                        await socket.hear("pong")
                except ConnectionClosed:
                    assert await socket.closed() in CODES

    async with served.shopper(other["token"]) as tom:
        await asyncio.gather(
            rounds("/ws/agent", examples[::2]), rounds("/ws/shopper", examples[1::2])
        )
        await served.say(tom, "Still here")
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []


async def test_no_body_is_a_fault_at_any_door(served: Served) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("cleo@demo.shop")
    async with served.shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET role = 'admin' WHERE name = 'Cleo'")
    async with served.shopper(visitor["token"]) as mia:
        await served.say(mia, "Hello?")
    async with served.shop.desk.pool.connection() as connection:
        found = await connection.execute("SELECT id, thread_id FROM ticket")
        (row,) = await found.fetchall()
    real = {"ticket_id": row["id"], "thread_id": row["thread_id"], "agent_id": served.shop.ben.id}
    bodies = drawn(st.one_of(maps, drafts, values), BODIES)
    headers = {"origin": served.url, "authorization": f"Bearer {visitor['token']}"}
    async with httpx.AsyncClient(
        base_url=served.url, cookies={COOKIE: cookie}, headers=headers, timeout=30
    ) as http:

        async def ask(method: str, path: str, body: Any) -> None:
            answer = await http.request(method, path, content=msgspec.json.encode(body))
            assert answer.status_code < 500, (method, path, body, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"

        for route in routes(Path("web")):
            if not isinstance(route, Route):
                continue
            path, writing = route.path, sorted({"POST", "PATCH"} & set(route.methods or ()))
            for name, one in real.items():
                path = path.replace(f"{{{name}}}", str(one))
            await asyncio.gather(
                *(ask(method, path, body) for method in writing for body in bodies)
            )
        assert (await http.get("/healthz")).status_code == 200
