"""LINE's Messaging API: https://developers.line.biz/en/reference/messaging-api/.

Answers are pushed, each request under a retry key: LINE executes it once, however often it is sent,
and answers 409 to the repeats (https://developers.line.biz/en/docs/messaging-api/retrying-api-request/).
Reply tokens are not used, since LINE takes no retry key with them.
"""

import base64
import hmac
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx
import msgspec

from shopbell.connectors.channels.downloading import download
from shopbell.connectors.channels.line.reading import facts_of
from shopbell.connectors.channels.parts import Failed, Step, in_parts
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import Account, Checked, Field, NotNow, Reply
from shopbell.connectors.channels.words import plain, split, utf16
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw, Unverified

HOST = "https://api.line.me"
DATA_HOST = "https://api-data.line.me"
MOST_TEXT = 5000
"""UTF-16 code units: https://developers.line.biz/en/docs/messaging-api/text-character-count/."""
MOST_AT_ONCE = 5
MOST_FILE = 10_000_000
MOST_PREVIEW = 1_000_000
"""Of a picture and of what stands for it in the chat:
https://developers.line.biz/en/reference/messaging-api/#image-message."""
TIMEOUT = httpx.Timeout(15, connect=5)
RECONNECT = "LINE does not accept the channel access token: issue a new one and enter it."
USED_UP = "This month's messages of the LINE plan are used up: raise the plan, or use another way."


class LineApp:
    """One client for all accounts."""

    capability: ClassVar = Capability(
        channel="line",
        label="LINE",
        max_text=20_000,
        idempotent_sends=True,
        media_types=("*/*",),
        max_file=MOST_FILE,
        sender="line",
        regions="Mostly Japan, Taiwan and Thailand",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="channel_secret",
            label="Channel secret",
            help="In the LINE Developers Console, on the channel's Basic settings page.",
            secret=True,
        ),
        Field(
            name="access_token",
            label="Channel access token",
            help="The long-lived one, issued at the foot of the Messaging API page.",
            secret=True,
        ),
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """LINE tries a hook with a signed post of no events, which is read as any other."""
        return None

    def verify(self, account: Account, raw: Raw) -> None:
        """https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/."""
        secret = account.credentials.get("channel_secret", "")
        if not secret:
            raise Unverified("the connection has no channel secret")
        digest = hmac.digest(secret.encode(), raw.body, "sha256")
        given = raw.headers.get("x-line-signature", "").encode(errors="replace")
        if not hmac.compare_digest(base64.b64encode(digest), given):
            raise Unverified("the signature is not this channel's")

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """Every event of the post."""
        return facts_of(Told.decoded(raw.body))

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        to = outgoing.to.place if outgoing.to else outgoing.recipient
        messages = [
            {"type": "text", "text": piece}
            for piece in split(plain(outgoing.message.text), MOST_TEXT, utf16)
        ]
        messages += [_shown(one) for one in outgoing.files if one.url]
        steps: list[Step] = [
            partial(self._push, outgoing, to, messages[at : at + MOST_AT_ONCE], at)
            for at in range(0, len(messages), MOST_AT_ONCE)
        ]
        return await in_parts(outgoing, steps)

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        base = account.connection.settings.base_url.rstrip("/") or DATA_HOST
        brought = await download(
            self._client,
            f"{base}/v2/bot/message/{quote(file.ref, safe='')}/content",
            most_bytes,
            hosts=(),
            base_url=base,
            headers=_bearing(account.credentials.get("access_token", "")),
        )
        return msgspec.structs.replace(file, data=brought.data, media_type=brought.media_type)

    async def name_of(self, account: Account, value: str) -> str:
        """https://developers.line.biz/en/reference/messaging-api/#get-profile: told of friends, and
        of whoever wrote and has not blocked the account."""
        base = account.connection.settings.base_url.rstrip("/") or HOST
        headers = _bearing(account.credentials.get("access_token", ""))
        found = await self._call("GET", f"{base}/v2/bot/profile/{quote(value, safe='')}", headers)
        if isinstance(found, Told):
            return found["displayName"].text
        if isinstance(found, Refused) and (found.permanent or found.health):
            return ""
        raise NotNow(found.retry_after if isinstance(found, Refused) else None)

    async def check(self, account: Account) -> Checked:
        base = account.connection.settings.base_url.rstrip("/") or HOST
        headers = _bearing(account.credentials.get("access_token", ""))
        found = await self._call("GET", f"{base}/v2/bot/info", headers)
        if isinstance(found, Unknown):
            return Checked(health="degraded", words=found.words)
        if isinstance(found, Refused):
            return Checked(health=found.health or "degraded", words=found.words)
        account_id, name = found["userId"].name, found["displayName"].text[:200]
        hook = await self._call("GET", f"{base}/v2/bot/channel/webhook/endpoint", headers)
        if isinstance(hook, Told) and hook["active"].value is False:
            words = "LINE sends nothing: turn on Use webhook in the LINE Developers Console."
            return Checked(health="degraded", words=words, account=account_id, name=name)
        return Checked(health="ok", account=account_id, name=name)

    async def _push(
        self, outgoing: Outgoing, to: str, messages: Sequence[dict[str, str]], at: int
    ) -> str | Failed:
        base = outgoing.connection.settings.base_url.rstrip("/") or HOST
        headers = {
            **_bearing(outgoing.credentials.get("access_token", "")),
            "x-line-retry-key": str(retry_key(outgoing.id, at)),
        }
        body = {"to": to, "messages": messages}
        found = await self._call("POST", f"{base}/v2/bot/message/push", headers, json=body)
        if not isinstance(found, Told):
            return found
        names = [one["id"].name for one in found["sentMessages"]]
        return names[0] if names and names[0] else headers["x-line-retry-key"]

    async def _call(
        self, method: str, address: str, headers: dict[str, str], **given: Any
    ) -> Told | Failed:
        try:
            answer = await self._client.request(
                method, address, headers=headers, timeout=TIMEOUT, follow_redirects=False, **given
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(words="LINE cannot be reached; this is tried again.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            return Refused(words=RECONNECT, health="reconnect")
        except httpx.HTTPError as broken:
            words = (
                f"LINE did not answer ({type(broken).__name__}); the same request is sent again."
            )
            return Unknown(words=words)
        return _read(answer)


def retry_key(delivery_id: UUID, at: int) -> UUID:
    """The key of one request: the delivery's id, or one that follows from it for what comes after."""
    return uuid5(delivery_id, str(at)) if at else delivery_id


def _bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _shown(file: OutgoingFile) -> dict[str, str]:
    """A picture that LINE shows, small enough to be its own preview; another file, or one without
    https, goes as its address."""
    shows = file.media_type in ("image/jpeg", "image/png") and file.size <= MOST_PREVIEW
    if shows and file.url.startswith("https://"):
        return {"type": "image", "originalContentUrl": file.url, "previewImageUrl": file.url}
    return {"type": "text", "text": f"{file.name}: {file.url}"}


def _read(answer: httpx.Response) -> Told | Failed:
    """https://developers.line.biz/en/reference/messaging-api/#status-codes; 409: taken before."""
    told, status = Told.decoded(answer.content), answer.status_code
    if answer.is_success or status == 409:
        return told
    said = told["message"].text[:200]
    if status == 401:
        return Refused(words=RECONNECT, health="reconnect", code="401")
    if status == 429 and "monthly limit" in said.lower():
        return Refused(words=USED_UP, permanent=True, health="degraded", code="429 monthly limit")
    if status == 429:
        pause = Told(answer.headers.get("retry-after")).number
        words = "LINE asks for patience; this is tried again."
        return Refused(words=words, retry_after=pause, whole=True, code="429")
    if status >= 500:
        words = f"LINE has trouble ({status}); the same request is sent again."
        return Refused(words=words, code=str(status))
    return Refused(
        words=f"LINE refused the message: {said or status}.", permanent=True, code=str(status)
    )
