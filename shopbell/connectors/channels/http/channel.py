"""The custom channel: each outgoing message is a signed POST to the shop's own system.

The request follows Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks):
`webhook-id` is the delivery's id and stays the same on every repeat, so the receiver can drop
what it has already taken. The receiver answers 2xx, with `{"id": …}` as its own name for the
message if it has one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec
from standardwebhooks import Webhook

from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown

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

    capability = Capability(
        channel="http",
        label="Custom channel",
        max_text=20_000,
        formatting="markdown",
        idempotent_sends=True,
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
                "at": message.at,
            },
        }
    )
    key = str(outgoing.id)
    headers = {
        "content-type": "application/json",
        "user-agent": "Shopbell",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(outgoing.secret).sign(key, at, body.decode()),
    }
    return body, headers


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
