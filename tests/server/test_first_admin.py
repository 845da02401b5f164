"""How the first admin gets in: by the link of an empty start, or by one from the command line."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shopbell.cli.admin import FIRST_EMAIL, create, link_for_first_admin
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


async def opened(client: httpx.AsyncClient, link: str) -> Any:
    body = {"token": link.split("#")[1].strip(), "name": "Ada", "password": PASSWORD}
    return await client.post("/api/invitation", json=body)


async def test_the_link_of_an_empty_start_makes_one_admin_and_is_printed_no_more(
    settings: Settings, browser_of: httpx.AsyncClient
) -> None:
    first, second = await link_for_first_admin(settings), await link_for_first_admin(settings)
    assert first
    assert second
    assert (await opened(browser_of, first)).json()["type"] == "invitation_gone"
    signed_in = await opened(browser_of, second)
    assert signed_in.json()["agent"].items() >= {"email": FIRST_EMAIL, "role": "admin"}.items()
    assert (await browser_of.get("/api/agents")).status_code == 200
    assert await link_for_first_admin(settings) is None


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
