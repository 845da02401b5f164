"""Calling the Business API: https://business-api.tiktok.com/portal/docs?id=1832184403754242.

Every answer is HTTP 200 with a `code`; anything but 0 is a failure. No send takes an idempotency key.
Codes: https://business-api.tiktok.com/portal/docs?id=1737172488964097, and for messages
https://help.sleekflow.io/en_US/tiktok-business-messaging/troubleshooting-your-tiktok-business-messaging-channels.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from shopbell.connectors.channels.parts import Failed
from shopbell.connectors.channels.told import Told
from shopbell.desk.deliveries.types import Refused, Unknown

HOST = "https://business-api.tiktok.com"
TIMEOUT = httpx.Timeout(20, connect=5)
RECONNECT = "TikTok does not accept the access token: connect the account again."
RESTRICTED = (
    "TikTok takes no more messages here now: 10 until the customer writes again, and only so many"
    " conversations a day. Use another way, or wait for them to write."
)
EXPIRED = frozenset({40102, 40104, 40105})
LATER = frozenset({40016, 40100, 40133, 50000, 50002, 51000, 61000})
WORDS: Mapping[int, str] = {
    40002: "TikTok does not understand the message: write it differently, or use another way.",
    40007: "TikTok does not know this conversation any more: use another way.",
    40064: RESTRICTED,
    40908: "TikTok takes JPG and PNG pictures only: send the words, and a link.",
}


class Api:
    """One account's view of the API. `base_url` stands in for TikTok's address."""

    def __init__(self, client: httpx.AsyncClient, token: str, base_url: str = "") -> None:
        self._client = client
        self.token = token
        self.base = (base_url or HOST).rstrip("/")

    async def get(self, path: str, **fields: str) -> Told | Failed:
        return await self._call("GET", path, params=fields)

    async def post(self, path: str, body: Mapping[str, Any]) -> Told | Failed:
        return await self._call("POST", path, json=dict(body))

    async def upload(
        self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str]
    ) -> Told | Failed:
        """A form with one file: its name, bytes and media type."""
        return await self._call("POST", path, data=dict(fields), files={"file": file})

    async def _call(self, method: str, path: str, **given: Any) -> Told | Failed:
        """The answer's `data`, or why there is none."""
        try:
            answer = await self._client.request(
                method,
                f"{self.base}/open_api/v1.3/{path}",
                headers={"access-token": self.token},
                timeout=TIMEOUT,
                follow_redirects=False,
                **given,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(words="TikTok cannot be reached; this is tried again.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            return Refused(words=RECONNECT, health="reconnect")
        except httpx.HTTPError as broken:
            return Unknown(words=f"TikTok did not answer ({type(broken).__name__}).")
        return _read(answer)


def _read(answer: httpx.Response) -> Told | Failed:
    told, status = Told.decoded(answer.content), answer.status_code
    pause = Told(answer.headers.get("retry-after")).number
    if "code" not in told.fields:
        if status == 429:
            return _patience(str(status), pause)
        if status in (401, 403):
            return Refused(words=RECONNECT, health="reconnect", code=str(status))
        if answer.is_success or answer.is_server_error:
            return Unknown(words=f"TikTok answered {status} and not what became of the message.")
        return Refused(words=f"TikTok refused the message ({status}).", permanent=True)
    code, said = told["code"].whole, told["message"].text[:200]
    if code == 0 and told["code"].number is not None:
        return told["data"]
    if code in EXPIRED or code == 40001:
        return Refused(words=RECONNECT, health="reconnect", code=str(code))
    if code in LATER or status == 429:
        return _patience(str(code), pause)
    if answer.is_server_error:
        return Unknown(words=f"TikTok answered {status} and not what became of the message.")
    words = WORDS.get(code, f"TikTok refused the message: {said or code}.")
    return Refused(words=words, permanent=True, code=f"{code} {said}")


def _patience(code: str, pause: float | None) -> Refused:
    words = "TikTok asks for patience; this is tried again."
    return Refused(words=words, retry_after=pause, whole=True, code=code)
