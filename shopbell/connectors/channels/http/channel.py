"""The custom channel: signed POSTs both ways between Shopbell and any system of the shop's own.

Each request follows Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks):
`webhook-id` is the delivery's id and stays the same on every repeat, so the receiver can drop
what it has already taken. The receiver answers 2xx, with `{"id": …}` as its own name for the
message if it has one. What comes in has the same form, see `Incoming` and docs/channels/http.md.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import httpx
import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from shopbell.connectors.channels.http import incoming
from shopbell.connectors.channels.types import Account, Checked, Field, Reply
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Fact, Raw, Unverified

TIMEOUT = httpx.Timeout(10, connect=5)
LONGEST_REPLY = 64 * 1024
TRY_LATER = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
WORDS: Mapping[int, str] = {
    401: "The shop's system does not accept our signature: compare the secret on both sides.",
    403: "The shop's system does not accept our signature: compare the secret on both sides.",
    404: "Nothing answers at the endpoint: check its address in the connection's settings.",
    410: "The endpoint is gone: set its new address in the connection's settings.",
    413: "The message is too long for the shop's system: send it in parts.",
}


class Posted(msgspec.Struct, omit_defaults=True):
    """What the receiver may answer; everything else in it is ignored."""

    id: str | int | None = None


class HttpChannel:
    """Sends by one shared client; redirects are not followed, since they would drop the body."""

    capability: ClassVar = Capability(
        channel="http",
        label="Custom channel",
        max_text=20_000,
        formatting="markdown",
        idempotent_sends=True,
        media_types=("*/*",),
        max_file=25_000_000,
        receipts=("delivered", "read"),
        typing=True,
        sender="http",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="endpoint",
            label="Endpoint",
            help="The web address of your system to which Shopbell posts messages.",
        ),
        Field(
            name="secret",
            label="Signing secret",
            help="Begins with whsec_. Both sides sign with it; Shopbell makes one when left empty.",
            secret=True,
            required=False,
            made="whsec",
        ),
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        endpoint = outgoing.connection.settings.endpoint
        if not endpoint:
            return _never("The connection has no endpoint: set it in the connection's settings.")
        try:
            signed = _sign(outgoing)
        except (ValueError, RuntimeError):
            return _never("The connection has no usable secret: set one that begins with whsec_.")
        try:
            async with self._client.stream(
                "POST", endpoint, content=signed[0], headers=signed[1], timeout=TIMEOUT
            ) as response:
                body = await _begin_of(response)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            return _never("The endpoint is no web address: set one that begins with https://.")
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Refused(words="The shop's system cannot be reached; this is tried again.")
        except httpx.HTTPError as broken:
            return Unknown(words=f"The shop's system did not answer ({type(broken).__name__}).")
        return _outcome(outgoing, response, body)

    async def check(self, account: Account) -> Checked:
        """Post a signed `connection.test`, which the receiver answers 2xx and otherwise ignores."""
        now = datetime.now(UTC)
        body = msgspec.json.encode({"type": "connection.test", "timestamp": now.isoformat()})
        try:
            headers = _headers(f"test_{uuid7().hex}", now, body, account.credentials.get("secret"))
            endpoint = account.connection.settings.endpoint
            answer = await self._client.post(
                endpoint, content=body, headers=headers, timeout=TIMEOUT
            )
        except (ValueError, RuntimeError):
            return Checked(health="reconnect", words="The secret is none: it begins with whsec_.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            words = "The endpoint is no web address: set one that begins with https://."
            return Checked(health="reconnect", words=words)
        except httpx.HTTPError as away:
            words = f"The shop's system cannot be reached ({type(away).__name__})."
            return Checked(health="degraded", words=words)
        return _health(answer.status_code)

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """Nothing is asked here but by a browser that looks whether the address is right."""
        return Reply(body=b"Shopbell listens here.") if raw.method == "GET" else None

    def verify(self, account: Account, raw: Raw) -> None:
        """Standard Webhooks: id, time within five minutes, and signature over both and the body."""
        secret = account.credentials.get("secret", "")
        if not secret.removeprefix("whsec_"):
            raise Unverified("this connection has no secret")
        try:
            Webhook(secret).verify(raw.body, raw.headers)
        except (WebhookVerificationError, ValueError, RuntimeError, UnicodeDecodeError) as wrong:
            raise Unverified(str(wrong)) from wrong

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """One event, or a list of them, each read by itself."""
        try:
            told = msgspec.json.decode(raw.body)
        except msgspec.DecodeError as wrong:
            return [Fact(kind="other", words=f"no JSON: {wrong}")]
        events: list[Any] = list(told) if isinstance(told, list) else [told]  # pyright: ignore[reportUnknownArgumentType]
        return [incoming.fact_of(one) for one in events]


def _sign(outgoing: Outgoing) -> tuple[bytes, dict[str, str]]:
    message, at = outgoing.message, datetime.now(UTC)
    body = msgspec.json.encode(
        {
            "type": "message.created",
            "timestamp": at.isoformat(),
            "data": {
                "id": message.id,
                "thread_id": message.thread_id,
                "ticket_id": message.ticket_id,
                "recipient": outgoing.recipient,
                "author": {"kind": message.author.kind, "name": message.author.name},
                "text": message.text,
                "citations": message.citations,
                "attachments": [
                    {
                        "name": one.name,
                        "media_type": one.media_type,
                        "size": one.size,
                        "url": one.url,
                    }
                    for one in outgoing.files
                ],
                "at": message.at,
            },
        }
    )
    return body, _headers(str(outgoing.id), at, body, _secret(outgoing))


def _headers(key: str, at: datetime, body: bytes, secret: str | None) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": "Shopbell",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret or "").sign(key, at, body.decode()),
    }


def _health(status: int) -> Checked:
    if 200 <= status < 300:
        return Checked(health="ok")
    words = WORDS.get(status, f"The shop's system answered {status}: see its log.")
    return Checked(health="reconnect" if status in WORDS else "degraded", words=words)


def _secret(outgoing: Outgoing) -> str:
    return outgoing.credentials.get("secret") or outgoing.secret


async def _begin_of(response: httpx.Response) -> bytes:
    kept = b""
    async for piece in response.aiter_bytes():
        kept += piece
        if len(kept) > LONGEST_REPLY:
            return b""
    return kept


def _outcome(outgoing: Outgoing, response: httpx.Response, body: bytes) -> Sent | Refused:
    status = response.status_code
    if response.is_success:
        return Sent(external_id=_name_of(body) or str(outgoing.id))
    if status in TRY_LATER:
        return Refused(
            words=f"The shop's system answered {status}; this is tried again.",
            retry_after=_seconds(response.headers.get("retry-after")),
        )
    return _never(
        WORDS.get(status, f"The shop's system refused the message ({status}): see its log.")
    )


def _never(words: str) -> Refused:
    return Refused(words=words, permanent=True)


def _name_of(body: bytes) -> str:
    try:
        told: Any = msgspec.json.decode(body, type=Posted).id
    except msgspec.DecodeError:
        return ""
    return str(told)[:200] if told is not None else ""


def _seconds(header: str | None) -> float | None:
    """`Retry-After` as seconds or as a date (RFC 9110, 10.2.3); None when it is neither."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
