"""Where somebody comes from: by the connection, or by what a trusted proxy says, and by nothing else."""

from typing import Any

import httpx
import msgspec
import pytest
from starlette.requests import Request

from shopbell.server.doors import address_of
from shopbell.server.limits import SIGN_IN
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.server.live import PASSWORD, Served, serving

RIGHT = {"email": "ben@demo.shop", "password": PASSWORD}
FORGED = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-real-ip": "203.0.113.9",
    "forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}


async def signed_in(served: Served, **headers: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=served.url) as http:
        given = {"origin": served.url, **headers}
        return await http.post("/api/session", json=RIGHT, headers=given)


async def came_from(shop: Shop) -> set[str]:
    """The addresses that the sessions were opened from."""
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute("SELECT address FROM agent_session")
        return {row["address"] for row in await found.fetchall()}


@pytest.mark.parametrize(
    ("trusted", "told", "taken"),
    [
        ((), "203.0.113.9", "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.9", "203.0.113.9"),
        (("127.0.0.0/8",), "203.0.113.9:4711", "203.0.113.9"),
        (("127.0.0.1",), "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "10.0.0.5"), "6.6.6.6, 203.0.113.9, 10.0.0.5", "203.0.113.9"),
        (("127.0.0.1",), "2001:db8::7", "2001:db8::/64"),
        (("127.0.0.1",), "x" * 500, "x" * 64),
    ],
)
async def test_forwarding_headers_count_only_from_a_trusted_proxy(
    settings: Settings, shop: Shop, trusted: tuple[str, ...], told: str, taken: str
) -> None:
    settings = msgspec.structs.replace(settings, trusted_proxies=trusted)
    async with serving(settings, shop) as served:
        answer = await signed_in(served, **{"x-forwarded-for": told})
        assert answer.status_code == 200
    assert await came_from(shop) == {taken}


async def test_forged_headers_change_neither_address_nor_origin(
    settings: Settings, shop: Shop
) -> None:
    async with serving(settings, shop) as served:
        assert (await signed_in(served, **FORGED)).status_code == 200
        refused = await signed_in(served, **FORGED, origin="https://evil.example")
        assert (refused.status_code, refused.json()["type"]) == (403, "origin")
    assert await came_from(shop) == {"127.0.0.1"}


async def test_a_new_forged_address_each_time_buys_no_more_guesses(
    settings: Settings, shop: Shop
) -> None:
    async with serving(settings, shop) as served, httpx.AsyncClient(base_url=served.url) as http:
        codes: list[int] = []
        for n in range(SIGN_IN.burst + 1):
            headers = {"origin": served.url, "x-forwarded-for": f"203.0.113.{n}"}
            body = {**RIGHT, "password": "guess"}
            codes.append((await http.post("/api/session", json=body, headers=headers)).status_code)
    assert codes == [401] * SIGN_IN.burst + [429]


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
    ],
)
def test_addresses_of_one_customer_count_as_one(host: str, counted: str) -> None:
    assert address_of(Request({"type": "http", "client": (host, 1)})) == counted
