"""The Graph API by plain HTTP: requests with a bearer token, answers or what they mean.

https://developers.facebook.com/docs/graph-api/overview. None of its sends takes an idempotency key:
once a request went out, silence means that nobody knows.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from shopbell.connectors.channels.meta.errors import UNNAMED, outcome
from shopbell.connectors.channels.meta.json import (
    Object,
    decoded,
    name_in,
    number_in,
    object_in,
    text_in,
)
from shopbell.connectors.channels.parts import Failed
from shopbell.connectors.channels.types import Checked, Unfetched
from shopbell.desk.deliveries.types import Refused, Unknown

VERSION = "v25.0"
HOST = "https://graph.facebook.com"
FILE_HOSTS = (".fbcdn.net", ".fbsbx.com", ".cdninstagram.com", ".facebook.com", ".whatsapp.net")
"""Where Meta keeps what people send: a file is fetched from nowhere else."""
TIMEOUT = httpx.Timeout(20, connect=5)
MOST_HOPS = 3
LONGEST_ANSWER = 4_000_000


class Graph:
    """One account's view of the API. `base_url` stands in for Meta's address."""

    def __init__(
        self, client: httpx.AsyncClient, token: str, base_url: str = "", host: str = HOST
    ) -> None:
        self._client = client
        self._token = token
        self._base = (base_url or host).rstrip("/")

    async def get(self, path: str, **fields: str) -> Object | Failed:
        return await self._call("GET", path, params=fields)

    async def post(self, path: str, body: Object) -> Object | Failed:
        return await self._call("POST", path, json=body)

    async def post_form(
        self, path: str, fields: Mapping[str, str], file: tuple[str, tuple[str, bytes, str]]
    ) -> Object | Failed:
        """A form with one file: its field, then its name, bytes and media type."""
        return await self._call("POST", path, data=dict(fields), files=dict([file]))

    async def download(self, url: str, most_bytes: int, *, with_token: bool) -> bytes:
        """The bytes of a file that Meta holds. Raises Unfetched."""
        headers = {"authorization": f"Bearer {self._token}"} if with_token else {}
        for _ in range(MOST_HOPS):
            self._check(url)
            try:
                async with self._client.stream(
                    "GET", url, headers=headers, timeout=TIMEOUT, follow_redirects=False
                ) as answer:
                    if answer.is_redirect:
                        url = str(answer.url.join(answer.headers.get("location", "")))
                        continue
                    return await _body_of(answer, most_bytes)
            except httpx.InvalidURL as wrong:
                raise Unfetched("Meta named no address for the file.", final=True) from wrong
            except httpx.HTTPError as away:
                raise Unfetched("Meta did not hand out the file just now.") from away
        raise Unfetched("Meta sends on and on for this file.", final=True)

    def _check(self, url: str) -> None:
        if url.startswith(f"{self._base}/"):
            return
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as wrong:
            raise Unfetched("Meta named no address for the file.", final=True) from wrong
        if parts.scheme != "https" or port not in (None, 443) or not host.endswith(FILE_HOSTS):
            raise Unfetched("The file is not at Meta's: open it in the app.", final=True)

    async def _call(self, method: str, path: str, **given: Any) -> Object | Failed:
        try:
            answer = await self._client.request(
                method,
                f"{self._base}/{VERSION}/{path}",
                headers={"authorization": f"Bearer {self._token}"},
                timeout=TIMEOUT,
                follow_redirects=False,
                **given,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(words="Meta cannot be reached; this is tried again.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            words = "The connection's settings are not complete: connect it again."
            return Refused(words=words, health="reconnect")
        except httpx.HTTPError as broken:
            return Unknown(words=f"Meta did not answer ({type(broken).__name__}).")
        return _read(answer)


def _read(answer: httpx.Response) -> Object | Failed:
    told = decoded(answer.content[:LONGEST_ANSWER])
    error = object_in((told or {}).get("error"))
    if error:
        told_code = number_in(error.get("code"))
        code = int(told_code) if told_code is not None else UNNAMED
        subcode = int(number_in(error.get("error_subcode")) or 0)
        title = text_in(error.get("message"))[:200]
        return outcome(answer.status_code, code, subcode, title, _pause(answer))
    if answer.is_success and told is not None:
        return told
    if answer.status_code in (401, 429, 503):
        return outcome(answer.status_code, UNNAMED, 0, "", _pause(answer))
    if answer.status_code >= 500 or answer.is_success:
        return Unknown(words=f"Meta answered {answer.status_code} and not what became of it.")
    return outcome(answer.status_code, UNNAMED, 0, str(answer.status_code), None)


def _pause(answer: httpx.Response) -> float | None:
    """Seconds that Meta asks to wait: by Retry-After, or by the minutes in its usage header."""
    asked = number_in(answer.headers.get("retry-after"))
    if asked is not None and asked >= 0:
        return asked
    usage = decoded(answer.headers.get("x-business-use-case-usage", "").encode()) or {}
    waits = [
        number_in(one.get("estimated_time_to_regain_access")) or 0.0
        for of_account in usage.values()
        if isinstance(of_account, list)
        for one in map(object_in, of_account)  # pyright: ignore[reportUnknownArgumentType]
    ]
    longest = max(waits, default=0.0)
    return longest * 60 if longest > 0 else None


async def _body_of(answer: httpx.Response, most_bytes: int) -> bytes:
    if answer.status_code in (401, 403, 429) or answer.status_code >= 500:
        raise Unfetched("Meta did not hand out the file just now.")
    if not answer.is_success:
        raise Unfetched("Meta no longer has the file.", final=True)
    kept = bytearray()
    async for piece in answer.aiter_bytes():
        kept += piece
        if len(kept) > most_bytes:
            raise Unfetched("The file is too big to keep: open it in the app.", final=True)
    return bytes(kept)


def checked(found: Object | Failed, *names: str) -> Checked:
    """What asking for an account says of its connection; `names` are fields that may name it."""
    if isinstance(found, Unknown):
        return Checked(health="degraded", words=found.words)
    if isinstance(found, Refused):
        lasting = found.permanent or found.health is not None
        return Checked(health="reconnect" if lasting else "degraded", words=found.words)
    named = next((name for field in names if (name := name_in(found.get(field)))), "")
    return Checked(health="ok", account=name_in(found.get("id")), name=named)
