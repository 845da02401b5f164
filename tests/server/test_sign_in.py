"""Signing in: what is told, how often it may be tried, and what the cookie is."""

import asyncio
import threading
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from shopbell.desk.people.invitations import add_agent
from shopbell.desk.people.passwords import hashed
from shopbell.server.app import create_app
from shopbell.server.doors import COOKIE
from shopbell.server.limits import OWN_PASSWORD, SIGN_IN, SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS
from tests.server.conftest import Door, Inbox

RIGHT = {"email": "ben@demo.shop", "password": "green-wool"}


def stranger(door: Door, address: str = "127.0.0.1") -> Inbox:
    """A browser at this address."""
    transport = httpx.ASGITransport(door.app, client=(address, 5000))
    client = httpx.AsyncClient(transport=transport, base_url=door.settings.public_url)
    return Inbox(client, door.settings.public_url)


def never(*_: object) -> bool:
    """No password fits, at no cost."""
    return False


async def tried(inbox: Inbox, **more: Any) -> httpx.Response:
    return await inbox.ask("POST", "/api/session", json={**RIGHT, **more})


async def test_whatever_is_wrong_is_told_in_the_same_words(door: Door) -> None:
    await door.sql("UPDATE agent SET disabled_at = now() WHERE name = 'Cleo'")
    await add_agent(door.shop.desk, email="new@demo.shop", name="New", role="agent")
    wrong: list[dict[str, str]] = [
        {"password": "wrong"},
        {"email": "nobody@demo.shop"},
        {"email": "cleo@demo.shop"},
        {"email": "new@demo.shop"},
        {"email": "new@demo.shop", "password": ""},
    ]
    answers = [await tried(stranger(door), **one) for one in wrong]
    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1
    assert not any(one.cookies for one in answers)
    assert await door.sql("SELECT 1 FROM agent_session") == []


async def test_an_unknown_address_costs_the_same_work_as_a_wrong_password(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[tuple[str, Parameters]] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002  argon2's own name
        try:
            return verify(self, hash, password)
        except VerifyMismatchError:
            thread = threading.current_thread().name.split("_")[0]
            verified.append((thread, extract_parameters(str(hash))))
            raise

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email in ("ben@demo.shop", "nobody@demo.shop"):
        await tried(stranger(door), email=email, password="wrong")
    assert [thread for thread, _ in verified] == ["argon2", "argon2"]
    assert verified[1][1] == extract_parameters(await hashed("as dear as a chosen one"))


async def test_the_cookie_is_for_this_server_alone(door: Door) -> None:
    answer = await tried(stranger(door))
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie
    (row,) = await door.sql("SELECT token_hash, address FROM agent_session")
    assert answer.cookies[COOKIE].encode() not in row["token_hash"]
    assert row["address"] == "127.0.0.1"


async def test_behind_https_the_cookie_travels_by_https_only(door: Door) -> None:
    settings = msgspec.structs.replace(door.settings, public_url="https://help.example.com")
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        secure = Door(app, door.shop, settings)
        answer = await tried(stranger(secure))
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_one_account_is_guessed_only_so_often_from_one_address(door: Door) -> None:
    inbox = stranger(door)
    answers = [await tried(inbox, password=f"guess {n}") for n in range(SIGN_IN.burst + 1)]
    assert [one.status_code for one in answers] == [401] * SIGN_IN.burst + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await tried(inbox)).status_code == 429
    assert (await tried(inbox, email=" BEN@demo.shop ")).status_code == 429
    assert (await tried(inbox, email="cleo@demo.shop")).status_code == 200
    assert (await tried(stranger(door, "10.0.0.2"))).status_code == 200


async def test_the_right_password_forgives_the_wrong_ones_before(door: Door) -> None:
    inbox = stranger(door)
    for _ in range(2):
        for n in range(SIGN_IN.burst - 1):
            assert (await tried(inbox, password=f"guess {n}")).status_code == 401
        assert (await tried(inbox)).status_code == 200


async def test_one_password_is_sprayed_over_only_so_many_accounts(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopbell.desk.people.passwords._verify", never)
    inbox = stranger(door)
    mail = [f"agent{n}@demo.shop" for n in range(SIGN_IN_ADDRESS.burst + 1)]
    answers = [await tried(inbox, email=one) for one in mail]
    assert [one.status_code for one in answers].count(401) == SIGN_IN_ADDRESS.burst
    assert answers[-1].status_code == 429


async def test_an_account_tried_from_everywhere_opens_only_where_its_agent_has_been(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await tried(stranger(door, "10.9.9.9"))).status_code == 200
    with monkeypatch.context() as patched:
        patched.setattr("shopbell.desk.people.passwords._verify", never)
        for n in range(SIGN_IN_ACCOUNT.burst):
            await tried(stranger(door, f"10.1.0.{n}"), password="guess")
    assert (await tried(stranger(door, "10.2.0.1"))).status_code == 429
    assert (await tried(stranger(door, "10.9.9.9"))).status_code == 200


async def changing(inbox: Inbox, old: str, new: str = "grey-wool-2") -> httpx.Response:
    return await inbox.ask("POST", "/api/me/password", json={"old": old, "new": new})


async def test_an_agent_changes_the_own_password_and_stays_signed_in_here_alone(door: Door) -> None:
    here, there = await door.agent(), await door.agent()
    wrong = await changing(here, "not this one")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "wrong_password")
    short = await changing(here, "green-wool", "short")
    assert (short.status_code, short.json()["type"]) == (422, "invalid")
    assert (await changing(here, "green-wool")).status_code == 204
    assert (await here.ask("GET", "/api/me")).status_code == 200
    assert (await there.ask("GET", "/api/me")).status_code == 401
    assert (await tried(there)).status_code == 401
    assert (await tried(there, password="grey-wool-2")).status_code == 200
    assert (await changing(stranger(door), "grey-wool-2")).status_code == 401


async def test_of_two_changes_at_once_one_holds(door: Door) -> None:
    browsers = [await door.agent() for _ in range(2)]
    answers = await asyncio.gather(*(changing(one, "green-wool") for one in browsers))
    assert [one.status_code for one in answers].count(204) == 1


async def test_an_open_browser_is_no_place_to_guess_the_password(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = [await door.agent() for _ in range(2)]
    monkeypatch.setattr(PasswordHasher, "verify", never)
    answers = [await changing(browsers[n % 2], str(n)) for n in range(OWN_PASSWORD.burst + 1)]
    assert [one.status_code for one in answers] == [422] * OWN_PASSWORD.burst + [429]


async def test_a_page_of_another_site_cannot_sign_anybody_in(door: Door) -> None:
    for path in ("/api/session", "/api/invitation"):
        for origin in ("https://evil.example", "null", ""):
            inbox = stranger(door)
            refused = await inbox.ask("POST", path, json=RIGHT, headers={"origin": origin})
            assert (refused.status_code, refused.json()["type"]) == (403, "origin")


async def test_a_flood_of_sign_ins_keeps_no_connection_from_others(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, working = threading.Event(), threading.Event()

    def slow(*_: object) -> bool:
        working.set()
        return go_on.wait(15)

    monkeypatch.setattr("shopbell.desk.people.passwords._verify", slow)
    ben = await door.chat()
    flood = [
        asyncio.create_task(tried(stranger(door, f"10.3.0.{n}"), email=f"{n}@demo.shop"))
        for n in range(30)
    ]
    await asyncio.to_thread(working.wait, 15)
    assert (await ben.say("Anybody there?")).status_code == 200
    assert not any(one.done() for one in flood)
    go_on.set()
    await asyncio.gather(*flood)
