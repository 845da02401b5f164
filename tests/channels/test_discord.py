"""Discord end to end: over a gateway that is resumed or caught up with, in all its places."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.discord import gateway
from shopbell.connectors.channels.discord.channel import DiscordChannel
from shopbell.connectors.channels.discord.errors import refusal
from shopbell.connectors.channels.discord.gateway import IDENTIFY_EVERY_S, pause_before_session
from shopbell.connectors.channels.discord.nonces import delivery_of, nonce_of
from shopbell.connectors.channels.discord.reading import Watch, facts_of
from shopbell.demo.peers.discord import (
    BOT,
    FORUM,
    HELP,
    LOUNGE,
    POST,
    TOKEN,
    DiscordPeer,
    cut_off,
    discord_peer,
    person,
    refused,
)
from shopbell.desk.attachments.commands import by_agent, keep
from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.commands import connect, reconnect, set_health, turn_on
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries.types import Sent
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Fact, Raw
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.jobs import listening
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.sending import file, outgoing
from tests.channels.test_community import about_the_order
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until, worker

DM = "51"
"""The direct channel of person 1, Mia."""
BEN, TOM = person("Ben", "2"), person("Tom", "3")
OPTIONS = {"channels": f"{HELP}, {FORUM}", "staff": "2, 77"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordPeer]:
    monkeypatch.setattr(gateway, "IDENTIFY_EVERY_S", 0.0)
    async with discord_peer() as peer:
        peer.channels[DM] = {"id": DM, "type": 1}
        yield peer


def discord_line(
    settings: Settings, shop: Shop, peer: DiscordPeer
) -> AbstractAsyncContextManager[Line]:
    there = ConnectionSettings(base_url=peer.url, options=OPTIONS)
    return line(settings, shop, "discord", {"token": TOKEN}, connection_settings=there)


@pytest.fixture
async def discord(settings: Settings, shop: Shop, peer: DiscordPeer) -> AsyncIterator[Line]:
    async with discord_line(settings, shop, peer) as discord:
        await peer.ready.wait()
        yield discord


async def holds(condition: Callable[[], Any]) -> None:
    async def held() -> bool:
        return bool(condition())

    await until(held)


async def states(discord: Line, *wanted: str | None) -> None:
    """Wait until the messages' deliveries are in these states."""

    async def are() -> bool:
        return [one["sent_state"] for one in await discord.messages()] == list(wanted)

    await until(are)


async def spoken(discord: Line, *wanted: tuple[str, str]) -> None:
    async def are() -> bool:
        found = [(one["author_kind"], one["text"]) for one in await discord.messages()]
        return found == list(wanted)

    await until(are)


async def health(discord: Line, wanted: str) -> str:
    """Wait until the connection is so; its words."""
    query = "SELECT health, health_words FROM connection WHERE channel = 'discord'"

    async def is_so() -> bool:
        return (await rows(discord.desk, query))[0]["health"] == wanted

    await until(is_so)
    return (await rows(discord.desk, query))[0]["health_words"]


async def test_a_direct_message_is_answered_there_under_its_own_nonce(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(answered("**Yes**, @everyone"))

    await peer.say("Does it run small?", DM)

    await states(discord, None, "sent")
    (said,) = peer.said
    assert (said["channel_id"], said["content"]) == (DM, "**Yes**, @everyone")
    assert said["allowed_mentions"] == {"parse": []}
    (delivery,) = await rows(discord.desk, "SELECT id FROM delivery")
    assert delivery_of(said["nonce"]) == str(delivery["id"])


async def test_in_a_watched_channel_the_question_itself_is_answered(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(answered("Take one size up."))

    await peer.say("Nice weather", LOUNGE)
    asked = await peer.say("Does it run small?", HELP)

    await states(discord, None, "sent")
    (said,) = peer.said
    assert said["channel_id"] == HELP
    assert said["message_reference"]["message_id"] == asked["id"]
    assert len(await discord.payload_states()) == 1, "what was not for the desk is not kept"


async def test_the_bot_is_asked_by_name_anywhere(discord: Line, peer: DiscordPeer) -> None:
    discord.mind.give(answered("Yes."))

    await peer.say(f"<@{BOT}> does it run small?", LOUNGE, mentions=[person("help", BOT)])

    await states(discord, None, "sent")
    assert (await discord.messages())[0]["text"] == "does it run small?"


async def test_in_a_forums_post_its_writer_is_answered_and_others_talk_to_them(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(answered("Yes."))

    await peer.say("I had the same", POST, TOM)
    await peer.say("Does it run small?", POST)

    await states(discord, None, "sent")
    await spoken(discord, ("customer", "Does it run small?"), ("assistant", "Yes."))
    assert peer.said[0]["channel_id"] == POST


async def test_what_is_personal_goes_to_a_direct_message_and_the_channel_sees_a_pointer(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(about_the_order("Order WF-1001 left on Monday."))

    await peer.say("Where is my order?", HELP)

    await states(discord, None, "sent")
    await holds(lambda: len(peer.said) == 2)
    private, pointer = peer.said
    assert (private["channel_id"], private["content"]) == (DM, "Order WF-1001 left on Monday.")
    assert pointer["channel_id"] == HELP
    assert "WF-1001" not in pointer["content"]


async def test_who_takes_no_direct_message_is_told_nothing_in_public(
    discord: Line, peer: DiscordPeer
) -> None:
    peer.deaf.add("1")
    discord.mind.give(about_the_order("Order WF-1001 left on Monday."))

    await peer.say("Where is my order?", HELP)

    await states(discord, None, "failed")
    assert peer.said == []
    assert "direct messages" in (await discord.messages())[1]["error"]


async def test_agents_take_over_and_reply_with_a_file(
    discord: Line, peer: DiscordPeer, shop: Shop
) -> None:
    await peer.say("Does it run small?", DM)
    await states(discord, None)
    (ticket,) = await rows(discord.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    file = await keep(
        shop.desk,
        discord.room.files,
        by_agent(shop.ben.id),
        AGENTS,
        name="label.png",
        size=len(PNG),
        file=BytesIO(PNG),
    )

    draft = Draft(id=uuid7(), text="Ben: take M.", attachments=(file.id,))
    await reply(discord.served.state.desk, ticket["id"], shop.ben, draft)

    await states(discord, None, "sent")
    assert [(one["content"], one["files"]) for one in peer.said] == [
        ("Ben: take M.", []),
        ("", ["label.png"]),
    ]
    assert peer.files == {"label.png": PNG}


async def test_an_employees_reply_to_a_customer_takes_over(
    discord: Line, peer: DiscordPeer
) -> None:
    asked = await peer.say("Does it run small?", HELP)
    about = {
        "type": 19,
        "message_reference": {"message_id": asked["id"]},
        "referenced_message": asked,
    }

    await peer.say("Same here", HELP, TOM, **about)
    await peer.say("Meeting at noon", HELP, BEN)
    await peer.say("Take M.", HELP, person("Cleo", "4"), roles=["77"], **about)

    await spoken(discord, ("customer", "Does it run small?"), ("agent", "Take M."))
    (ticket,) = await rows(discord.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "agents"
    assert peer.said == []


async def test_moderators_hand_a_message_of_any_channel_to_people(
    discord: Line, peer: DiscordPeer
) -> None:
    wet = peer.message("My parcel is wet", LOUNGE)
    chosen = {
        "id": "88",
        "token": "secret-token",
        "type": 2,
        "guild_id": "700",
        "channel_id": LOUNGE,
        "data": {
            "type": 3,
            "name": "Hand to the desk",
            "target_id": wet["id"],
            "resolved": {"messages": {wet["id"]: wet}},
        },
    }

    await peer.dispatch("INTERACTION_CREATE", chosen)

    await states(discord, None, "sent")
    (ticket,) = await rows(discord.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "agents"
    assert [one["channel_id"] for one in peer.said] == [LOUNGE]
    await holds(lambda: peer.interactions)
    assert peer.interactions[0]["data"]["flags"] == 64
    (kept,) = await rows(discord.desk, "SELECT body FROM inbound")
    assert b"secret-token" not in bytes(kept["body"])
    assert [one["default_member_permissions"] for one in peer.commands] == [str(1 << 13)]


async def test_edits_removals_and_reactions_change_the_message(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(answered("Yes."))
    asked = await peer.say("Does it run small?", DM)
    await states(discord, None, "sent")

    edited = {**asked, "content": "LARGE?", "edited_timestamp": datetime.now(UTC).isoformat()}
    await peer.dispatch("MESSAGE_UPDATE", asked)
    await peer.dispatch("MESSAGE_UPDATE", edited)
    heart = {"user_id": "1", "message_id": asked["id"], "channel_id": DM, "emoji": {"name": "❤️"}}
    await peer.dispatch("MESSAGE_REACTION_ADD", heart)

    async def changed() -> bool:
        first = (await discord.messages())[0]
        signs = [one["sign"] for one in first["extra"].get("reactions", [])]
        return (first["text"], signs) == ("LARGE?", ["❤️"])

    await until(changed)
    await peer.dispatch("MESSAGE_DELETE", {"id": asked["id"], "channel_id": DM})

    async def removed() -> bool:
        return (await discord.messages())[0]["removed_at"] is not None

    await until(removed)


async def test_files_come_in_from_discord_alone(discord: Line, peer: DiscordPeer) -> None:
    peer.files["hole.png"] = PNG
    about = {"content_type": "image/png", "size": len(PNG)}
    ours = {**about, "filename": "hole.png", "url": f"{peer.url}/files/hole.png?ex=1"}
    foreign = {**about, "filename": "evil.png", "url": "http://169.254.169.254/latest"}

    await peer.say("Look", DM, attachments=[ours, foreign])

    async def known() -> bool:
        found = await discord.messages()
        return bool(found) and _states_of(found[0]) == ["", "missing"]

    await until(known)


def _states_of(message: dict[str, Any]) -> list[str]:
    return [one.get("state", "") for one in message["extra"]["attachments"]]


async def test_a_session_is_resumed_and_what_comes_twice_is_one(
    discord: Line, peer: DiscordPeer
) -> None:
    await peer.say("First", DM)
    await states(discord, None)

    await peer.close(4000)
    await peer.say("Second", DM)
    peer.sessions["s1"].sent.append({**peer.sessions["s1"].sent[-1], "s": 5})
    await peer.ready.wait()

    await spoken(discord, ("customer", "First"), ("customer", "Second"))
    assert [one["op"] for one in peer.greeted] == [2, 6]


def test_new_sessions_are_begun_five_seconds_apart_whoever_begins_them() -> None:
    """Discord resets the token of a bot that begins a thousand in a day."""
    assert pause_before_session({}, 1_000.0) == 0
    assert pause_before_session({"began_at": 998.0}, 1_000.0) == 3
    assert pause_before_session({"began_at": 2_000.0}, 1_000.0) == IDENTIFY_EVERY_S


async def test_files_leave_ten_at_once_and_under_25_mb(peer: DiscordPeer) -> None:
    small = [file(f"{n}.txt", "text/plain") for n in range(12)]
    large = [file(f"{n}.zip", "application/zip", b"." * 9_000_000) for n in range(3)]
    sending = outgoing("discord", peer.url, {"token": TOKEN}, "1", *small, *large, text="Here:")
    async with httpx.AsyncClient() as http:
        sent = await DiscordChannel(http).send(sending)

    assert isinstance(sent, Sent)
    assert [len(one["files"]) for one in peer.said] == [0, 10, 4, 1]


async def test_a_gateway_whose_heart_is_not_heard_is_left_and_resumed(
    settings: Settings, shop: Shop, peer: DiscordPeer
) -> None:
    peer.heartbeat_ms = 200
    async with discord_line(settings, shop, peer) as discord:
        await peer.ready.wait()
        await holds(lambda: peer.beats > 2)
        assert peer.closes == [], "answered beats keep it open"

        peer.mute = True
        await holds(lambda: peer.closes[:1] == [4000])
        peer.mute = False
        await holds(lambda: len(peer.greeted) > 1 and len(peer.sockets) == 1)
        await peer.say("Still there?", DM)

        await spoken(discord, ("customer", "Still there?"))
        assert {one["op"] for one in peer.greeted[1:]} == {6}


async def test_discord_may_ask_for_a_new_connection_and_for_a_beat(
    discord: Line, peer: DiscordPeer
) -> None:
    before = peer.beats
    await peer.sockets[-1].send_text('{"op":1,"d":null}')
    await holds(lambda: peer.beats > before)

    await peer.sockets[-1].send_text('{"op":7,"d":null}')
    await holds(lambda: [one["op"] for one in peer.greeted] == [2, 6])


@pytest.mark.parametrize("code", [4009, 4000])
async def test_after_a_session_that_is_over_the_channels_are_read(
    discord: Line, peer: DiscordPeer, code: int
) -> None:
    await peer.say("First", DM)
    await states(discord, None)

    peer.forgetful = True
    await peer.close(code)
    peer.message("Second", DM)
    peer.thread(begun := peer.snowflake(), FORUM, owner="3")
    peer.message("Third", begun, TOM)

    async def caught_up() -> bool:
        return {one["text"] for one in await discord.messages()} == {"First", "Second", "Third"}

    await until(caught_up)
    assert [one["op"] for one in peer.greeted] == ([2, 2] if code == 4009 else [2, 6, 2])


async def test_another_worker_resumes_the_session(
    settings: Settings, shop: Shop, peer: DiscordPeer
) -> None:
    async with discord_line(settings, shop, peer) as discord:
        await peer.ready.wait()
        await peer.say("First", DM)
        await states(discord, None)
    peer.ready.clear()
    assert peer.closes == [4000], "closed so that it can be resumed"
    await peer.say("Second", DM)

    async with worker(discord.served.settings, discord.mind):
        await peer.ready.wait()
        await spoken(discord, ("customer", "First"), ("customer", "Second"))
    assert [one["op"] for one in peer.greeted] == [2, 6]


async def test_where_a_session_would_go_on_and_nobody_answers_another_address_is_asked_for(
    settings: Settings, shop: Shop, peer: DiscordPeer
) -> None:
    peer.resume_path = "/gone"
    async with discord_line(settings, shop, peer) as discord:
        await peer.ready.wait()
        await peer.close(4000)
        await peer.say("Still there?", DM)

        await spoken(discord, ("customer", "Still there?"))
        assert [one["op"] for one in peer.greeted] == [2, 6]


async def test_a_connection_that_is_made_anew_is_heard_at_its_new_place_each_time(
    discord: Line, peer: DiscordPeer, settings: Settings
) -> None:
    """As the demo's is, whose platforms stand at other addresses each time that they are begun."""
    for number in range(3):
        async with discord_peer() as other:
            other.channels[DM] = {"id": DM, "type": 1}
            await reconnect(
                discord.desk,
                Vault(settings.secret_key),
                discord.connection.id,
                {"token": TOKEN},
                settings=ConnectionSettings(base_url=other.url, options=OPTIONS),
            )
            await turn_on(discord.desk, discord.connection.id)
            async with asyncio.timeout(30):
                await other.ready.wait()
            await other.say(f"From place {number}", DM)
            wanted = [("customer", f"From place {place}") for place in range(number + 1)]
            await spoken(discord, *wanted)
        await set_health(discord.desk, discord.connection.id, "off", "Gone.")
    assert peer.closes == [4000], "left as soon as it was made anew, and so that it can be resumed"


async def test_a_bot_that_was_refused_asks_again_only_once_it_is_connected_anew(
    settings: Settings, shop: Shop, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LOOK_EVERY", 0.01)
    peer.intents_allowed = False
    async with discord_line(settings, shop, peer) as discord:
        await health(discord, "reconnect")
        peer.intents_allowed = True
        await reconnect(
            discord.desk, Vault(settings.secret_key), discord.connection.id, {"token": TOKEN}
        )
        await peer.ready.wait()
        assert [one["op"] for one in peer.greeted] == [2, 2]


async def test_two_connections_are_two_sessions(
    settings: Settings, shop: Shop, peer: DiscordPeer, discord: Line
) -> None:
    async with discord_peer() as other:
        other.token = "another"
        other.channels[DM] = {"id": DM, "type": 1}
        await connect(
            shop.desk,
            Vault(settings.secret_key),
            shop.connection.brand_id,
            "discord",
            "Another server",
            {"token": "another"},
            settings=ConnectionSettings(base_url=other.url),
        )
        await other.ready.wait()
        await other.say("To the other", DM, TOM)
        await peer.say("To the first", DM)

        async def both() -> bool:
            found = await discord.messages()
            return {one["text"] for one in found} == {"To the other", "To the first"}

        await until(both)
        assert len({one["connection_id"] for one in await discord.messages()}) == 2


async def test_the_same_event_a_hundred_times_at_once_is_one_message(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(answered("Yes."))
    told = peer.heard(peer.message("Does it run small?", DM))
    bodies = [
        {"t": "MESSAGE_CREATE", "d": {**told, "tts": n % 2 == 0}, "me": BOT} for n in range(100)
    ]

    await asyncio.gather(
        *(
            discord.room.intake.hear(discord.connection.id, Raw(body=msgspec.json.encode(one)))
            for one in bodies
        )
    )

    await states(discord, None, "sent")


async def test_a_token_that_is_not_known_asks_for_a_new_connection_and_the_queue_waits(
    discord: Line, peer: DiscordPeer, settings: Settings
) -> None:
    discord.mind.give(answered("Yes."))
    await peer.say("Does it run small?", DM)
    await discord.mind.wait_until_begun()
    peer.token = "reset"

    assert "reset it there" in await health(discord, "reconnect")
    await states(discord, None, "queued")

    await reconnect(
        discord.desk, Vault(settings.secret_key), discord.connection.id, {"token": "reset"}
    )
    await states(discord, None, "sent")
    assert len(peer.said) == 1


async def test_an_intent_that_is_off_is_told_in_words(
    settings: Settings, shop: Shop, peer: DiscordPeer
) -> None:
    peer.intents_allowed = False
    async with discord_line(settings, shop, peer) as discord:
        assert "Message Content Intent" in await health(discord, "reconnect")
        channel: Any = discord.room.channels["discord"]
        account, _ = await discord.room.intake.account(discord.connection.id)
        assert (await channel.check(account)).health == "reconnect"
        peer.intents_allowed = True
        found = await channel.check(account)
        assert (found.health, found.account, found.name) == ("ok", BOT, "help")


async def test_a_long_answer_leaves_in_parts_and_goes_on_after_a_pause(
    discord: Line, peer: DiscordPeer
) -> None:
    busy = refused(429, retry_after=0.3)
    peer.before = [lambda _: None, lambda _: busy]
    discord.mind.give(answered("\n\n".join(letter * 1_500 for letter in "abc")))

    await peer.say("Tell me everything", DM)

    await states(discord, None, "sent")
    assert [one["content"][0] for one in peer.said] == ["a", "b", "c"]


async def test_an_answer_that_broke_off_is_sent_once(discord: Line, peer: DiscordPeer) -> None:
    peer.after = [lambda _: cut_off()]
    discord.mind.give(answered("Yes."))

    await peer.say("Does it run small?", DM)

    await states(discord, None, "sent")
    assert [one["content"] for one in peer.said] == ["Yes."]


async def test_our_own_message_that_comes_back_settles_its_delivery(
    discord: Line, peer: DiscordPeer
) -> None:
    discord.mind.give(answered("Yes."))
    await peer.say("Does it run small?", DM)
    await states(discord, None, "sent")
    await rows(discord.desk, "UPDATE delivery SET status = 'uncertain' RETURNING id")
    (said,) = peer.said
    ours = {
        "id": said["id"],
        "channel_id": DM,
        "nonce": said["nonce"],
        "author": {"id": BOT, "bot": True},
    }

    await peer.dispatch("MESSAGE_CREATE", ours)

    await states(discord, None, "sent")
    (ticket,) = await rows(discord.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "assistant"


@pytest.mark.parametrize(
    ("status", "code", "permanent", "health"),
    [
        (401, 0, False, "reconnect"),
        (403, 50013, True, None),
        (403, 50278, True, None),
        (404, 10003, True, None),
        (400, 40003, False, None),
        (429, 0, False, None),
        (502, 0, False, None),
        (418, 99, True, None),
    ],
)
def test_refusals_by_their_codes(
    status: int, code: int, permanent: bool, health: str | None
) -> None:
    found = refusal(status, code, 2.0, everywhere=False, message="")
    assert (found.permanent, found.health) == (permanent, health)
    assert found.words


@given(st.uuids(), st.integers(0, 9))
def test_a_nonce_fits_and_tells_its_delivery(some: UUID, part: int) -> None:
    delivery = uuid7()
    assert len(nonce_of(some, part)) == 25
    assert delivery_of(nonce_of(delivery, 0)) == str(delivery)
    assert delivery_of(nonce_of(delivery, part + 1)) == ""


@given(st.text(max_size=30))
def test_no_nonce_breaks_the_reading(nonce: str) -> None:
    delivery_of(nonce)
    delivery_of("z" * 25)


Tree = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "bot", "content"]), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = (
    "id type channel_id guild_id author content timestamp attachments mentions member nonce ids data"
    " message_reference referenced_message message_snapshots sticker_items emoji edited_timestamp"
)
KINDS = "MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE MESSAGE_REACTION_ADD INTERACTION_CREATE NEW"
Mangled = st.dictionaries(st.sampled_from(NAMES.split()), Tree)


@given(st.sampled_from(KINDS.split()), Mangled, Tree)
def test_no_event_breaks_the_reading(kind: str, data: dict[str, Any], place: Any) -> None:
    body = msgspec.json.encode({"t": kind, "d": data, "me": BOT, "place": place})
    found = facts_of(body, Watch(channels=frozenset({"*"}), staff=frozenset({"2"})))
    assert all(isinstance(one, Fact) for one in found)


@given(st.binary(max_size=100))
def test_no_bytes_break_the_reading(body: bytes) -> None:
    assert facts_of(body, Watch())
