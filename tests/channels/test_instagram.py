"""Instagram end to end against a Graph API on the loopback: stories, bytes, unsending, windows."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import httpx
import pytest

from shopbell.connectors.channels.instagram.channel import Instagram
from shopbell.connectors.channels.types import Account
from shopbell.demo.peers.graph import SECRETS, Graph, Trouble, graph
from shopbell.desk.attachments.commands import by_agent, keep
from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.meta import (
    PNG,
    files_are,
    is_state,
    milliseconds,
    say,
    shut_window,
    ticket_of,
)
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered

SHOP = "17841400008460056"
MIA = "1254459154682919"


@pytest.fixture
async def peer() -> AsyncIterator[Graph]:
    async with graph() as peer:
        peer.platform = "instagram"
        peer.people.add(MIA)
        yield peer


@pytest.fixture
async def direct(settings: Settings, shop: Shop, peer: Graph) -> AsyncIterator[Line]:
    async with line(
        settings,
        shop,
        "instagram",
        {**SECRETS, "instagram_id": SHOP},
        account=SHOP,
        connection_settings=ConnectionSettings(base_url=peer.url),
    ) as direct:
        yield direct


def events(*given: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": SHOP, "time": milliseconds(), "messaging": list(given)}
    return {"object": "instagram", "entry": [entry]}


def event(**parts: Any) -> dict[str, Any]:
    return {
        "sender": {"id": MIA},
        "recipient": {"id": SHOP},
        "timestamp": milliseconds(),
        **parts,
    }


def written(text: str = "Does it run small?", mid: str = "aWdf1", **more: Any) -> dict[str, Any]:
    return events(event(message={"mid": mid, "text": text, **more}))


async def test_an_answer_is_cut_by_bytes_and_reading_lifts_it(direct: Line, peer: Graph) -> None:
    direct.mind.give(answered("ü" * 900))

    await peer.tell(direct.hook, written())

    await is_state(direct, "sent")
    assert [len(one) for one in peer.texts] == [500, 400]
    assert {one.account for one in peer.taken} == {SHOP}
    await peer.tell(direct.hook, events(event(read={"mid": peer.taken[1].id})))
    await is_state(direct, "read")


async def test_echoes_of_each_part_are_known_as_ours(direct: Line, peer: Graph) -> None:
    direct.mind.give(answered("ü" * 900))
    await peer.tell(direct.hook, written())
    await is_state(direct, "sent")

    for one in peer.taken:
        message = {"mid": one.id, "text": one.body["message"]["text"], "is_echo": True}
        told = event(sender={"id": SHOP}, recipient={"id": MIA}, message=message)
        await peer.tell(direct.hook, events(told))

    assert (await ticket_of(direct))["control"] == "assistant"
    message = {"mid": "aWdf9", "text": "Thanks for writing!", "is_echo": True}
    told = event(sender={"id": SHOP}, recipient={"id": MIA}, message=message)
    await peer.tell(direct.hook, events({**told, "timestamp": milliseconds() + 1_000}))
    assert (await ticket_of(direct))["control"] == "assistant", "no person is as fast"
    message = {"mid": "aWdf10", "text": "Ben here.", "is_echo": True}
    told = event(sender={"id": SHOP}, recipient={"id": MIA}, message=message)
    await peer.tell(direct.hook, events({**told, "timestamp": milliseconds() + 10_000}))
    assert (await ticket_of(direct))["control"] == "agents"


async def test_an_answer_to_a_story_brings_the_story(direct: Line, peer: Graph) -> None:
    peer.files["s1"] = (PNG, "image/png")
    story = {"story": {"id": "178", "url": f"{peer.url}/cdn/s1"}}

    await peer.tell(direct.hook, written("How much?", reply_to=story))

    (file,) = await files_are(direct, "")
    assert file["width"] == 2
    (first, *_) = await direct.messages()
    assert first["extra"]["context"] == "Answered a story of the shop"


async def test_a_picture_that_meta_does_not_hold_is_missing(direct: Line, peer: Graph) -> None:
    picture = {"type": "image", "payload": {"url": "http://127.0.0.1:1/secret"}}

    await peer.tell(direct.hook, events(event(message={"mid": "aWdf1", "attachments": [picture]})))

    (file,) = await files_are(direct, "missing")
    assert "not at Meta's" in file["words"]


async def test_what_was_unsent_is_removed(direct: Line, peer: Graph) -> None:
    await peer.tell(direct.hook, written("My card is"))

    gone = {"mid": "aWdf1", "is_deleted": True}
    await peer.tell(direct.hook, events(event(message=gone)))

    (first, *_) = await direct.messages()
    assert first["removed_at"] is not None
    assert first["text"] == ""


async def test_people_answer_under_their_tag_and_files_go_by_address(
    direct: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(direct.hook, written())
    await shut_window(direct)
    peer.shut.add(MIA)
    file = await keep(
        direct.desk,
        direct.room.files,
        by_agent(shop.ben.id),
        AGENTS,
        name="size.png",
        size=len(PNG),
        file=BytesIO(PNG),
    )

    await say(direct, shop, "", (file.id,))

    await is_state(direct, "sent")
    (sent,) = peer.taken
    assert sent.body["tag"] == "HUMAN_AGENT"
    assert sent.body["message"]["attachment"]["type"] == "image"
    assert "://" in sent.body["message"]["attachment"]["payload"]["url"]


async def test_a_window_that_meta_says_is_shut_is_a_failure_with_words(
    direct: Line, peer: Graph
) -> None:
    peer.gone.add(MIA)
    direct.mind.give(answered("Yes."))

    await peer.tell(direct.hook, written())

    await is_state(direct, "failed")
    assert "another channel" in (await direct.messages())[-1]["error"]


async def test_a_server_fault_is_tried_again_and_a_pause_kept(direct: Line, peer: Graph) -> None:
    peer.trouble = [Trouble(500, 2), Trouble(429, 4, headers={"retry-after": "0"})]
    direct.mind.give(answered("Yes."))

    await peer.tell(direct.hook, written())

    await is_state(direct, "sent")
    assert peer.texts == ["Yes."]


async def test_a_page_lends_its_address_where_it_is_named(peer: Graph, direct: Line) -> None:
    async with httpx.AsyncClient() as http:
        channel = Instagram(http)
        account = Account(connection=direct.connection, credentials=direct.credentials)
        found = await channel.check(account)
    assert (found.health, found.account) == ("ok", SHOP)
