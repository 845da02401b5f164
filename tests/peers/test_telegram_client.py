"""The Telegram that Shopbell is tested against, as python-telegram-bot finds it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter
from telegram.ext import ApplicationBuilder, MessageHandler
from telegram.request import HTTPXRequest

from shopbell.demo.channels.apps import Telegram
from shopbell.demo.channels.shopper import Picture
from shopbell.demo.peers.telegram import SECRET, TOKEN, TelegramPeer, refusing, telegram_peer
from tests.peers.hooks import hook

PNG = Picture(name="hole.png", media_type="image/png", data=b"\x89PNG")


@pytest.fixture
async def peer() -> AsyncIterator[TelegramPeer]:
    async with telegram_peer() as peer:
        yield peer


def bot_of(peer: TelegramPeer, token: str = TOKEN) -> Bot:
    slow = HTTPXRequest(read_timeout=60, connect_timeout=60, pool_timeout=60)
    return Bot(
        token,
        base_url=f"{peer.url}/bot",
        base_file_url=f"{peer.url}/file/bot",
        request=slow,
        get_updates_request=slow,
    )


async def test_the_bot_api_is_spoken(peer: TelegramPeer) -> None:
    async with bot_of(peer) as bot:
        assert bot.username == "shop_bot"
        said = await bot.send_message(77, "Take <b>M</b>.", parse_mode="HTML")
        assert (said.text, said.chat.id) == ("Take M.", 77)
        photo = await bot.send_photo(77, b"\x89PNG", caption="This one")
        assert photo.message_id == said.message_id + 1
        assert peer.taken[-1]["caption"] == "This one"
        peer.files["f1"] = b"\x89PNG"
        got = await (await bot.get_file("f1")).download_as_bytearray()
        assert bytes(got) == b"\x89PNG"


async def test_refusals_are_what_the_library_takes_them_for(
    peer: TelegramPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    async with bot_of(peer) as bot:
        with pytest.raises(BadRequest, match="parse entities"):
            await bot.send_message(77, "<b>open", parse_mode="HTML")
        with pytest.raises(BadRequest, match="too long"):
            await bot.send_message(77, "x" * 4097)
        peer.blocked.add("77")
        with pytest.raises(Forbidden, match="blocked"):
            await bot.send_message(77, "Hello?")
        peer.blocked.clear()
        peer.script.append(refusing(429, "Too Many Requests: retry after 3", retry_after=3))
        with pytest.raises(RetryAfter) as pause:
            await bot.send_message(77, "Hello?")
        assert pause.value.retry_after == timedelta(seconds=3)
    with pytest.raises(InvalidToken):
        async with bot_of(peer, "123456:other"):
            pass


async def test_an_application_that_polls_hears_each_update_once_and_answers(
    peer: TelegramPeer,
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def answer(update: Update, _: Any) -> None:
        assert update.message is not None
        await update.message.reply_text("Take M.")
        heard.put_nowait(update.message.text or "")

    app: Any = ApplicationBuilder().bot(bot_of(peer)).build()
    app.add_handler(MessageHandler(None, answer))
    async with app:
        await app.start()
        await app.updater.start_polling(allowed_updates=["message"])
        for number, words in enumerate(("Does it run small?", "And wide?")):
            who = {"id": 77, "is_bot": False, "first_name": "Mia"}
            message = {"message_id": number + 1, "from": who, "date": 1_790_000_000, "text": words}
            await peer.say(message={**message, "chat": {"id": 77, "type": "private"}})
            assert await heard.get() == words
        await app.updater.stop()
        await app.stop()
    assert heard.empty()
    assert peer.texts == ["Take M.", "Take M."]
    assert peer.allowed == ["message"]


async def test_what_the_demos_shopper_does_comes_as_telegrams_updates() -> None:
    shopper = Telegram()
    async with shopper.running(), hook() as ear, bot_of(shopper.peer) as bot:
        await bot.set_webhook(ear.url, secret_token=SECRET)
        shopper.hook = ear.url
        said = await shopper.say("Does it run small?")
        await shopper.act("edit", said.name, "Or wide?")
        await shopper.act("react", said.name, "👍")
        await shopper.say("This one", picture=PNG)
        assert {headers["x-telegram-bot-api-secret-token"] for headers, _ in ear.came} == {SECRET}

        one, two, three, four = (
            Update.de_json(msgspec.json.decode(body), bot) for _, body in ear.came
        )
        assert one.message is not None
        assert (one.message.text, one.message.chat.id) == ("Does it run small?", 77)
        assert two.edited_message is not None
        assert (two.edited_message.text, two.edited_message.id) == ("Or wide?", one.message.id)
        assert three.message_reaction is not None
        assert three.message_reaction.message_id == one.message.id
        assert four.message is not None
        assert four.message.caption == "This one"
        photo = await four.message.photo[-1].get_file()
        assert bytes(await photo.download_as_bytearray()) == PNG.data
        assert [one.update_id for one in (one, two, three, four)] == sorted(
            one.update_id for one in (one, two, three, four)
        )
