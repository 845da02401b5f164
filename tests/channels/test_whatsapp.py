"""WhatsApp end to end against a Graph API on the loopback: in, answered, taken over, and what fails."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shopbell.connectors.channels.types import Account
from shopbell.connectors.channels.whatsapp.channel import WhatsApp
from shopbell.demo.peers.graph import SECRETS, VERIFY_TOKEN, Graph, Trouble, graph, signed
from shopbell.desk.attachments.commands import by_agent, keep
from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.commands import reconnect
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.messages.types import Draft
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.meta import (
    PNG,
    again,
    files_are,
    is_state,
    say,
    seconds,
    shut_window,
    state_of,
    ticket_of,
)
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

NUMBER = "106540352242922"
MIA = "16505551234"


@pytest.fixture
async def peer() -> AsyncIterator[Graph]:
    async with graph() as peer:
        peer.people.add(MIA)
        yield peer


@pytest.fixture
async def wa(settings: Settings, shop: Shop, peer: Graph) -> AsyncIterator[Line]:
    async with line(
        settings,
        shop,
        "whatsapp",
        {**SECRETS, "phone_number_id": NUMBER, "business_account_id": "waba"},
        account=NUMBER,
        connection_settings=ConnectionSettings(base_url=peer.url),
    ) as wa:
        yield wa


def change(value: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": NUMBER}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    entry = {"id": "waba", "changes": [{"value": value, "field": field}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def message(type_: str, part: Any, name: str = "wamid.in1", **more: Any) -> dict[str, Any]:
    contact = {"profile": {"name": "Mia"}, "wa_id": MIA, "user_id": "US.1349"}
    one = {"from": MIA, "id": name, "timestamp": seconds(), "type": type_, type_: part, **more}
    return change({"contacts": [contact], "messages": [one]})


def text(words: str = "Does it run small?", name: str = "wamid.in1", **more: Any) -> dict[str, Any]:
    return message("text", {"body": words}, name, **more)


def status(state: str, name: str, key: str = "", **more: Any) -> dict[str, Any]:
    one = {"id": name, "status": state, "timestamp": seconds(), "recipient_id": MIA, **more}
    if key:
        one["biz_opaque_callback_data"] = key
    return change({"statuses": [one]})


async def test_a_question_is_answered_and_its_receipts_rise(wa: Line, peer: Graph) -> None:
    wa.mind.give(answered("Take **one size** up."))

    given = await peer.tell(wa.hook, text())

    assert given.status_code == 200
    await is_state(wa, "sent")
    (sent,) = peer.taken
    assert (sent.account, sent.to) == (NUMBER, MIA)
    assert sent.body["text"]["body"] == "Take *one size* up."
    key = sent.body["biz_opaque_callback_data"]
    (customer,) = await rows(wa.desk, "SELECT kind, value FROM identity WHERE kind = 'phone'")
    assert customer["value"] == f"+{MIA}"
    for told, becomes in [("read", "read"), ("delivered", "read"), ("failed", "read")]:
        assert (await peer.tell(wa.hook, status(told, sent.id, key))).status_code == 200
        assert await state_of(wa) == becomes


async def test_meta_makes_sure_of_the_hook_by_a_challenge(wa: Line) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    async with httpx.AsyncClient() as http:
        right = await http.get(wa.hook, params={**asked, "hub.verify_token": VERIFY_TOKEN})
        wrong = await http.get(wa.hook, params={**asked, "hub.verify_token": "guess"})
        bare = await http.get(wa.hook)

    assert (right.status_code, right.text) == (200, "1158201444")
    assert (wrong.status_code, bare.status_code) == (401, 401)


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha256=00", "sha1=00", "sha256", "=", "sha256=é", "sha256=" + "0" * 64],
)
async def test_what_is_not_signed_is_not_kept(wa: Line, header: str | None) -> None:
    given_as = [] if header is None else [(b"x-hub-signature-256", header.encode("latin-1"))]
    async with httpx.AsyncClient() as http:
        given = await http.post(wa.hook, content=b'{"object": 1}', headers=given_as)

    assert given.status_code == 401
    assert await wa.payload_states() == []


async def test_an_altered_body_is_not_kept(wa: Line) -> None:
    given = await wa.post(b'{"object":  1}', signed(b'{"object": 1}'))

    assert given.status_code == 401


async def test_the_same_message_a_hundred_times_at_once_is_one(wa: Line, peer: Graph) -> None:
    payload = text()
    given = await asyncio.gather(*(peer.tell(wa.hook, payload) for _ in range(100)))

    assert {one.status_code for one in given} == {200}
    assert len(await wa.messages()) == 1


async def test_a_picture_comes_in_and_shows(wa: Line, peer: Graph) -> None:
    peer.files["771"] = (PNG, "image/png")
    part = {"id": "771", "mime_type": "image/png", "sha256": "x", "caption": "This hole"}

    await peer.tell(wa.hook, message("image", part))

    (file,) = await files_are(wa, "")
    assert (file["width"], file["name"]) == (2, "picture.png")
    assert (await wa.messages())[0]["text"] == "This hole"


async def test_a_file_elsewhere_than_at_meta_is_not_fetched(wa: Line, peer: Graph) -> None:
    peer.files["771"] = (PNG, "image/png")
    peer.redirects["771"] = "http://169.254.169.254/latest"

    await peer.tell(wa.hook, message("image", {"id": "771", "mime_type": "image/png"}))

    (file,) = await files_are(wa, "missing")
    assert "not at Meta's" in file["words"]


async def test_an_agent_takes_over_and_sends_words_and_a_picture(
    wa: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(wa.hook, text())
    file = await keep(
        shop.desk,
        wa.room.files,
        by_agent(shop.ben.id),
        AGENTS,
        name="size.png",
        size=len(PNG),
        file=BytesIO(PNG),
    )

    await say(wa, shop, "Ben here: see this.", (file.id,))

    await is_state(wa, "sent")
    (sent,) = peer.taken
    assert sent.body["type"] == "image"
    assert sent.body["image"]["caption"] == "Ben here: see this."
    assert peer.kept[sent.body["image"]["id"]] == (PNG, "image/png")


async def test_a_long_answer_goes_on_after_the_part_that_was_taken(wa: Line, peer: Graph) -> None:
    busy = Trouble(429, 131056, headers={"retry-after": "0"})
    peer.trouble = [None, busy]
    wa.mind.give(answered(f"{'a' * 4000}\n\n{'b' * 4000}"))

    await peer.tell(wa.hook, text())

    await is_state(wa, "sent")
    assert [one[0] for one in peer.texts] == ["a", "b"]
    await peer.tell(wa.hook, status("read", peer.taken[1].id))
    await is_state(wa, "read")


async def test_a_reply_from_the_app_takes_over(wa: Line, peer: Graph) -> None:
    await peer.tell(wa.hook, text())
    await wa.mind.wait_until_begun()
    echo = {"from": "15550783881", "to": MIA, "id": "wamid.e0", "timestamp": seconds(1)}
    greeting = {"type": "text", "text": {"body": "Thanks for writing!"}}
    told = change({"message_echoes": [{**echo, **greeting}]}, "smb_message_echoes")
    await peer.tell(wa.hook, told)
    assert (await ticket_of(wa))["control"] == "assistant", "no person is as fast"
    echo |= {"id": "wamid.e1", "timestamp": seconds(10)}
    part = {"type": "text", "text": {"body": "Ben here: take M."}}

    await peer.tell(wa.hook, change({"message_echoes": [{**echo, **part}]}, "smb_message_echoes"))

    assert (await ticket_of(wa))["control"] == "agents"
    spoken = [(one["author_kind"], one["text"]) for one in await wa.messages()]
    assert spoken == [
        ("customer", "Does it run small?"),
        ("system", "Thanks for writing!"),
        ("agent", "Ben here: take M."),
    ]


async def test_edits_deletions_and_reactions_come_in_any_order(wa: Line, peer: Graph) -> None:
    wa.mind.give(answered("Yes."))
    edit = {"original_message_id": "wamid.in1", "message": {"type": "text", "text": {"body": "L?"}}}
    await peer.tell(wa.hook, message("edit", edit, "wamid.in2"))
    assert await wa.payload_states() == ["waiting"], "it came before its message"

    await peer.tell(wa.hook, text())
    await again(wa)
    part = {"message_id": "wamid.in1", "emoji": "👍"}
    await peer.tell(wa.hook, message("reaction", part, "wamid.in3"))

    (first, *_) = await wa.messages()
    assert first["text"] == "L?"
    assert first["extra"]["reactions"] == [{"sign": "👍", "by": f"+{MIA}"}]
    await peer.tell(wa.hook, message("revoke", {"original_message_id": "wamid.in1"}, "wamid.in4"))
    (first, *_) = await wa.messages()
    assert first["removed_at"] is not None


async def test_outside_the_window_nothing_free_is_sent(wa: Line, peer: Graph, shop: Shop) -> None:
    await peer.tell(wa.hook, text())
    await shut_window(wa)
    ticket = await ticket_of(wa)

    with pytest.raises(Unreachable):
        await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Take M."))

    await shut_window(wa, "-1 hour")
    peer.shut.add(MIA)
    await say(wa, shop, "Take M.")
    await is_state(wa, "failed")
    assert "template" in (await wa.messages())[-1]["error"]


async def test_a_dead_token_stops_the_line_until_it_is_connected_again(
    wa: Line, peer: Graph, shop: Shop, settings: Settings
) -> None:
    peer.token = "EAAnew"
    wa.mind.give(answered("Yes."))
    await peer.tell(wa.hook, text())

    async def needs_reconnecting() -> bool:
        (found,) = await rows(wa.desk, "SELECT health FROM connection WHERE channel = 'whatsapp'")
        return found["health"] == "reconnect"

    await until(needs_reconnecting)
    await is_state(wa, "queued")
    vault = Vault(settings.secret_key)
    await reconnect(wa.desk, vault, wa.connection.id, {"access_token": "EAAnew"}, account=NUMBER)

    await is_state(wa, "sent")
    assert peer.texts == ["Yes."]


async def test_passing_refusals_are_tried_again(wa: Line, peer: Graph) -> None:
    peer.trouble = [Trouble(429, 130429, headers={"retry-after": "0"}), Trouble(500, 131000)]
    wa.mind.give(answered("Yes."))

    await peer.tell(wa.hook, text())

    await is_state(wa, "sent")
    assert (peer.calls, peer.texts) == (3, ["Yes."])


@pytest.mark.parametrize("trouble", [Trouble(hang_up=True, taken=True), Trouble(500, taken=True)])
async def test_silence_after_acceptance_is_uncertain_until_a_receipt_settles_it(
    wa: Line, peer: Graph, trouble: Trouble
) -> None:
    peer.trouble = [trouble]
    wa.mind.give(answered("Yes."))
    await peer.tell(wa.hook, text())

    await is_state(wa, "uncertain")
    (sent,) = peer.taken
    await peer.tell(wa.hook, status("delivered", sent.id, sent.body["biz_opaque_callback_data"]))

    await is_state(wa, "delivered")
    assert peer.calls == 1, "nobody sends it again blindly"


async def test_who_is_not_on_whatsapp_is_a_failure_with_words(wa: Line, peer: Graph) -> None:
    peer.people.clear()
    wa.mind.give(answered("Yes."))
    await peer.tell(wa.hook, text())

    await is_state(wa, "failed")
    assert "another channel" in (await wa.messages())[-1]["error"]


async def test_a_failed_status_says_why(wa: Line, peer: Graph) -> None:
    wa.mind.give(answered("Yes."))
    await peer.tell(wa.hook, text())
    await is_state(wa, "sent")
    errors = [{"code": 131047, "title": "Re-engagement message"}]

    await peer.tell(wa.hook, status("failed", peer.taken[0].id, errors=errors))

    await is_state(wa, "failed")
    assert "template" in (await wa.messages())[-1]["error"]


async def test_who_hides_their_number_is_answered_by_their_name_for_us(
    wa: Line, peer: Graph
) -> None:
    peer.people.add("US.1349")
    wa.mind.give(answered("Yes."))
    payload = text()
    value = payload["entry"][0]["changes"][0]["value"]
    value["messages"][0]["from_user_id"] = "US.1349"
    del value["messages"][0]["from"], value["contacts"][0]["wa_id"]

    await peer.tell(wa.hook, payload)

    await is_state(wa, "sent")
    assert peer.taken[0].body["recipient"] == "US.1349"
    assert "to" not in peer.taken[0].body


async def test_stopping_advertising_leaves_answers(wa: Line, peer: Graph) -> None:
    one = {"wa_id": MIA, "category": "marketing_messages", "value": "stop", "timestamp": seconds()}
    await peer.tell(wa.hook, change({"user_preferences": [one]}, "user_preferences"))
    wa.mind.give(answered("Yes."))

    await peer.tell(wa.hook, text())

    await is_state(wa, "sent")
    (note,) = await rows(wa.desk, "SELECT text FROM message WHERE visibility = 'note'")
    assert "no more advertising" in note["text"]
    (contact,) = await rows(wa.desk, "SELECT opted_out_at, no_marketing_at FROM contact")
    assert contact["opted_out_at"] is None
    assert contact["no_marketing_at"] is not None


async def test_a_shut_account_needs_reconnecting(wa: Line, peer: Graph) -> None:
    value = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}

    await peer.tell(wa.hook, change(value, "account_update"))

    (found,) = await rows(
        wa.desk, "SELECT health, health_words FROM connection WHERE channel = 'whatsapp'"
    )
    assert found["health"] == "reconnect"
    assert "Account quality" in found["health_words"]


async def test_the_account_is_looked_at(peer: Graph, wa: Line) -> None:
    async with httpx.AsyncClient() as http:
        channel = WhatsApp(http)
        account = Account(connection=wa.connection, credentials=wa.credentials)
        assert (await channel.check(account)).health == "ok"
        peer.token = str(uuid4())
        assert (await channel.check(account)).health == "reconnect"
