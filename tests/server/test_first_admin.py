"""How the first admin gets in: by the link of an empty start, or by one from the command line."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shopbell.cli.admin import create, link_for_first_admin
from shopbell.desk.connections.commands import open_shop
from shopbell.desk.database import open_desk
from shopbell.server.app import create_app
from shopbell.settings import Settings

PASSWORD = "a long password"


@pytest.fixture
async def browser_of(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before a server that knows nobody."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport, headers = httpx.ASGITransport(app), {"origin": settings.public_url}
        async with httpx.AsyncClient(
            transport=transport, base_url=settings.public_url, headers=headers
        ) as client:
            yield client


async def opened(client: httpx.AsyncClient, link: str, **more: str) -> Any:
    body = {"token": link.split("#")[1].strip(), "name": "Ada", "password": PASSWORD, **more}
    return await client.post("/api/invitation", json=body)


async def test_the_link_of_an_empty_start_makes_one_admin_and_is_printed_no_more(
    settings: Settings, browser_of: httpx.AsyncClient
) -> None:
    first, second = await link_for_first_admin(settings), await link_for_first_admin(settings)
    assert first
    assert second
    assert (await opened(browser_of, first)).json()["type"] == "invitation_gone"
    assert all("/invitation?first#" in link for link in (first, second)), "the page asks for it"
    refused = await opened(browser_of, second, email="ada at shop")
    assert (refused.status_code, refused.json()["type"]) == (422, "invalid")
    signed_in = await opened(browser_of, second, email=" ada@shop.example ")
    told = {"email": "ada@shop.example", "role": "admin"}
    assert signed_in.json()["agent"].items() >= told.items()
    assert (await browser_of.get("/api/agents")).status_code == 200
    assert await link_for_first_admin(settings) is None
    body = {"email": "ada@shop.example", "password": PASSWORD}
    assert (await browser_of.post("/api/session", json=body)).status_code == 200


async def test_only_the_first_admin_says_an_address_of_their_own(
    settings: Settings, browser_of: httpx.AsyncClient
) -> None:
    link = await link_for_first_admin(settings)
    assert link
    await opened(browser_of, link, email="ada@shop.example")
    added = {"email": "ben@shop.example", "name": "Ben", "role": "agent"}
    invited = (await browser_of.post("/api/agents", json=added)).json()
    signed_in = await opened(browser_of, invited["link"], email="ada@shop.example")
    assert signed_in.json()["agent"]["email"] == "ben@shop.example"


async def test_an_empty_start_has_one_brand_whose_chat_can_be_put_on_a_page(
    settings: Settings, browser_of: httpx.AsyncClient
) -> None:
    async with open_desk(str(settings.database_url), size=4) as desk:
        await asyncio.gather(*(open_shop(desk) for _ in range(4)))
    await opened(browser_of, str(await link_for_first_admin(settings)), email="ada@shop.example")
    (web,) = (await browser_of.get("/api/connections")).json()["connections"]
    key = web["connection"]["public_key"]
    assert web["embed"] == (
        f'<script src="{settings.public_url}/widget.js" data-shopbell="{key}" async></script>'
    )
    session = await browser_of.post("/api/widget/session", json={"key": key})
    assert session.status_code == 200, session.text


def test_the_command_line_admits_an_admin_by_a_link(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    links: list[str] = []
    for _ in range(2):
        create("ada@demo.shop", name="Ada", data=settings.data)
        told = capsys.readouterr()
        links.append(told.out.strip())
        assert "once" in told.err
    assert len(set(links)) == 2
    assert all("/invitation#" in link and "\n" not in link for link in links)
