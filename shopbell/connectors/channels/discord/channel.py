"""The Discord channel: heard over the gateway, answered over HTTP."""

from collections.abc import Sequence
from typing import Any, ClassVar

import httpx
import msgspec

from shopbell.connectors.channels.discord.errors import AWAY
from shopbell.connectors.channels.discord.reading import Watch, facts_of
from shopbell.connectors.channels.discord.sending import Sending
from shopbell.connectors.channels.discord.web import Away, Silent, Web
from shopbell.connectors.channels.downloading import download
from shopbell.connectors.channels.types import Account, Checked, Field, Hear
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw

HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
READS_CONTENT = 1 << 18 | 1 << 19
"""An application's flags that say that it may read what messages say (.../resources/application)."""
BLIND = (
    "Turn on Message Content Intent at Discord: your application, Bot, Privileged Gateway Intents."
)


class DiscordChannel:
    """Sends by one shared client; a repeat is found by its nonce, or by reading the channel."""

    capability: ClassVar = Capability(
        channel="discord",
        label="Discord",
        max_text=20_000,
        formatting="markdown",
        media_types=("*/*",),
        max_file=10_000_000,
        idempotent_sends=True,
        community=True,
        sender="discord",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="token",
            label="Bot token",
            help="At discord.com/developers, your application, Bot, Reset Token.",
            secret=True,
        ),
        Field(
            name="channels",
            label="Channels to watch",
            help="Their ids, with commas between; * is every one the bot sees. Empty: direct"
            " messages, and whatever names the bot.",
            required=False,
        ),
        Field(
            name="staff",
            label="Your people",
            help="Ids of the users or roles who answer for the shop, with commas between.",
            required=False,
        ),
        Field(
            name="pointer",
            label="Pointer",
            help="What the channel is shown when an answer goes to a direct message.",
            required=False,
        ),
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        web = Web(self._client, outgoing.connection, outgoing.credentials.get("token", ""))
        return await Sending(
            web, outgoing, outgoing.connection.settings.options.get("pointer", "")
        ).go()

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """One dispatch of the gateway."""
        return facts_of(raw.body, watch_of(account))

    async def listen(self, account: Account, cursor: dict[str, Any], hear: Hear) -> None:
        """Over the gateway; its client is loaded here, by the worker that holds a connection."""
        from shopbell.connectors.channels.discord.gateway import Gateway

        token = account.credentials.get("token", "")
        web = Web(self._client, account.connection, token)
        await Gateway(web, watch_of(account), token, cursor, hear).listen()

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        """By the address that Discord signed; it is good for about a day."""
        base = account.connection.settings.base_url
        found = await download(self._client, file.ref, most_bytes, hosts=HOSTS, base_url=base)
        name = file.name or httpx.URL(file.ref).path.rpartition("/")[2] or "file"
        return msgspec.structs.replace(file, name=name, size=len(found.data), data=found.data)

    async def check(self, account: Account) -> Checked:
        """Who the bot is, and whether it may read what messages say."""
        web = Web(self._client, account.connection, account.credentials.get("token", ""))
        try:
            bot, app = await web.get("/users/@me"), await web.get("/applications/@me")
        except (Away, Silent):
            return Checked(health="degraded", words=AWAY)
        for one in (bot.refused, app.refused):
            if one is not None:
                return Checked(health=one.health or "degraded", words=one.words)
        reads = app.told["flags"].whole & READS_CONTENT
        return Checked(
            health="ok" if reads else "reconnect",
            words="" if reads else BLIND,
            account=bot.told["id"].name,
            name=bot.told["username"].text,
        )


def watch_of(account: Account) -> Watch:
    """What this connection listens to, as people set it."""
    options = account.connection.settings.options
    return Watch(
        channels=_listed(options.get("channels", "")), staff=_listed(options.get("staff", ""))
    )


def _listed(told: str) -> frozenset[str]:
    return frozenset(told.replace(",", " ").replace(";", " ").split())
