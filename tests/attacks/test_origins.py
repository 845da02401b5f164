"""Pages of other sites: a browser's cookie opens nothing for them."""

from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from shopbell.desk.ids import uuid7
from shopbell.server.doors import COOKIE
from shopbell.server.state import own_origins
from tests.server.live import Served


def foreign_to(own: str) -> list[str]:
    """Origins that look like this server's and are not."""
    host, port = own.removeprefix("http://").split(":")
    return [
        "",
        "null",
        "https://evil.example",
        f"https://{host}:{port}",
        f"ws://{host}:{port}",
        f"http://{host}",
        f"http://{host}:1",
        f"http://{host}:{port}0",
        f"http://{host}:0{port}",
        f"http://{host}:99999",
        f"http://{host}:port",
        f"http://{host}.evil.example:{port}",
        f"http://evil.example:{port}",
        f"http://evil-{host}:{port}",
        f"http://{host}:{port}.evil.example",
        f"http://{host}:{port}@evil.example",
        f"http://evil@{host}:{port}",
        f"http://{host}:{port}/",
        f"http://{host}:{port}/page",
        f"http://{host}:{port}?x",
        f"http://{host}:{port}#x",
        f"http://{host}:{port}, https://evil.example",
        f"HTTP://{host}:{port}",
        f"http://LOCALHOST:{port}",
        f"http://localhost.:{port}",
        f"http://2130706433:{port}",
        f"http://[::ffff:127.0.0.1]:{port}",
        f"http://0.0.0.0:{port}",
        f"http://[::1:{port}",
        f"//{host}:{port}",
        f"{host}:{port}",
        "file://",
        "chrome-extension://abcdefghijklmnop",
    ]


async def handshake(served: Served, origins: list[str], cookie: str) -> int:
    """The status that an upgrade with these Origin headers is answered with; 101 when it opens."""
    headers = [("Origin", one) for one in origins] + [("Cookie", f"{COOKIE}={cookie}")]
    address = served.url.replace("http", "ws", 1) + "/ws/agent"
    try:
        async with connect(address, additional_headers=headers, compression=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_foreign_page_with_a_good_cookie_is_refused_before_its_socket_opens(
    served: Served, lines: list[Any]
) -> None:
    cookie, own = await served.cookie("ben@demo.shop"), served.url
    foreign = [[one] for one in foreign_to(own)]
    several = [[], [own, "https://evil.example"], ["https://evil.example", own], [own, own]]
    for origins in foreign + several:
        assert (origins, await handshake(served, origins, cookie)) in (
            (origins, 403),
            (origins, 400),
        )
    assert served.state.hub.agents_listening() == ()
    assert sum(line["event"] == "access refused" for line in lines) >= len(foreign)
    assert await handshake(served, [own.replace("127.0.0.1", "localhost")], cookie) == 101
    assert await handshake(served, [own], cookie) == 101


async def test_a_foreign_page_with_a_good_cookie_writes_nothing_over_http(served: Served) -> None:
    cookie = await served.cookie("ben@demo.shop")
    body = {"email": "ben@demo.shop", "password": "green-wool"}
    async with httpx.AsyncClient(base_url=served.url, cookies={COOKIE: cookie}) as http:
        for origin in [None, *foreign_to(served.url)]:
            headers = {} if origin is None else {"origin": origin}
            signed_out = await http.request("DELETE", "/api/session", headers=headers)
            signed_in = await http.post("/api/session", json=body, headers=headers)
            assert (origin, signed_out.status_code, signed_in.status_code) == (origin, 403, 403)
        twice = [("origin", served.url), ("origin", "https://evil.example")]
        assert (await http.request("DELETE", "/api/session", headers=twice)).status_code == 403
        assert (await http.get("/api/counts")).status_code == 200
    assert await served.shop.count("agent_session") == 1
    assert await served.shop.count("agent_session WHERE revoked_at IS NOT NULL") == 0


@pytest.mark.parametrize(
    ("public_url", "origins"),
    [
        ("https://desk.example", {"https://desk.example"}),
        ("https://desk.example:443/", {"https://desk.example"}),
        ("https://Desk.Example/inbox", {"https://desk.example"}),
        ("http://desk.example:80", {"http://desk.example"}),
        ("https://desk.example:8443", {"https://desk.example:8443"}),
        ("http://[2001:db8::1]:8000", {"http://[2001:db8::1]:8000"}),
        (
            "http://localhost:8000",
            {"http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"},
        ),
    ],
)
def test_own_pages_are_those_of_the_public_address(public_url: str, origins: set[str]) -> None:
    assert own_origins(public_url) == origins


async def test_cookies_and_tokens_open_only_their_own_doors(served: Served) -> None:
    cookie, visitor = await served.cookie("ben@demo.shop"), await served.visitor()
    with_cookie = {"cookie": f"{COOKIE}={cookie}"}
    async with served.open("/ws/shopper", origin=served.url, headers=with_cookie) as socket:
        await socket.tell(type="hello", token="")
        assert await socket.closed() == 4401
    async with served.open("/ws/shopper", headers=with_cookie) as socket:
        await socket.tell(type="hello", token=visitor["token"])
        await socket.hear("snapshot")
        await socket.tell(type="send", draft={"id": str(uuid7()), "text": "Hi"})
        ack = await socket.hear("ack")
        assert ack["message"]["author"]["kind"] == "customer"
        assert await served.shop.count("message WHERE author_kind = 'agent'") == 0
    headers = {"cookie": f"{COOKIE}={visitor['token']}"}
    async with served.open("/ws/agent", origin=served.url, headers=headers) as socket:
        assert await socket.closed() == 4401
    async with httpx.AsyncClient(base_url=served.url) as http:
        bearer = {"authorization": f"Bearer {visitor['token']}"}
        assert (await http.get("/api/tickets", headers=bearer)).status_code == 401
        assert (await http.get("/api/widget/messages", headers=with_cookie)).status_code == 401


async def test_a_shops_list_of_pages_holds_for_its_sockets_too(
    served: Served, lines: list[Any]
) -> None:
    visitor = await served.visitor()
    async with served.shop.desk.pool.connection() as connection:
        await connection.execute(
            "UPDATE connection SET settings = %s::jsonb",
            ('{"origins": ["https://shop.example"]}',),
        )
    for origin, opens in {
        "https://shop.example": True,
        served.url: True,
        "https://shop.example.evil.example": False,
        "https://shop.example:444": False,
        "http://shop.example": False,
        "https://SHOP.example": False,
        "null": False,
    }.items():
        async with served.open("/ws/shopper", origin=origin) as socket:
            await socket.tell(type="hello", token=visitor["token"])
            if opens:
                await socket.hear("snapshot")
            else:
                assert (origin, await socket.closed()) == (origin, 4401)
    refused = [line for line in lines if line["event"] == "access refused"]
    assert [line["kind"] for line in refused] == ["origin"] * 5
