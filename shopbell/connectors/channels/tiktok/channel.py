"""TikTok direct messages: https://business-api.tiktok.com/portal/docs?id=1832183871604753.

A customer begins; then 48 hours and ten messages of ours, until they write again. Access tokens live a
day and are renewed by a refresh token well before they end, whenever the account is looked at.
"""

import hmac
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import httpx
import msgspec

from shopbell.connectors.channels.downloading import download
from shopbell.connectors.channels.parts import Failed, Step, in_parts
from shopbell.connectors.channels.tiktok.calling import RECONNECT, Api
from shopbell.connectors.channels.tiktok.reading import facts_of
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import Account, Checked, Field, Reply, Unfetched
from shopbell.connectors.channels.words import plain, split
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw, Unverified

MOST_TEXT = 6000
MOST_FILE = 3_000_000
"""https://www.infobip.com/docs/tiktok/message-types."""
MOST_AGE_S = 300
RENEWED_BEFORE_S = 3 * 3600
FILE_HOSTS = (
    ".tiktok.com",
    ".tiktokcdn.com",
    ".tiktokcdn-us.com",
    ".tiktokv.com",
    ".ibyteimg.com",
    ".byteoversea.com",
)


class TikTok:
    """One client for all accounts."""

    capability: ClassVar = Capability(
        channel="tiktok",
        label="TikTok",
        max_text=MOST_TEXT,
        media_types=("image/jpeg", "image/png"),
        max_file=MOST_FILE,
        reply_window=48,
        receipts=("read",),
        sender="tiktok",
        regions="Not for accounts in the EEA, Switzerland or the UK",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="app_id", label="App ID", help="Of your app at business-api.tiktok.com, My Apps."
        ),
        Field(
            name="app_secret",
            label="App secret",
            help="Beside the app ID. TikTok signs with it.",
            secret=True,
        ),
        Field(
            name="business_id",
            label="Business ID",
            help="The open_id that TikTok gave with the access token.",
        ),
        Field(
            name="access_token",
            label="Access token",
            help="What the account's owner got when they let the app in; it lives a day.",
            secret=True,
        ),
        Field(
            name="refresh_token",
            label="Refresh token",
            help="What came with it; Shopbell renews the access token by it for a year.",
            secret=True,
        ),
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """TikTok asks nothing of a hook."""
        return None

    def verify(self, account: Account, raw: Raw) -> None:
        """https://developers.tiktok.com/doc/webhooks-verification: `t=…,s=…`, where s is HMAC-SHA256
        under the app's secret of the time, a dot and the body. Five minutes either way."""
        secret = account.credentials.get("app_secret", "")
        pairs = [one.partition("=") for one in raw.headers.get("tiktok-signature", "").split(",")]
        given = {name.strip(): value.strip() for name, _, value in pairs}
        at, signature = given.get("t", ""), given.get("s", "")
        if not secret or not at.isascii() or not at.isdigit() or len(at) > 12:
            raise Unverified("no signature with a time, or no secret to check it")
        if abs(time.time() - int(at)) > MOST_AGE_S:
            raise Unverified("the signature is from another time")
        expected = hmac.digest(secret.encode(), at.encode() + b"." + raw.body, "sha256").hex()
        if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
            raise Unverified("the signature is not this app's")

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """One event, or a list of them."""
        told = Told.decoded(raw.body)
        return [fact for event in list(told) or [told] for fact in facts_of(event)]

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        credentials = outgoing.credentials
        api = _api(self._client, credentials, outgoing.connection.settings.base_url)
        to = {
            "business_id": credentials.get("business_id", ""),
            "recipient_type": "CONVERSATION",
            "recipient": outgoing.to.place if outgoing.to else outgoing.recipient,
        }
        steps: list[Step] = [
            partial(_say, api, to, piece)
            for piece in split(plain(outgoing.message.text), MOST_TEXT)
        ]
        steps += [partial(_show, api, to, file) for file in outgoing.files]
        return await in_parts(outgoing, steps)

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        """An address for the file, then the file: it is TikTok's own storage, which asks for our token."""
        api = _account_api(self._client, account)
        names = [one.name for one in Told.decoded(file.ref)]
        if len(names) != 3:
            raise Unfetched("TikTok does not know the file.", final=True)
        conversation, message, media = names
        found = await api.post(
            "business/message/media/download/",
            {
                "business_id": account.credentials.get("business_id", ""),
                "conversation_id": conversation,
                "message_id": message,
                "media_id": media,
                "media_type": "IMAGE",
            },
        )
        if not isinstance(found, Told):
            raise Unfetched(found.words, final=isinstance(found, Refused) and found.permanent)
        brought = await download(
            self._client,
            found["download_url"].text,
            most_bytes,
            hosts=FILE_HOSTS,
            base_url=account.connection.settings.base_url,
            headers={"x-user": api.token},
        )
        return msgspec.structs.replace(file, data=brought.data, media_type=brought.media_type)

    async def check(self, account: Account) -> Checked:
        renewed = await self._renewed(account)
        if isinstance(renewed, Refused):
            return Checked(health=renewed.health or "degraded", words=renewed.words)
        credentials = {**account.credentials, **renewed}
        api = _api(self._client, credentials, account.connection.settings.base_url)
        business = credentials.get("business_id", "")
        fields = '["username","display_name"]'
        found = await api.get("business/get/", business_id=business, fields=fields)
        if isinstance(found, Unknown):
            return Checked(health="degraded", words=found.words, credentials=renewed)
        if isinstance(found, Refused):
            health = found.health or "degraded"
            return Checked(health=health, words=found.words, credentials=renewed)
        name = found["username"].text or found["display_name"].text
        return Checked(health="ok", account=business, name=name[:200], credentials=renewed)

    async def _renewed(self, account: Account) -> Mapping[str, str] | Refused:
        """New tokens when the old ones end soon, or nobody knows when; none while they last."""
        credentials = account.credentials
        ends = Told(credentials.get("ends_at", "")).number or 0.0
        if ends - time.time() > RENEWED_BEFORE_S:
            return {}
        if not credentials.get("refresh_token"):
            return {}
        found = await _account_api(self._client, account).post(
            "tt_user/oauth2/refresh_token/",
            {
                "client_id": credentials.get("app_id", ""),
                "client_secret": credentials.get("app_secret", ""),
                "grant_type": "refresh_token",
                "refresh_token": credentials["refresh_token"],
            },
        )
        if isinstance(found, Told) and found["access_token"].text:
            lives = found["expires_in"].number or 0.0
            again = found["refresh_token"].text or credentials["refresh_token"]
            return {
                "access_token": found["access_token"].text,
                "refresh_token": again,
                "ends_at": str(int(time.time() + lives)),
            }
        refused = isinstance(found, Refused) and (found.permanent or found.health is not None)
        if refused and ends <= time.time():
            return Refused(words=RECONNECT, health="reconnect")
        return {}


def _api(client: httpx.AsyncClient, credentials: Mapping[str, str], base_url: str) -> Api:
    return Api(client, credentials.get("access_token", ""), base_url)


def _account_api(client: httpx.AsyncClient, account: Account) -> Api:
    return _api(client, account.credentials, account.connection.settings.base_url)


async def _say(api: Api, to: Mapping[str, str], text: str) -> str | Failed:
    body = {**to, "message_type": "TEXT", "text": {"body": text}}
    return _name(await api.post("business/message/send/", body))


async def _show(api: Api, to: Mapping[str, str], file: OutgoingFile) -> str | Failed:
    fields = {"business_id": to["business_id"], "media_type": "IMAGE"}
    given = (file.name, await file.read(), file.media_type)
    kept = await api.upload("business/message/media/upload/", fields, given)
    if isinstance(kept, Unknown):
        return Refused(words="TikTok did not take the picture just now; this is tried again.")
    if isinstance(kept, Refused):
        return kept
    body = {**to, "message_type": "IMAGE", "image": {"media_id": kept["media_id"].name}}
    return _name(await api.post("business/message/send/", body))


def _name(found: Told | Failed) -> str | Failed:
    if not isinstance(found, Told):
        return found
    name = found["message"]["message_id"].name
    return name or Unknown(words="TikTok took the message and gave it no name.")
