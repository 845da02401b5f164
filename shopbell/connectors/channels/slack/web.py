"""Slack's Web API: form in, JSON out (https://docs.slack.dev/apis/web-api)."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from shopbell.connectors.channels.told import Told
from shopbell.desk.connections.types import Connection

ADDRESS = "https://slack.com"
HOST = "slack.com"
TIMEOUT = httpx.Timeout(15, connect=5)


class Away(Exception):
    """Slack was not reached: nothing was asked of it."""


class Silent(Exception):
    """Slack was asked and did not answer: it may have done it."""


class Answer(Struct, frozen=True, kw_only=True):
    """What a method returned; `code` is Slack's own where it refused, `retry_after` in seconds."""

    ok: bool
    told: Told = Told(None)
    code: str = ""
    retry_after: float | None = None
    scopes: str = ""


class Web:
    """The methods of one account, by one of its tokens."""

    def __init__(self, client: httpx.AsyncClient, connection: Connection, token: str) -> None:
        self.client = client
        self.token = token
        self._base = connection.settings.base_url.rstrip("/")

    async def call(self, method: str, **given: Any) -> Answer:
        """Ask one method; what is no text goes as JSON. Raises Away and Silent."""
        form = {
            name: one if isinstance(one, str) else msgspec.json.encode(one).decode()
            for name, one in given.items()
        }
        try:
            response = await self.client.post(
                f"{self._base or ADDRESS}/api/{method}",
                data=form,
                headers={"authorization": f"Bearer {self.token}"},
                timeout=TIMEOUT,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as away:
            raise Away from away
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise Silent(type(broken).__name__) from broken
        return _answer(response)

    def is_slacks(self, address: str) -> bool:
        """Whether this address is the platform's own, so that it may be asked, with the token."""
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
        except ValueError:
            return False
        if self._base:
            return parts.netloc == urlsplit(self._base).netloc
        return parts.scheme in ("https", "wss") and (host == HOST or host.endswith(f".{HOST}"))


def _answer(response: httpx.Response) -> Answer:
    if response.status_code == 429:
        return Answer(ok=False, code="ratelimited", retry_after=_seconds(response))
    told = Told.decoded(response.content)
    if not told.fields:
        code = "service_unavailable" if response.is_server_error else "no_json"
        return Answer(ok=False, code=code, retry_after=_seconds(response))
    ok = told["ok"].value is True and response.is_success
    unsaid = "service_unavailable" if response.is_server_error else f"http_{response.status_code}"
    code = "" if ok else told["error"].text or unsaid
    return Answer(
        ok=ok,
        told=told,
        code=code,
        retry_after=_seconds(response),
        scopes=response.headers.get("x-oauth-scopes", ""),
    )


def _seconds(response: httpx.Response) -> float | None:
    told = response.headers.get("retry-after", "").strip()
    return float(told) if told.isascii() and told.isdigit() and len(told) < 8 else None
