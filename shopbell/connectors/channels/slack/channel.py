"""The Slack channel: heard by the Events API's hook or by socket mode, answered by the Web API."""

import asyncio
import hmac
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import httpx
import msgspec

from shopbell.connectors.channels.downloading import download
from shopbell.connectors.channels.slack import socket
from shopbell.connectors.channels.slack.errors import AWAY, LATER, health_of, words_of
from shopbell.connectors.channels.slack.reading import Watch, facts_of
from shopbell.connectors.channels.slack.sending import Sending
from shopbell.connectors.channels.slack.web import HOST, Away, Silent, Web
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import (
    Account,
    Checked,
    Field,
    Hear,
    Lost,
    NotNow,
    Reply,
    Unfetched,
)
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw, Unverified

TOLERANCE_S = 300
"""How old a signed request may be, as https://docs.slack.dev/authentication/verifying-requests-from-slack says."""
SIGN_IN = "Slack asks to sign in for the file: the app needs the scope files:read."
SCOPES = frozenset({"chat:write", "im:history", "im:write", "files:read", "files:write"})


class SlackChannel:
    """Sends by one shared client."""

    capability: ClassVar = Capability(
        channel="slack",
        label="Slack",
        max_text=20_000,
        formatting="markdown",
        media_types=("*/*",),
        max_file=25_000_000,
        community=True,
        sender="slack",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="bot_token",
            label="Bot token",
            help="At api.slack.com/apps, your app, OAuth & Permissions. Begins with xoxb-.",
            secret=True,
        ),
        Field(
            name="signing_secret",
            label="Signing secret",
            help="Your app's Basic Information, App Credentials. Not needed with an app token.",
            secret=True,
            required=False,
        ),
        Field(
            name="app_token",
            label="App token",
            help="For socket mode, when Slack cannot reach this desk. Begins with xapp-.",
            secret=True,
            required=False,
        ),
        Field(
            name="channels",
            label="Channels to watch",
            help="Their ids, with commas between; * is every one the app is in. Empty: direct"
            " messages, and whatever names the app.",
            required=False,
        ),
        Field(
            name="staff",
            label="Your people",
            help="Member ids of those who answer for the shop in channels, with commas between.",
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
        token = outgoing.credentials.get("bot_token", "")
        web = Web(self._client, outgoing.connection, token)
        pointer = outgoing.connection.settings.options.get("pointer", "")
        return await Sending(web, outgoing, pointer).go()

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """The challenge by which Slack looks whether a hook is ours; it is signed like the rest."""
        if b'"url_verification"' not in raw.body:
            return None
        self.verify(account, raw)
        told = Told.decoded(raw.body)
        if told["type"].text != "url_verification":
            return None
        return Reply(body=told["challenge"].text.encode(errors="replace"))

    def verify(self, account: Account, raw: Raw) -> None:
        """HMAC-SHA256 over `v0:{time}:{body}`, not older than five minutes."""
        secret = account.credentials.get("signing_secret", "")
        at = raw.headers.get("x-slack-request-timestamp", "")
        given = raw.headers.get("x-slack-signature", "")
        if not secret:
            raise Unverified("no signing secret is known")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            raise Unverified("the time of the request is no number")
        if abs(time.time() - int(at)) > TOLERANCE_S:
            raise Unverified("the request is too old")
        signed = hmac.digest(secret.encode(), b"v0:" + at.encode() + b":" + raw.body, "sha256")
        if not hmac.compare_digest(f"v0={signed.hex()}".encode(), given.encode(errors="replace")):
            raise Unverified("the signature is wrong")

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """One event, or the shortcut by which a message is handed over."""
        return facts_of(raw.body, watch_of(account))

    async def listen(self, account: Account, cursor: dict[str, Any], hear: Hear) -> None:
        """Socket mode, where there is an app token; else the hook hears, and this waits."""
        token = account.credentials.get("app_token", "")
        if not token:
            await asyncio.Event().wait()
        await socket.listen(Web(self._client, account.connection, token), hear)

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        """By the address that Slack named, with the token (docs.slack.dev/reference/objects/file-object)."""
        web = Web(self._client, account.connection, account.credentials.get("bot_token", ""))
        try:
            address = await _address_of(web, file.ref)
        except (Away, Silent) as away:
            raise Unfetched(AWAY) from away
        found = await download(
            self._client,
            address,
            most_bytes,
            hosts=(HOST, f".{HOST}"),
            base_url=account.connection.settings.base_url,
            headers={"authorization": f"Bearer {web.token}"},
        )
        name = file.name or httpx.URL(address).path.rpartition("/")[2] or "file"
        if found.media_type.startswith("text/html") and not name.lower().endswith(
            (".html", ".htm")
        ):
            raise Unfetched(SIGN_IN)
        return msgspec.structs.replace(file, name=name, size=len(found.data), data=found.data)

    async def name_of(self, account: Account, value: str) -> str:
        """By users.info (docs.slack.dev/reference/methods/users.info), which wants users:read."""
        web = Web(self._client, account.connection, account.credentials.get("bot_token", ""))
        try:
            found = await web.call("users.info", user=value.rpartition(":")[2])
        except (Away, Silent) as away:
            raise NotNow from away
        if found.code in LATER:
            raise NotNow(found.retry_after)
        told = found.told["user"]
        profile = told["profile"]
        return profile["display_name"].text or profile["real_name"].text or told["real_name"].text

    async def check(self, account: Account) -> Checked:
        """auth.test, and whether a socket can be opened where one is wanted."""
        known = account.credentials
        web = Web(self._client, account.connection, known.get("bot_token", ""))
        try:
            found = await web.call("auth.test")
            if not found.ok:
                health = health_of(found.code) or "degraded"
                return Checked(health=health, words=words_of(found.code))
            if token := known.get("app_token", ""):
                await socket.open_address(Web(self._client, account.connection, token))
        except (Away, Silent):
            return Checked(health="degraded", words=AWAY)
        except Lost as refused:
            return Checked(health=refused.health, words=f"App token: {refused.words}")
        return Checked(
            health="degraded" if (words := _lacking(found.scopes, known)) else "ok",
            words=words,
            account=found.told["team_id"].name,
            name=found.told["team"].name,
        )


def watch_of(account: Account) -> Watch:
    """What this connection listens to, as people set it."""
    options = account.connection.settings.options
    return Watch(
        channels=_listed(options.get("channels", "")), staff=_listed(options.get("staff", ""))
    )


def _listed(told: str) -> frozenset[str]:
    return frozenset(told.replace(",", " ").replace(";", " ").split())


def _lacking(scopes: str, known: Any) -> str:
    if not known.get("signing_secret") and not known.get("app_token"):
        return "Nothing can be heard yet: enter the signing secret, or an app token."
    given = {one.strip() for one in scopes.split(",")}
    missing = sorted(SCOPES - given) if scopes else []
    return (
        f"The app lacks scopes: {', '.join(missing)}. Add them and install it again."
        if missing
        else ""
    )


async def _address_of(web: Web, ref: str) -> str:
    if not ref.startswith("file:"):
        return ref
    found = await web.call("files.info", file=ref.removeprefix("file:"))
    told = found.told["file"]
    if not found.ok:
        raise Unfetched(words_of(found.code), final=health_of(found.code) is None)
    return told["url_private_download"].text or told["url_private"].text
