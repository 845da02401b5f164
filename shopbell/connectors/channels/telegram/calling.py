"""Calling the Bot API: https://core.telegram.org/bots/api#making-requests.

Answers are `{"ok": true, "result": …}`, or `{"ok": false, "error_code", "description", "parameters"}`.
No method takes an idempotency key: once a request went out, silence means that nobody knows.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from shopbell.connectors.channels.parts import Failed
from shopbell.connectors.channels.told import Told
from shopbell.desk.deliveries.types import Refused, Unknown

HOST = "https://api.telegram.org"
TIMEOUT = httpx.Timeout(20, connect=5)
UPLOAD = httpx.Timeout(90, connect=5)
RECONNECT = "Telegram does not know this bot's token: get a new one from @BotFather and enter it."
WORDS: Mapping[str, str] = {
    "bot was blocked": "The customer has blocked the bot: use another way.",
    "user is deactivated": "The customer's Telegram account is gone: use another way.",
    "can't initiate conversation": "On Telegram the customer has to write first.",
    "chat not found": "Telegram does not know this chat any more: use another way.",
    "message is too long": "The message is too long for Telegram: send it in parts.",
    "file is too big": "The file is too big for Telegram: send a link to it.",
    "not enough rights": "The bot may not write there: use another way.",
}
BAD_MARKUP = "can't parse entities"


class Bot:
    """One bot. `base_url` stands in for Telegram's address, as a Bot API server of one's own does."""

    def __init__(self, client: httpx.AsyncClient, token: str, base_url: str = "") -> None:
        self._client = client
        self._token = token
        self.base = (base_url or HOST).rstrip("/")

    def file_address(self, path: str) -> str:
        return f"{self.base}/file/bot{self._token}/{path}"

    async def call(
        self,
        method: str,
        fields: Mapping[str, Any],
        *,
        file: tuple[str, tuple[str, bytes, str]] | None = None,
        patience: httpx.Timeout | None = None,
    ) -> Told | Failed:
        """The result of a method, or why there is none. `file` is a field with name, bytes, type; `patience` how
        long to wait for it."""
        if not self._token or not self._token.isascii() or "/" in self._token:
            return Refused(words=RECONNECT, health="reconnect")
        given: dict[str, Any] = {"json": dict(fields)}
        if file is not None:
            given = {"data": dict(fields), "files": dict([file])}
        try:
            answer = await self._client.post(
                f"{self.base}/bot{self._token}/{method}",
                timeout=patience or (UPLOAD if file else TIMEOUT),
                follow_redirects=False,
                **given,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(words="Telegram cannot be reached; this is tried again.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            return Refused(words=RECONNECT, health="reconnect")
        except httpx.HTTPError as broken:
            return Unknown(words=f"Telegram did not answer ({type(broken).__name__}).")
        return _read(answer)


def _read(answer: httpx.Response) -> Told | Failed:
    told = Told.decoded(answer.content)
    if told["ok"].value is True:
        return told["result"]
    status = told["error_code"].whole or answer.status_code
    said = told["description"].text[:200]
    if not told.fields and (answer.is_success or answer.is_server_error):
        return Unknown(words=f"Telegram answered {status} and not what became of it.")
    if status in (401, 404):
        return Refused(words=RECONNECT, health="reconnect", code=str(status))
    if status == 429:
        wait = told["parameters"]["retry_after"].number
        words = "Telegram asks for patience; this is tried again."
        return Refused(words=words, retry_after=wait, code="429")
    if status >= 500:
        return Refused(
            words=f"Telegram has trouble ({said}); this is tried again.", code=str(status)
        )
    known = [words for part, words in WORDS.items() if part in said.lower()]
    words = known[0] if known else f"Telegram refused the message: {said or status}."
    return Refused(words=words, permanent=True, code=f"{status} {said}")
