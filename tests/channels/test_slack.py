"""Slack end to end: by the hook and by socket mode, in direct messages, channels and threads."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response

from shopbell.cli.payloads import read
from shopbell.connectors.channels.slack.channel import SlackChannel
from shopbell.connectors.channels.slack.errors import refusal
from shopbell.connectors.channels.slack.mrkdwn import from_mrkdwn, to_mrkdwn
from shopbell.connectors.channels.slack.reading import Watch, facts_of
from shopbell.demo.peers.slack import (
    APP,
    APP_TOKEN,
    BOT,
    BOT_ID,
    SECRET,
    TOKEN,
    SlackPeer,
    cut_off,
    refused,
    shortcut,
    signed,
    slack_peer,
)
from shopbell.desk.attachments.commands import by_agent, keep
from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.commands import reconnect
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.control.commands import take_over
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Fact
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.test_community import about_the_order
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

BY_HOOK = {"bot_token": TOKEN, "signing_secret": SECRET}
BY_SOCKET = {"bot_token": TOKEN, "app_token": APP_TOKEN}
OPTIONS = {"channels": "C1", "staff": "UBEN, UCLEO"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    async with slack_peer() as peer:
        yield peer


def slack_line(
    settings: Settings, shop: Shop, peer: SlackPeer, credentials: dict[str, str]
) -> AbstractAsyncContextManager[Line]:
    there = ConnectionSettings(base_url=peer.url, options=OPTIONS)
    return line(settings, shop, "slack", credentials, account="T1", connection_settings=there)


@pytest.fixture
async def slack(settings: Settings, shop: Shop, peer: SlackPeer) -> AsyncIterator[Line]:
    async with slack_line(settings, shop, peer, BY_HOOK) as slack:
        yield slack


async def holds(condition: Callable[[], Any]) -> None:
    async def held() -> bool:
        return bool(condition())

    await until(held)


async def states(slack: Line, *wanted: str | None) -> None:
    """Wait until the messages' deliveries are in these states."""

    async def are() -> bool:
        return [one["sent_state"] for one in await slack.messages()] == list(wanted)

    await until(are)


async def tell(slack: Line, payload: dict[str, Any] | bytes) -> int:
    return (await slack.post(*signed(payload))).status_code


async def test_a_direct_message_is_answered_there_in_slacks_own_writing(
    slack: Line, peer: SlackPeer
) -> None:
    slack.mind.give(answered("**Yes**, see [sizes](https://shop.test/s) & <!here>"))

    assert (
        await tell(slack, peer.said("Does it run &lt;small&gt;? <https://a.test|this one>")) == 200
    )

    await states(slack, None, "sent")
    (sent,) = peer.posted
    assert sent["channel"] == "DMIA"
    assert sent["text"] == "*Yes*, see <https://shop.test/s|sizes> &amp; &lt;!here&gt;"
    assert "thread_ts" not in sent
    (first, _) = await slack.messages()
    assert first["text"] == "Does it run <small>? this one (https://a.test)"


async def test_a_question_in_a_watched_channel_is_answered_in_its_thread(
    slack: Line, peer: SlackPeer
) -> None:
    slack.mind.give(answered("Take one size up."))
    asked = peer.said("Does it run small?", channel="C1")

    await tell(slack, peer.said("Nice weather", channel="C2"))
    await tell(slack, asked)

    await states(slack, None, "sent")
    (sent,) = peer.posted
    assert (sent["channel"], sent["thread_ts"]) == ("C1", asked["event"]["ts"])


async def test_the_bot_is_asked_by_name_anywhere(slack: Line, peer: SlackPeer) -> None:
    slack.mind.give(answered("Take one size up."))
    asked = peer.said(f"<@{BOT}> does it run small?", channel="C2")
    again = peer.event({**asked["event"], "type": "app_mention"})

    await tell(slack, again)
    await tell(slack, asked)

    await states(slack, None, "sent")
    assert (await slack.messages())[0]["text"] == "does it run small?"


async def test_what_is_personal_goes_to_a_direct_message_and_the_channel_sees_a_pointer(
    slack: Line, peer: SlackPeer
) -> None:
    slack.mind.give(about_the_order("Order WF-1001 left on Monday."))
    asked = peer.said("Where is my order?", channel="C1")

    await tell(slack, asked)

    await states(slack, None, "sent")
    await holds(lambda: len(peer.posted) == 2)
    private, pointer = peer.posted
    assert (private["channel"], private["text"]) == ("DMIA", "Order WF-1001 left on Monday.")
    assert (pointer["channel"], pointer["thread_ts"]) == ("C1", asked["event"]["ts"])
    assert "WF-1001" not in pointer["text"]


async def test_who_takes_no_direct_message_alone_sees_it_in_the_channel(
    slack: Line, peer: SlackPeer
) -> None:
    peer.deaf.add("UMIA")
    slack.mind.give(about_the_order("Order WF-1001 left on Monday."))

    await tell(slack, peer.said("Where is my order?", channel="C1"))

    await states(slack, None, "sent")
    assert peer.posted == []
    assert [one["user"] for one in peer.whispered] == ["UMIA"]


async def test_agents_take_over_and_reply_in_the_thread(
    slack: Line, peer: SlackPeer, shop: Shop
) -> None:
    await tell(slack, peer.said("Does it run small?", channel="C1"))
    (ticket,) = await rows(slack.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)

    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Ben: take M."))

    await states(slack, None, "sent")
    assert peer.texts == ["Ben: take M."]


async def test_an_employees_reply_in_a_customers_thread_takes_over(
    slack: Line, peer: SlackPeer
) -> None:
    asked = peer.said("Does it run small?", channel="C1")
    await tell(slack, asked)
    thread = {"channel": "C1", "thread_ts": asked["event"]["ts"], "parent_user_id": "UMIA"}

    await tell(slack, peer.said("I had the same", user="UTOM", **thread))
    await tell(slack, peer.said("Team lunch at noon", user="UBEN", channel="C1"))
    await tell(slack, peer.said("Ben here: take M.", user="UBEN", **thread))

    spoken = [(one["author_kind"], one["text"]) for one in await slack.messages()]
    assert spoken == [("customer", "Does it run small?"), ("agent", "Ben here: take M.")]
    (ticket,) = await rows(slack.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "agents"
    assert peer.posted == []


def test_a_payload_of_any_channel_can_be_looked_at_by_the_command_line() -> None:
    told = SlackPeer().said("Does it run small?", channel="C9")

    (fact,) = read(SlackChannel(httpx.AsyncClient()), "slack", msgspec.json.encode(told))

    assert (fact.kind, fact.text, fact.community) == ("message", "Does it run small?", True)


def test_in_a_channel_shared_with_another_company_all_of_ours_are_staff() -> None:
    watch, peer = Watch(channels=frozenset({"C1"})), SlackPeer()
    shared: dict[str, Any] = {"is_ext_shared_channel": True, "channel": "C1"}
    theirs = peer.said("Does it run small?", user="UX", user_team="T2", team="T2", **shared)
    ours = peer.said(
        "Take M.", user="UANY", user_team="T1", thread_ts="1.2", parent_user_id="UX", **shared
    )

    (asked,) = facts_of(msgspec.json.encode(theirs), watch)
    (echo,) = facts_of(msgspec.json.encode(ours), watch)

    assert asked.kind == "message"
    assert asked.community
    assert echo.kind == "echo"
    assert echo.sender == asked.sender


async def test_moderators_hand_a_message_of_any_channel_to_people(
    slack: Line, peer: SlackPeer
) -> None:
    message = peer.said("My parcel is wet", channel="C2")["event"]

    body, headers = signed(shortcut(message, "C2", "UMIA"))
    assert (await slack.post(body, headers)).status_code == 200
    assert await slack.messages() == [], "only staff may"
    body, headers = signed(shortcut(message, "C2", "UBEN"))
    assert (await slack.post(body, headers)).status_code == 200

    await states(slack, None, "sent")
    (ticket,) = await rows(slack.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "agents"
    assert [(one["channel"], one["thread_ts"]) for one in peer.posted] == [("C2", message["ts"])]


async def test_the_same_event_a_hundred_times_at_once_is_one_message(
    slack: Line, peer: SlackPeer
) -> None:
    slack.mind.give(answered("Yes."))
    told = peer.said("Does it run small?")
    body, headers = signed(told)
    retried = signed({**told, "event_id": "EvAgain"})

    given = await asyncio.gather(
        *(slack.post(body, {**headers, "x-slack-retry-num": "1"}) for _ in range(100)),
        *(slack.post(*retried) for _ in range(10)),
    )

    assert {one.status_code for one in given} == {200}
    await states(slack, None, "sent")
    assert peer.texts == ["Yes."]


def _spoilt() -> dict[str, tuple[bytes, dict[str, str]]]:
    body, headers = signed(SlackPeer().said("Hello"))
    stamp = "x-slack-request-timestamp"
    return {
        "altered": (body + b" ", headers),
        "no headers": (body, {}),
        "no signature": (body, {stamp: headers[stamp]}),
        "odd signature": (body, {**headers, "x-slack-signature": "v0=\u00fc"}),
        "time is a word": signed(body, "soon"),
        "time is a fraction": signed(body, "1.5"),
        "time is endless": signed(body, "9" * 5000),
        "time is no ASCII": (body, {**headers, stamp: "\u00b2\u00b2"}),
        "old": signed(body, int(time.time()) - 400),
        "from tomorrow": signed(body, int(time.time()) + 900),
    }


async def test_what_slack_did_not_sign_is_not_kept(slack: Line) -> None:
    for spoilt, (body, headers) in _spoilt().items():
        sent: Any = {name: value.encode("latin-1") for name, value in headers.items()}
        assert (await slack.post(body, sent)).status_code == 401, spoilt

    assert await slack.payload_states() == []


async def test_the_challenge_is_answered_when_it_is_signed(slack: Line) -> None:
    challenge = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB"}

    given = await slack.post(*signed(challenge))

    assert (given.status_code, given.text) == (200, "3eZbrw1aB")
    assert (await slack.post(signed(challenge)[0], {})).status_code == 401


async def test_edits_removals_and_reactions_change_the_message(
    slack: Line, peer: SlackPeer
) -> None:
    slack.mind.give(answered("Yes."))
    asked = peer.said("Does it run small?")
    message = asked["event"]
    await tell(slack, asked)

    edited = {**message, "text": "Does it run LARGE?", "edited": {"user": "UMIA", "ts": peer.ts()}}
    changed = {"type": "message", "subtype": "message_changed", "channel": "DMIA", "ts": peer.ts()}
    await tell(slack, peer.event({**changed, "message": edited, "previous_message": message}))
    heart = {"type": "reaction_added", "user": "UMIA", "reaction": "heart", "event_ts": peer.ts()}
    item = {"type": "message", "channel": "DMIA", "ts": message["ts"]}
    await tell(slack, peer.event({**heart, "item": item, "item_user": "UMIA"}))

    (first, *_) = await slack.messages()
    assert first["text"] == "Does it run LARGE?"
    assert [one["sign"] for one in first["extra"]["reactions"]] == ["❤️"]

    gone = {"type": "message", "subtype": "message_deleted", "channel": "DMIA", "ts": peer.ts()}
    gone |= {"deleted_ts": message["ts"], "previous_message": edited}
    await tell(slack, peer.event(gone))
    (first, *_) = await slack.messages()
    assert (first["text"], first["removed_at"] is not None) == ("", True)


async def test_an_edit_that_comes_before_its_message_waits_for_it(
    slack: Line, peer: SlackPeer
) -> None:
    message = peer.said("Does it run small?")["event"]
    edited = {**message, "text": "LARGE?", "edited": {"user": "UMIA", "ts": peer.ts()}}
    changed = {"type": "message", "subtype": "message_changed", "channel": "DMIA", "ts": peer.ts()}

    await tell(slack, peer.event({**changed, "message": edited, "previous_message": message}))

    assert await slack.payload_states() == ["waiting"]


async def test_files_come_in_with_the_token_and_only_from_slack(
    slack: Line, peer: SlackPeer
) -> None:
    peer.files["F9"] = ("hole.png", PNG)
    one = {"id": "F9", "name": "hole.png", "mimetype": "image/png", "size": len(PNG)}
    kept = {**one, "url_private_download": f"{peer.url}/files/F9-hole.png"}
    hidden = {**one, "name": "other.png", "file_access": "check_file_info"}
    foreign = {**one, "name": "evil.png", "url_private": "http://169.254.169.254/latest"}

    await tell(slack, peer.said("Look", subtype="file_share", files=[kept, hidden, foreign]))

    async def all_known() -> bool:
        found = (await slack.messages())[0]["extra"]["attachments"]
        return [one.get("state", "") for one in found] == ["", "", "missing"]

    await until(all_known)
    found = (await slack.messages())[0]["extra"]["attachments"]
    assert [(one["media_type"], one["width"]) for one in found[:2]] == [("image/png", 2)] * 2
    assert "not where the platform" in found[2]["words"]


async def test_an_agents_file_is_handed_over_and_shown_privately(
    slack: Line, peer: SlackPeer, shop: Shop
) -> None:
    await tell(slack, peer.said("Does it run small?"))
    (ticket,) = await rows(slack.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    file = await keep(
        shop.desk,
        slack.room.files,
        by_agent(shop.ben.id),
        AGENTS,
        name="label.png",
        size=len(PNG),
        file=BytesIO(PNG),
    )

    draft = Draft(id=uuid7(), text="Your label", attachments=(file.id,))
    await reply(slack.served.state.desk, ticket["id"], shop.ben, draft)

    await states(slack, None, "sent")
    assert peer.texts == ["Your label"]
    assert list(peer.uploads.values()) == [PNG]
    assert [one["channel_id"] for one in peer.shared] == ["DMIA"]


async def test_a_long_answer_leaves_in_parts_and_goes_on_after_a_pause(
    slack: Line, peer: SlackPeer
) -> None:
    busy = JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"retry-after": "1"})
    peer.before["chat.postMessage"] = [lambda _: None, lambda _: busy]
    slack.mind.give(answered("\n\n".join(letter * 3_000 for letter in "abc")))

    await tell(slack, peer.said("Tell me everything"))

    await states(slack, None, "sent")
    assert [one[0] for one in peer.texts] == ["a", "b", "c"]


async def test_a_server_in_trouble_is_asked_again(slack: Line, peer: SlackPeer) -> None:
    trouble = Response("<html>", 503)
    peer.before["chat.postMessage"] = [lambda _: trouble]
    slack.mind.give(answered("Yes."))

    await tell(slack, peer.said("Does it run small?"))

    await states(slack, None, "sent")
    assert peer.texts == ["Yes."]


async def test_an_answer_that_broke_off_is_found_in_the_conversation(
    slack: Line, peer: SlackPeer
) -> None:
    peer.after["chat.postMessage"] = [lambda _: cut_off()]
    slack.mind.give(answered("Yes."))

    await tell(slack, peer.said("Does it run small?"))

    await states(slack, None, "sent")
    assert peer.texts == ["Yes."]


async def test_what_nobody_can_say_is_uncertain_until_slack_tells(
    slack: Line, peer: SlackPeer
) -> None:
    peer.after["chat.postMessage"] = [lambda _: cut_off()]
    peer.before["conversations.history"] = [lambda _: refused("fatal_error")]
    slack.mind.give(answered("Yes."))

    await tell(slack, peer.said("Does it run small?"))
    await states(slack, None, "uncertain")

    (message,) = peer.posted
    told = {
        "type": "message_metadata_posted",
        "app_id": APP,
        "bot_id": BOT_ID,
        "user_id": BOT,
        "channel_id": message["channel"],
        "metadata": message["metadata"],
        "message_ts": message["ts"],
    }
    await tell(slack, peer.event(told))
    await states(slack, None, "sent")
    assert len(peer.posted) == 1


async def test_our_own_message_come_back_is_no_reply(slack: Line, peer: SlackPeer) -> None:
    slack.mind.give(answered("Yes."))
    await tell(slack, peer.said("Does it run small?"))
    await states(slack, None, "sent")
    (message,) = peer.posted
    ours = {**message, "type": "message", "user": BOT, "bot_id": BOT_ID, "app_id": APP}

    await tell(slack, peer.event(ours))

    assert len(await slack.messages()) == 2
    (ticket,) = await rows(slack.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "assistant"


async def test_a_revoked_token_keeps_the_queue_until_slack_is_connected_again(
    slack: Line, peer: SlackPeer, settings: Settings
) -> None:
    peer.tokens = {"xoxb-new"}
    slack.mind.give(answered("Yes."))
    await tell(slack, peer.said("Does it run small?"))

    async def lost() -> bool:
        found = await rows(slack.desk, "SELECT health FROM connection WHERE channel = 'slack'")
        return found[0]["health"] == "reconnect"

    await until(lost)
    await states(slack, None, "queued")

    peer.tokens = {TOKEN}
    await reconnect(slack.desk, Vault(settings.secret_key), slack.connection.id, {})
    await states(slack, None, "sent")
    assert peer.texts == ["Yes."]


async def test_a_channel_that_is_gone_is_told_in_words(slack: Line, peer: SlackPeer) -> None:
    peer.channels.discard("DMIA")
    slack.mind.give(answered("Yes."))

    await tell(slack, peer.said("Does it run small?"))

    await states(slack, None, "failed")
    assert "invite the app" in (await slack.messages())[1]["error"]


async def test_the_apps_removal_asks_for_a_new_connection(slack: Line, peer: SlackPeer) -> None:
    await tell(slack, peer.event({"type": "app_uninstalled"}))

    (row,) = await rows(
        slack.desk, "SELECT health, health_words FROM connection WHERE channel = 'slack'"
    )
    assert row["health"] == "reconnect"
    assert "install it again" in row["health_words"]


async def test_by_socket_an_event_is_acknowledged_once_it_is_kept(
    settings: Settings, shop: Shop, peer: SlackPeer
) -> None:
    async with slack_line(settings, shop, peer, BY_SOCKET) as slack:
        await holds(lambda: peer.sockets)
        slack.mind.give(answered("Yes."), answered("No."))
        told = peer.said("Does it run small?")

        first, again = await peer.tell(told), await peer.tell(told)
        await holds(lambda: peer.acked == [first, again])
        assert len([one for one in await slack.messages() if one["author_kind"] == "customer"]) == 1
        await states(slack, None, "sent")

        await peer.sockets[-1].send_text('{"type":"disconnect","reason":"refresh_requested"}')
        await holds(lambda: len(peer.sockets) == 2)
        later = await peer.tell(peer.said("And large?"))
        await holds(lambda: later in peer.acked)
        await states(slack, None, "sent", None, "sent")


async def test_an_app_token_that_is_refused_asks_for_a_new_connection(
    settings: Settings, shop: Shop, peer: SlackPeer
) -> None:
    peer.tokens = {TOKEN}
    async with slack_line(settings, shop, peer, BY_SOCKET) as slack:

        async def lost() -> bool:
            found = await rows(slack.desk, "SELECT health FROM connection WHERE channel = 'slack'")
            return found[0]["health"] == "reconnect"

        await until(lost)


async def test_the_account_is_looked_at(slack: Line, peer: SlackPeer) -> None:
    channel: Any = slack.room.channels["slack"]
    account, _ = await slack.room.intake.account(slack.connection.id)

    found = await channel.check(account)
    assert (found.health, found.account, found.name) == ("ok", "T1", "Wetherfold")

    peer.tokens.clear()
    found = await channel.check(account)
    assert found.health == "reconnect"


@pytest.mark.parametrize(
    ("code", "permanent", "health"),
    [
        ("token_revoked", False, "reconnect"),
        ("missing_scope", False, "reconnect"),
        ("ratelimited", False, None),
        ("internal_error", False, None),
        ("is_archived", True, None),
        ("never_heard_of", True, None),
    ],
)
def test_refusals_by_their_codes(code: str, permanent: bool, health: str | None) -> None:
    found = refusal(code, None)
    assert (found.permanent, found.health) == (permanent, health)
    assert found.words


Tree = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = "type event message previous_message user ts channel subtype files thread_ts item metadata"
AROUND = "parent_user_id authorizations tokens team_id"
Mangled = st.dictionaries(
    st.sampled_from(f"{NAMES} {AROUND}".split()), Tree | st.sampled_from(["message", "C1", "1.2"])
)
KINDS = ("message", "app_mention", "reaction_added", "message_metadata_posted", "tokens_revoked")


@given(st.sampled_from(KINDS), Mangled, Mangled)
def test_no_event_breaks_the_reading(
    kind: str, event: dict[str, Any], around: dict[str, Any]
) -> None:
    told = {**around, "type": "event_callback", "event": {**event, "type": kind}}
    body = msgspec.json.encode(told)

    assert all(isinstance(one, Fact) for one in facts_of(body, Watch(channels=frozenset({"*"}))))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(body: bytes) -> None:
    assert facts_of(body, Watch())
    assert facts_of(b'{"type":"message_action",' + body, Watch())


@given(st.text(max_size=300))
def test_no_words_can_mention_everybody(text: str) -> None:
    told = to_mrkdwn(text + "<!channel> <@U1>")
    assert "<!" not in told
    assert "<@" not in told
    from_mrkdwn(text)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and *soft* and ~~gone~~", "*bold* and _soft_ and ~gone~"),
        ("# Sizes\n- one\n- two", "*Sizes*\n• one\n• two"),
        ("[a](https://x.test/?q=1&r=2)", "<https://x.test/?q=1&amp;r=2|a>"),
        ("[a](javascript:alert)", "a (javascript:alert)"),
        ("`**as it is**`", "`**as it is**`"),
        ("```python\n*x*\n```", "```\n*x*\n```"),
        ("> said", "> said"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_markdown_becomes_slacks_own_writing(markdown: str, shown: str) -> None:
    assert to_mrkdwn(markdown) == shown
