"""Discord's HTTP API, version 10 (https://docs.discord.com/developers/reference)."""

from typing import Any

import httpx
import msgspec
from msgspec import Struct

from shopbell.connectors.channels.discord.errors import refusal
from shopbell.connectors.channels.told import Told
from shopbell.desk.connections.types import Connection
from shopbell.desk.deliveries.types import Refused

ADDRESS = "https://discord.com"
TIMEOUT = httpx.Timeout(15, connect=5)
AGENT = "DiscordBot (shopbell, 1)"

Files = list[tuple[str, tuple[str, bytes, str]]]


class Away(Exception):
    """Discord was not reached: nothing was asked of it."""


class Silent(Exception):
    """Discord was asked and did not answer: it may have done it."""


class Answer(Struct, frozen=True, kw_only=True):
    """What was returned; `refused` where it said no."""

    told: Told
    status: int
    refused: Refused | None = None


class Web:
    """The API of one bot."""

    def __init__(self, client: httpx.AsyncClient, connection: Connection, token: str) -> None:
        self._client = client
        self._headers = {"authorization": f"Bot {token}", "user-agent": AGENT}
        self.base_url = connection.settings.base_url.rstrip("/")

    async def get(self, path: str) -> Answer:
        """Raises Away and Silent."""
        return await self._ask("GET", path)

    async def post(self, path: str, body: dict[str, Any], files: Files | None = None) -> Answer:
        """Raises Away and Silent."""
        encoded = msgspec.json.encode(body)
        if files:
            return await self._ask("POST", path, data={"payload_json": encoded}, files=files)
        return await self._ask(
            "POST", path, content=encoded, headers={"content-type": "application/json"}
        )

    async def _ask(self, method: str, path: str, **given: Any) -> Answer:
        given["headers"] = {**self._headers, **given.get("headers", {})}
        url = f"{self.base_url or ADDRESS}/api/v10{path}"
        try:
            response = await self._client.request(method, url, timeout=TIMEOUT, **given)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as away:
            raise Away from away
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise Silent(type(broken).__name__) from broken
        told = Told.decoded(response.content)
        if response.is_success:
            return Answer(told=told, status=response.status_code)
        header = Told(response.headers.get("retry-after", ""))
        refused = refusal(
            response.status_code,
            told["code"].whole,
            told["retry_after"].number or header.number,
            everywhere=told["global"].value is True,
            message=told["message"].text,
        )
        return Answer(told=told, status=response.status_code, refused=refused)
