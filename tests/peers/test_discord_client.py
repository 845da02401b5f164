"""The Discord that Shopbell is tested against, as discord.py finds it."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
import yarl
from starlette.responses import JSONResponse

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it loads audioop, which 3.13 leaves out
    import discord
    from discord import gateway as discord_gateway
    from discord import http as discord_http

from shopbell.demo.peers.discord import (
    BOT,
    FORUM,
    GUILD,
    HELP,
    POST,
    TOKEN,
    DiscordPeer,
    discord_peer,
    refused,
)

DM = "51"


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordPeer]:
    """The peer, as the only Discord that the library knows."""
    async with discord_peer() as peer:
        monkeypatch.setattr(discord_http.Route, "BASE", f"{peer.url}/api/v10")
        there = yarl.URL(f"{peer.url.replace('http', 'ws', 1)}/gw/")
        monkeypatch.setattr(discord_gateway.DiscordWebSocket, "DEFAULT_GATEWAY", there)
        yield peer


class Bot(discord.Client):
    """Keeps what it hears."""

    def __init__(self) -> None:
        intents = discord.Intents(
            guilds=True,
            guild_messages=True,
            guild_reactions=True,
            dm_messages=True,
            message_content=True,
        )
        super().__init__(intents=intents)
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.put_nowait(("said", message))

    async def on_message_edit(self, _: discord.Message, after: discord.Message) -> None:
        self.heard.put_nowait(("edited", after))

    async def on_raw_message_delete(self, told: discord.RawMessageDeleteEvent) -> None:
        self.heard.put_nowait(("removed", told))

    async def on_raw_reaction_add(self, told: discord.RawReactionActionEvent) -> None:
        self.heard.put_nowait(("reacted", told))

    async def on_resumed(self) -> None:
        self.heard.put_nowait(("resumed", None))

    async def hears(self, wanted: str) -> Any:
        async with asyncio.timeout(30):
            kind, told = await self.heard.get()
        assert kind == wanted
        return told


@pytest.fixture
async def bot(peer: DiscordPeer) -> AsyncIterator[Bot]:
    async with Bot() as bot:
        await bot.login(TOKEN)
        task = asyncio.create_task(bot.connect())
        async with asyncio.timeout(30):
            await bot.wait_until_ready()
        yield bot
        await bot.close()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_bot_signs_in_and_sees_its_server(bot: Bot) -> None:
    assert bot.user is not None
    assert str(bot.user.id) == BOT
    assert bot.application_flags.gateway_message_content_limited
    guild = bot.get_guild(int(GUILD))
    assert guild is not None
    assert {str(one.id) for one in guild.channels} >= {HELP, FORUM}
    assert [str(one.id) for one in guild.threads] == [POST]
    fetched: Any = await bot.fetch_channel(int(HELP))
    assert fetched.guild == guild


async def test_a_wrong_token_is_refused_at_both_doors(peer: DiscordPeer) -> None:
    async with Bot() as stranger:
        with pytest.raises(discord.LoginFailure):
            await stranger.login("wrong")
    async with Bot() as outdated:
        await outdated.login(TOKEN)
        peer.token = "reset"
        with pytest.raises(discord.ConnectionClosed) as closed:
            await outdated.connect(reconnect=False)
    assert closed.value.code == 4004


async def test_an_intent_that_is_off_closes_the_gateway(peer: DiscordPeer) -> None:
    peer.intents_allowed = False
    async with Bot() as bot:
        await bot.login(TOKEN)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.connect()


async def test_what_people_do_is_heard(bot: Bot, peer: DiscordPeer) -> None:
    told = await peer.say("Does it run small?", HELP, roles=["77"])
    message = await bot.hears("said")
    assert (message.content, message.author.global_name) == ("Does it run small?", "Mia")
    assert (message.channel.name, message.guild.id) == (f"channel-{HELP}", int(GUILD))

    edited = {**peer.heard(told), "content": "Or wide?", "edited_timestamp": told["timestamp"]}
    await peer.dispatch("MESSAGE_UPDATE", edited)
    assert (await bot.hears("edited")).content == "Or wide?"
    where = {"channel_id": HELP, "guild_id": GUILD}
    sign = {**where, "user_id": "1", "message_id": told["id"], "emoji": {"id": None, "name": "👍"}}
    await peer.dispatch("MESSAGE_REACTION_ADD", {**sign, "burst": False, "type": 0})
    assert str((await bot.hears("reacted")).emoji) == "👍"
    await peer.dispatch("MESSAGE_DELETE", {**where, "id": told["id"]})
    assert (await bot.hears("removed")).message_id == int(told["id"])

    await peer.say("In a post", POST)
    assert (await bot.hears("said")).channel.parent.id == int(FORUM)


async def test_a_lost_connection_is_resumed_with_what_was_missed(
    bot: Bot, peer: DiscordPeer
) -> None:
    await peer.close(4000)
    await peer.say("Said meanwhile", DM)

    message = await bot.hears("said")
    assert message.content == "Said meanwhile"
    assert isinstance(message.channel, discord.DMChannel)
    await bot.hears("resumed")
    assert [one["op"] for one in peer.greeted] == [2, 6]


async def test_a_session_that_is_over_is_begun_anew(bot: Bot, peer: DiscordPeer) -> None:
    peer.forgetful = True
    await peer.close(4000)
    async with asyncio.timeout(60):
        await peer.ready.wait()
    assert [one["op"] for one in peer.greeted] == [2, 6, 2]


async def test_answers_are_sent_once_under_their_nonce(bot: Bot, peer: DiscordPeer) -> None:
    asked = await peer.say("Does it run small?", HELP)
    question = await bot.hears("said")
    first = await question.reply("Take M.", nonce="n-1")
    assert first.reference.message_id == int(asked["id"])
    again = await question.channel.send("Take M.", nonce="n-1")
    assert (again.id, len(peer.said)) == (first.id, 1)
    assert [one.id async for one in question.channel.history(after=question)] == [first.id]
    assert [one.id async for one in question.channel.history(limit=1)] == [first.id]


async def test_files_and_direct_messages_go_out(bot: Bot, peer: DiscordPeer) -> None:
    person = discord.Object(1)
    opened = await bot.create_dm(person)
    assert opened.recipient is not None
    assert opened.recipient.id == 1
    sent = await opened.send(file=discord.File(BytesIO(b"Take M."), "note.txt"))
    assert [(one.filename, one.size) for one in sent.attachments] == [("note.txt", 7)]
    assert peer.files["note.txt"] == b"Take M."

    peer.deaf.add("1")
    with pytest.raises(discord.Forbidden) as deaf:
        await opened.send("Hello?")
    assert deaf.value.code == 50007


async def test_a_pause_that_is_asked_for_is_kept(bot: Bot, peer: DiscordPeer) -> None:
    told = {"message": "You are being rate limited.", "retry_after": 0.01, "global": False}
    peer.before.append(lambda _: JSONResponse(told, 429, {"via": "1.1 google"}))
    peer.before.append(lambda _: refused(500))
    channel: Any = bot.get_channel(int(HELP))
    await channel.send("Once", nonce="n-2")
    assert [one["content"] for one in peer.said] == ["Once"]
