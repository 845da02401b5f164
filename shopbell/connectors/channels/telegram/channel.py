"""Telegram: a bot that customers write to. Heard by long polling, or by a webhook where one is set.

Updates: https://core.telegram.org/bots/api#getting-updates. Nothing has to be set up but the bot's
token; a webhook is for whoever wants one, and is then proved by its secret token. Both ways give the
same updates, so changing from one to the other loses and doubles nothing.
"""

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import httpx
import msgspec

from shopbell.connectors.channels.downloading import download
from shopbell.connectors.channels.parts import Failed, Step, in_parts
from shopbell.connectors.channels.telegram.calling import BAD_MARKUP, Bot
from shopbell.connectors.channels.telegram.formatting import to_html
from shopbell.connectors.channels.telegram.reading import facts_of
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import (
    Account,
    Checked,
    Field,
    Hear,
    Lost,
    Reply,
    Unfetched,
)
from shopbell.connectors.channels.words import split, utf16
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw, Unverified

MOST_TEXT = 4096
"""Characters after the markup is read: https://core.telegram.org/bots/api#sendmessage."""
MOST_FILE = 50_000_000
MOST_PHOTO = 10_000_000
MOST_FETCHED = 20_000_000
"""https://core.telegram.org/bots/api#sending-files and #getfile."""
POLL_S = 25
POLLING = httpx.Timeout(POLL_S + 15, connect=5)
UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
)
_SHOWN: Mapping[str, tuple[str, str]] = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "video/mp4": ("sendVideo", "video"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
    "audio/ogg": ("sendVoice", "voice"),
}


class Telegram:
    """One client for all bots."""

    capability: ClassVar = Capability(
        channel="telegram",
        label="Telegram",
        max_text=20_000,
        formatting="html",
        media_types=("*/*",),
        max_file=MOST_FILE,
        sender="telegram",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="token",
            label="Bot token",
            help="What @BotFather gives you for your bot, such as 123456:ABC-DEF.",
            secret=True,
        ),
        Field(
            name="secret",
            label="Webhook secret",
            help="Only for a webhook: the secret_token you set it with. Leave it empty otherwise.",
            secret=True,
            required=False,
        ),
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """Telegram asks nothing of a hook."""
        return None

    def verify(self, account: Account, raw: Raw) -> None:
        """The secret token of setWebhook: https://core.telegram.org/bots/api#setwebhook."""
        secret = account.credentials.get("secret", "")
        given = raw.headers.get("x-telegram-bot-api-secret-token", "")
        if not secret:
            raise Unverified("this bot has no webhook secret")
        if not hmac.compare_digest(secret.encode(), given.encode(errors="replace")):
            raise Unverified("the secret token is not this bot's")

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """One update, or a list of them."""
        told = Told.decoded(raw.body)
        updates = list(told) or [told]
        return [fact for one in updates for fact in facts_of(one)]

    async def listen(self, account: Account, cursor: dict[str, Any], hear: Hear) -> None:
        """Ask for updates and wait for the next. Ends at once while a webhook is set, to be asked again."""
        bot = _bot(self._client, account)
        if await _has_webhook(bot):
            return
        while True:
            fields = {"timeout": POLL_S, "allowed_updates": UPDATES}
            if cursor.get("offset"):
                fields["offset"] = cursor["offset"]
            found = await bot.call("getUpdates", fields, patience=POLLING)
            if not isinstance(found, Told):
                await _wait_or_stop(found)
                continue
            for update in found:
                await hear(Raw(body=msgspec.json.encode(update.value)))
                cursor["offset"] = update["update_id"].whole + 1

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        bot = Bot(
            self._client,
            outgoing.credentials.get("token", ""),
            outgoing.connection.settings.base_url,
        )
        chat = outgoing.to.place if outgoing.to else outgoing.recipient
        steps: list[Step] = [
            partial(_say, bot, chat, piece)
            for piece in split(outgoing.message.text, MOST_TEXT, utf16)
        ]
        steps += [partial(_give, bot, chat, file) for file in outgoing.files]
        return await in_parts(outgoing, steps)

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        bot = _bot(self._client, account)
        _, _, file_id = file.ref.partition("/")
        found = await bot.call("getFile", {"file_id": file_id})
        if not isinstance(found, Told):
            final = isinstance(found, Refused) and found.permanent
            words = "Telegram hands bots no file above 20 MB: ask for it another way."
            raise Unfetched(words if final else found.words, final=final)
        path = found["file_path"].text
        if not path or ".." in path:
            raise Unfetched("Telegram no longer has the file.", final=True)
        most = min(most_bytes, MOST_FETCHED)
        brought = await download(
            self._client, bot.file_address(path), most, hosts=(), base_url=bot.base
        )
        name = file.name or path.rsplit("/", 1)[-1]
        return msgspec.structs.replace(
            file, name=name, data=brought.data, media_type=brought.media_type
        )

    async def check(self, account: Account) -> Checked:
        bot = _bot(self._client, account)
        found = await bot.call("getMe", {})
        if not isinstance(found, Told):
            health = found.health if isinstance(found, Refused) and found.health else "degraded"
            return Checked(health=health, words=found.words)
        name = f"@{found['username'].text}"
        hook = await bot.call("getWebhookInfo", {})
        failing = hook["last_error_message"].text if isinstance(hook, Told) else ""
        waiting = hook["pending_update_count"].whole if isinstance(hook, Told) else 0
        if failing and waiting:
            words = f"Telegram cannot reach the webhook: {failing[:200]}"
            return Checked(health="degraded", words=words, account=found["id"].name, name=name)
        return Checked(health="ok", account=found["id"].name, name=name)


def _bot(client: httpx.AsyncClient, account: Account) -> Bot:
    token = account.credentials.get("token", "")
    return Bot(client, token, account.connection.settings.base_url)


async def _has_webhook(bot: Bot) -> bool:
    found = await bot.call("getWebhookInfo", {})
    if isinstance(found, Told):
        return bool(found["url"].text)
    await _wait_or_stop(found)
    return False


async def _wait_or_stop(failed: Failed) -> None:
    """Raise Lost for what waiting does not mend; 409 says that a webhook or another listener is set."""
    if isinstance(failed, Refused) and failed.health == "reconnect":
        raise Lost(failed.words)
    if isinstance(failed, Refused) and failed.code.startswith("409"):
        raise Lost(
            "Another program listens to this bot: stop it, or make a bot of its own.", "degraded"
        )
    wait = failed.retry_after if isinstance(failed, Refused) else None
    await asyncio.sleep(min(wait or 3.0, 60.0))


async def _say(bot: Bot, chat: str, text: str) -> str | Failed:
    markup = {"chat_id": chat, "text": to_html(text), "parse_mode": "HTML"}
    found = await bot.call("sendMessage", markup)
    if isinstance(found, Refused) and BAD_MARKUP in found.code.lower():
        found = await bot.call("sendMessage", {"chat_id": chat, "text": text})
    return _name(chat, found)


async def _give(bot: Bot, chat: str, file: OutgoingFile) -> str | Failed:
    method, field = _SHOWN.get(file.media_type, ("sendDocument", "document"))
    if field == "photo" and file.size > MOST_PHOTO:
        method, field = "sendDocument", "document"
    body = (file.name, await file.read(), file.media_type)
    found = await bot.call(method, {"chat_id": chat}, file=(field, body))
    if field == "photo" and isinstance(found, Refused) and "PHOTO_INVALID" in found.code:
        found = await bot.call("sendDocument", {"chat_id": chat}, file=("document", body))
    return _name(chat, found)


def _name(chat: str, found: Told | Failed) -> str | Failed:
    return f"{chat}:{found['message_id'].name}" if isinstance(found, Told) else found
