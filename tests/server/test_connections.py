"""Accounts of channels: connected once the platform takes them, and never told what opens them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.responses import Response

from shopbell.connectors.channels.http.channel import HttpChannel
from shopbell.connectors.channels.types import Account, Checked
from shopbell.demo.peers.http_shop import SECRET, HttpShop, http_shop
from shopbell.desk.connections.commands import set_health
from shopbell.desk.connections.templates import keep_templates
from shopbell.desk.connections.types import Connection, ConnectionSettings, Template
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.types import Arrival, Draft, Place
from shopbell.jobs.canary import check_due
from shopbell.server.doors import COOKIE
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows, until
from tests.server.conftest import SECRET as CHAT_SECRET
from tests.server.conftest import Door, Inbox


@pytest.fixture
async def peer() -> AsyncIterator[HttpShop]:
    async with http_shop() as peer:
        yield peer


@pytest.fixture
async def admin(door: Door) -> Inbox:
    return await door.agent("cleo")


def custom(peer: HttpShop, **more: str) -> dict[str, Any]:
    return {"channel": "http", "entered": {"endpoint": peer.url, "secret": SECRET, **more}}


async def connected(admin: Inbox, peer: HttpShop) -> dict[str, Any]:
    answer = await admin.ask("POST", "/api/connections", json=custom(peer))
    assert answer.status_code == 201, answer.text
    return answer.json()["shown"]


async def test_an_account_is_connected_once_its_platform_takes_it(
    admin: Inbox, peer: HttpShop, door: Door
) -> None:
    shown = await connected(admin, peer)

    assert peer.tests == 1
    assert shown["connection"]["health"] == "ok"
    assert shown["kept"] == ["endpoint", "secret"]
    assert shown["hook"] == f"{door.settings.public_url}/hooks/{shown['connection']['id']}"
    assert shown["checked_at"] is not None
    me = await admin.get("/api/me")
    assert shown["connection"] in me["connections"]


async def test_what_the_platform_refuses_is_not_connected(
    admin: Inbox, peer: HttpShop, door: Door
) -> None:
    wrong = custom(peer, secret="whsec_c2hvcGJlbGwtdGVzdHMtc2VjcmV0LW9mLTMyLWJ5dGVz")

    answer = await admin.ask("POST", "/api/connections", json=wrong)

    assert answer.status_code == 422
    assert answer.json()["type"] == "not_connected"
    assert "signature" in answer.json()["detail"]
    assert await door.sql("SELECT 1 FROM connection WHERE channel = 'http'") == []


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({}, "Endpoint is missing"),
        ({"endpoint": "https://x.example", "colour": "red"}, "There is no field 'colour'"),
    ],
)
async def test_what_the_form_does_not_take_is_named(
    admin: Inbox, entered: dict[str, str], words: str
) -> None:
    answer = await admin.ask(
        "POST", "/api/connections", json={"channel": "http", "entered": entered}
    )
    assert answer.status_code == 422
    assert answer.json()["title"] == words


async def test_secrets_go_in_and_never_come_out(admin: Inbox, peer: HttpShop, door: Door) -> None:
    await connected(admin, peer)
    for path in ("/api/connections", "/api/me"):
        assert SECRET not in (await admin.ask("GET", path)).text
    (row,) = await door.sql("SELECT sealed FROM connection WHERE channel = 'http'")
    assert SECRET.encode() not in bytes(row["sealed"])


async def test_a_secret_that_shopbell_makes_is_shown_once(
    admin: Inbox, peer: HttpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"channel": "http", "entered": {"endpoint": peer.url}}

    async def approve(_: HttpChannel, account: Account) -> Checked:
        peer.secret = account.credentials["secret"]
        return Checked(health="ok")

    monkeypatch.setattr(HttpChannel, "check", approve)
    answer = (await admin.ask("POST", "/api/connections", json=made)).json()
    assert answer["made"]["secret"] == peer.secret
    assert peer.secret.startswith("whsec_")
    monkeypatch.undo()
    checked = await admin.ask(
        "POST", f"/api/connections/{answer['shown']['connection']['id']}/check"
    )
    assert checked.json()["made"] == {}
    assert checked.json()["shown"]["connection"]["health"] == "ok"
    assert peer.tests == 1


async def test_a_shop_signs_with_the_secret_it_was_last_given(admin: Inbox, door: Door) -> None:
    web = str(door.shop.connection.id)
    told: list[str] = []
    for _ in range(2):
        answer = await admin.ask("POST", f"/api/connections/{web}/signing")
        assert answer.status_code == 200, answer.text
        told.append(answer.json()["made"]["signing"])
        assert answer.json()["shown"]["kept"] == ["signing"]
    old, new = told
    assert (await door.chat(door.identity(secret=new))).session["verified"]
    for other in (old, CHAT_SECRET):
        assert not (await door.chat(door.identity(secret=other))).session["verified"]
    assert new not in (await admin.ask("GET", "/api/connections")).text
    (row,) = await door.sql("SELECT sealed FROM connection WHERE channel = 'webchat'")
    assert new.encode() not in bytes(row["sealed"])


async def test_a_platform_that_vouches_itself_has_no_secret_to_sign_with(
    admin: Inbox, peer: HttpShop
) -> None:
    shown = await connected(admin, peer)
    answer = await admin.ask("POST", f"/api/connections/{shown['connection']['id']}/signing")
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")


async def test_credentials_are_changed_only_for_ones_that_work(
    admin: Inbox, peer: HttpShop
) -> None:
    path = f"/api/connections/{(await connected(admin, peer))['connection']['id']}"
    fresh = "whsec_c2hvcGJlbGwtdGVzdHMtc2VjcmV0LW9mLTMyLWJ5dGVz"

    refused = await admin.ask("PATCH", path, json={"entered": {"secret": fresh}})
    peer.secret = fresh
    down = await admin.ask("POST", f"{path}/check")
    taken = await admin.ask("PATCH", path, json={"entered": {"secret": fresh}})

    assert refused.json()["type"] == "not_connected"
    assert down.json()["shown"]["connection"]["health"] == "reconnect"
    assert taken.json()["shown"]["connection"]["health"] == "ok"
    assert taken.json()["shown"]["connection"]["settings"]["endpoint"] == peer.url


async def test_a_paused_connection_stays_off_until_somebody_turns_it_on(
    admin: Inbox, peer: HttpShop, door: Door
) -> None:
    connection_id = (await connected(admin, peer))["connection"]["id"]
    path = f"/api/connections/{connection_id}"

    off = (await admin.ask("PATCH", path, json={"paused": True, "answer_mode": "suggest"})).json()
    await set_health(door.shop.desk, UUID(connection_id), "ok")
    still = await admin.get("/api/connections")
    on = (await admin.ask("PATCH", path, json={"paused": False, "name": "Till"})).json()

    assert off["shown"]["connection"]["health_words"].startswith("Paused by Cleo")
    assert off["shown"]["connection"]["answer_mode"] == "suggest"
    assert [
        one["connection"]["health"]
        for one in still["connections"]
        if one["connection"]["id"] == connection_id
    ] == ["off"]
    assert on["shown"]["connection"]["health"] == "ok"
    assert on["shown"]["connection"]["name"] == "Till"


async def test_only_admins_see_to_connections(door: Door, peer: HttpShop) -> None:
    ben = await door.agent("ben")
    for method, path in (("GET", "/api/connections"), ("POST", "/api/connections")):
        answer = await ben.ask(method, path, json=custom(peer))
        assert answer.json()["type"] == "role"


async def test_a_canary_finds_what_has_broken_and_what_is_mended(
    settings: Settings, shop: Shop, peer: HttpShop
) -> None:
    endpoint = ConnectionSettings(endpoint=peer.url)
    async with line(settings, shop, "http", {"secret": SECRET}, connection_settings=endpoint) as at:

        async def found(health: str, words: str) -> None:
            """Its time comes; this worker's own canary may be the one that asks."""
            await rows(shop.desk, "UPDATE connection SET check_at = now() RETURNING id")
            await check_due(at.room)

            async def is_so() -> bool:
                query = (
                    "SELECT health, health_words AS words FROM connection WHERE channel = 'http'"
                )
                return await rows(shop.desk, query) == [{"health": health, "words": words}]

            await until(is_so)

        peer.secret = "whsec_c2hvcGJlbGwtdGVzdHMtc2VjcmV0LW9mLTMyLWJ5dGVz"
        words = "The shop's system does not accept our signature: compare the secret on both sides."
        await found("reconnect", words)
        peer.secret = SECRET
        await found("ok", "")
        before = peer.tests
        await asyncio.gather(*(check_due(at.room) for _ in range(5)))
        assert peer.tests == before, "checked again before its time"


async def test_a_failed_message_is_listed_and_goes_out_on_a_second_try(
    settings: Settings, shop: Shop, peer: HttpShop
) -> None:
    endpoint = ConnectionSettings(endpoint=peer.url)
    async with line(settings, shop, "http", {"secret": SECRET}, connection_settings=endpoint) as at:
        peer.script = [lambda: Response(status_code=400)]
        message_id = await _reply(shop, at.connection)
        await until(lambda: _state(shop, message_id, "failed"))
        async with _browser(at) as inbox:
            page = await inbox.get("/api/deliveries?state=failed")
            counted = await inbox.get("/api/counts")
            again = await inbox.ask("POST", f"/api/messages/{message_id}/retry", json={})
            await until(lambda: _state(shop, message_id, "sent"))

            assert [one["message"]["id"] for one in page["unsent"]] == [str(message_id)]
            assert page["unsent"][0]["message"]["delivery"]["error"]
            assert counted["unsent"] == 1
            assert again.json()["delivery"]["status"] == "queued"
            assert len(set(peer.calls)) == 2, "a new key, for the old one was refused"
            assert (await inbox.get("/api/deliveries"))["unsent"] == []
            done = await inbox.ask("POST", f"/api/messages/{message_id}/retry", json={})
            assert done.json()["type"] == "settled"


async def test_a_failed_message_goes_by_another_channel_the_customer_is_known_on(
    settings: Settings, shop: Shop, peer: HttpShop
) -> None:
    endpoint = ConnectionSettings(endpoint=peer.url)
    async with line(settings, shop, "http", {"secret": SECRET}, connection_settings=endpoint) as at:
        other = _silent_channel(shop)
        await rows(
            shop.desk,
            "INSERT INTO connection (id, brand_id, channel, name) VALUES (%s, %s, 'pager', 'Pager')"
            " RETURNING id",
            *(other.id, other.brand_id),
        )
        message_id = await _reply(shop, other)
        await until(lambda: _state(shop, message_id, "failed"))
        await _writes(shop, await _thread(shop, message_id), at.connection)
        async with _browser(at) as inbox:
            (listed,) = (await inbox.get("/api/deliveries"))["unsent"]
            opened = await inbox.get(f"/api/tickets/{listed['ticket']['id']}")
            body = {"connection_id": str(at.connection.id)}
            moved = await inbox.ask("POST", f"/api/messages/{message_id}/move", json=body)
            await until(lambda: _state(shop, message_id, "sent"))

            assert listed["ways"] == [str(at.connection.id)]
            assert {one["connection_id"] for one in opened["contacts"]} >= {str(at.connection.id)}
            assert moved.json()["channel"] == "http"
            assert peer.texts == ["It is."]
            notes = await rows(shop.desk, "SELECT text FROM message WHERE visibility = 'note'")
            assert [one["text"] for one in notes] == [
                "Ben sent it again by Our http, as it did not go out by Pager."
            ]


def _silent_channel(shop: Shop) -> Connection:
    """A connection of a channel by which nothing can be sent."""
    return Connection(id=uuid7(), brand_id=shop.connection.brand_id, channel="pager", name="Pager")


async def _reply(shop: Shop, connection: Connection) -> UUID:
    thread = await thread_of(shop.desk, "http", "c-7", name="Mia")
    ticket = await _writes(shop, thread, connection)
    draft = Draft(id=uuid7(), text="It is.")
    return (await reply(shop.desk, ticket, shop.ben, draft)).message.id


async def _writes(shop: Shop, thread: UUID, connection: Connection) -> UUID:
    arrival = Arrival(external_id=str(uuid7()), place=Place(place="c-7", identity="c-7"))
    draft = Draft(id=uuid7(), text="Is it warm?")
    told = await receive(shop.desk, thread, connection, draft, arrival=arrival)
    return told.message.ticket_id


async def _thread(shop: Shop, message_id: UUID) -> UUID:
    (row,) = await rows(shop.desk, "SELECT thread_id FROM message WHERE id = %s", message_id)
    return row["thread_id"]


async def _state(shop: Shop, message_id: UUID, state: str) -> bool:
    query = "SELECT 1 FROM delivery WHERE message_id = %s AND status = %s"
    return bool(await rows(shop.desk, query, message_id, state))


@asynccontextmanager
async def _browser(at: Line) -> AsyncGenerator[Inbox]:
    cookie = await at.served.cookie("ben@demo.shop")
    url = at.served.url
    async with httpx.AsyncClient(base_url=url, cookies={COOKIE: cookie}) as client:
        yield Inbox(client, url)


async def test_whoever_answers_sees_the_templates_of_a_number(
    admin: Inbox, peer: HttpShop, door: Door
) -> None:
    shown = await connected(admin, peer)
    hello = Template(name="hello", language="en", status="APPROVED", body="Hi {{1}}")
    await keep_templates(door.shop.desk, UUID(shown["connection"]["id"]), [hello])
    ben = await door.agent("ben")

    given = await ben.get(f"/api/connections/{shown['connection']['id']}/templates")

    assert [one["name"] for one in given["templates"]] == ["hello"]
    assert (await ben.ask("GET", f"/api/connections/{uuid7()}/templates")).status_code == 404
