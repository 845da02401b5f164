"""Text messages by Twilio: https://www.twilio.com/docs/messaging/api/message-resource.

Creating a message takes no idempotency key. So each is sent with our delivery's id in the address
that Twilio tells of its way, and when an answer stays out, the account's recent messages are read
before anybody says that nobody knows.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from shopbell.connectors.channels.downloading import download
from shopbell.connectors.channels.parts import Failed, Step, in_parts
from shopbell.connectors.channels.sms.errors import refusal
from shopbell.connectors.channels.sms.reading import facts_of
from shopbell.connectors.channels.sms.segments import LONGEST, length
from shopbell.connectors.channels.sms.signing import form_of, is_signed
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import Account, Checked, Field, Reply
from shopbell.connectors.channels.words import plain, split
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw, Unverified

HOST = "https://api.twilio.com"
MEDIA_HOSTS = ("api.twilio.com", ".twilio.com", ".twiliocdn.com", "s3-external-1.amazonaws.com")
"""https://www.twilio.com/docs/messaging/api/media-resource: what a media address sends on to."""
MOST_MEDIA = 10
MOST_FILE = 5_000_000
TIMEOUT = httpx.Timeout(15, connect=5)
LOOKS_BACK = timedelta(seconds=5)
"""By how much their clock may differ from ours."""
LOOKS = 3
LOOK_EVERY_S = 0.5


class Text(Struct, frozen=True, kw_only=True):
    """One text message to send."""

    to: str
    body: str
    media: tuple[str, ...] = ()
    callback: str = ""


class Sms:
    """One client for all accounts. What Twilio is answered it may send on as a text, so it is
    answered with TwiML that says nothing: https://www.twilio.com/docs/messaging/twiml."""

    taken: ClassVar = Reply(body=b"<Response/>", media_type="text/xml")
    capability: ClassVar = Capability(
        channel="sms",
        label="SMS",
        max_text=LONGEST,
        media_types=("image/*", "audio/*", "video/*", "application/pdf", "text/vcard"),
        max_file=MOST_FILE,
        receipts=("delivered",),
        segments=True,
        sender="phone",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="account_sid",
            label="Account SID",
            help="On the console's first page; begins with AC.",
        ),
        Field(
            name="auth_token",
            label="Auth token",
            help="Below the account SID. Shopbell proves by it that Twilio is calling.",
            secret=True,
        ),
        Field(
            name="sender",
            label="Number or messaging service",
            help="The number to send from, such as +15017122661, or a service that begins with MG.",
        ),
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """Twilio asks nothing of a hook."""
        return None

    def verify(self, account: Account, raw: Raw) -> None:
        token = account.credentials.get("auth_token", "")
        given = raw.headers.get("x-twilio-signature", "")
        if not token or not given:
            raise Unverified("no signature, or no auth token to check it")
        try:
            form = form_of(raw.body)
        except ValueError as wrong:
            raise Unverified("no form") from wrong
        if not is_signed(token, raw.url, form, given):
            raise Unverified(f"the signature is not for {raw.url[:200]}")

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """A message, a wish for silence, or how far one of ours came."""
        try:
            form = dict(form_of(raw.body))
        except ValueError as wrong:
            return [Fact(kind="other", words=f"no form: {wrong}"[:200])]
        known = account.connection.account or ""
        return facts_of(form, raw.query.get("delivery", ""), known)

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        texts = split(plain(outgoing.message.text), LONGEST, length)
        media = tuple(one.url for one in outgoing.files if one.url)[:MOST_MEDIA]
        if media and not texts:
            texts = [""]
        reachable = urlsplit(outgoing.hook).scheme == "https" or _base(outgoing) != HOST
        callback = f"{outgoing.hook}?delivery={outgoing.id}" if reachable else ""
        to = outgoing.to.place if outgoing.to else outgoing.recipient
        steps: list[Step] = [
            partial(
                self._text,
                outgoing,
                Text(
                    to=to,
                    body=body,
                    media=media if at == len(texts) - 1 else (),
                    callback=callback,
                ),
            )
            for at, body in enumerate(texts)
        ]
        return await in_parts(outgoing, steps)

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        credentials = account.credentials
        brought = await download(
            self._client,
            file.ref,
            most_bytes,
            hosts=MEDIA_HOSTS,
            base_url=account.connection.settings.base_url,
            auth=(credentials.get("account_sid", ""), credentials.get("auth_token", "")),
        )
        return msgspec.structs.replace(file, data=brought.data, media_type=brought.media_type)

    async def check(self, account: Account) -> Checked:
        base = account.connection.settings.base_url.rstrip("/") or HOST
        sid, token = (account.credentials.get(one, "") for one in ("account_sid", "auth_token"))
        found = await self._call("GET", f"{base}/2010-04-01/Accounts/{sid}.json", (sid, token))
        if isinstance(found, Unknown):
            return Checked(health="degraded", words=found.words)
        if isinstance(found, Refused):
            lasting = found.health or ("reconnect" if found.permanent else "degraded")
            return Checked(health=lasting, words=found.words)
        if found["status"].text not in ("active", ""):
            words = "The Twilio account is not active: look at it in Twilio's console."
            return Checked(health="reconnect", words=words)
        sender = account.credentials.get("sender", "")
        return Checked(
            health="ok", account=sender, name=found["friendly_name"].text[:200] or sender
        )

    async def _text(self, outgoing: Outgoing, text: Text) -> str | Failed:
        began = datetime.now(UTC)
        sender = outgoing.credentials.get("sender", "")
        fields: dict[str, Any] = {
            "To": text.to,
            "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
            "Body": text.body,
            "SmartEncoded": "true",
        }
        if text.media:
            fields["MediaUrl"] = list(text.media)
        if text.callback:
            fields["StatusCallback"] = text.callback
        address, auth = _messages(outgoing)
        found = await self._call("POST", address, auth, data=fields)
        if isinstance(found, Told):
            return found["sid"].name
        if isinstance(found, Refused) and not found.code.startswith("5"):
            return found
        looked = await self._look_for(outgoing, text, began)
        if looked is None and isinstance(found, Refused):
            return Unknown(words="Twilio had trouble, and does not say what became of the message.")
        return looked or found

    async def _look_for(self, outgoing: Outgoing, text: Text, began: datetime) -> str | None:
        """The name of the message in the account's list, newest first; empty where it is not there,
        None where the list could not be read."""
        address, auth = _messages(outgoing)
        read = False
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_EVERY_S)
            found = await self._call("GET", address, auth, params={"To": text.to, "PageSize": "50"})
            if not isinstance(found, Told):
                continue
            read = True
            for one in found["messages"]:
                name = one["sid"].name
                if name not in outgoing.parts and _is(one, text, began):
                    return name
        return "" if read else None

    async def _call(
        self, method: str, address: str, auth: tuple[str, str], **given: Any
    ) -> Told | Failed:
        try:
            answer = await self._client.request(
                method, address, auth=auth, timeout=TIMEOUT, follow_redirects=False, **given
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(words="Twilio cannot be reached; this is tried again.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            words = "The connection's settings are not complete: connect it again."
            return Refused(words=words, health="reconnect")
        except httpx.HTTPError as broken:
            return Unknown(words=f"Twilio did not answer ({type(broken).__name__}).")
        told = Told.decoded(answer.content)
        if answer.is_success and told.fields:
            return told
        if answer.is_server_error:
            words = f"Twilio has trouble ({answer.status_code}); this is tried again."
            return Refused(words=words, code=str(answer.status_code))
        if answer.is_success:
            return Unknown(words="Twilio answered, and not what became of the message.")
        pause = Told(answer.headers.get("retry-after")).number
        return refusal(answer.status_code, told, pause)


def _base(outgoing: Outgoing) -> str:
    return outgoing.connection.settings.base_url.rstrip("/") or HOST


def _messages(outgoing: Outgoing) -> tuple[str, tuple[str, str]]:
    sid = outgoing.credentials.get("account_sid", "")
    auth = (sid, outgoing.credentials.get("auth_token", ""))
    return f"{_base(outgoing)}/2010-04-01/Accounts/{sid}/Messages.json", auth


def _is(message: Told, text: Text, began: datetime) -> bool:
    """Whether a message of the account's list is this one: the same letters to them, made since.
    Twilio may have put plain signs for curly ones (SmartEncoded)."""
    if not message["direction"].text.startswith("outbound"):
        return False
    try:
        made = parsedate_to_datetime(message["date_created"].text)
    except ValueError:
        return False
    if made.tzinfo is None or made < began - LOOKS_BACK:
        return False
    said = message["body"].text
    return said == text.body or (bool(_letters(said)) and _letters(said) == _letters(text.body))


def _letters(text: str) -> str:
    return "".join(one for one in text if one.isalnum())
