"""Getting a file from a platform: a bounded number of bytes, and from nowhere but its own hosts."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import httpx
from msgspec import Struct

from shopbell.connectors.channels.types import Unfetched

TIMEOUT = httpx.Timeout(30, connect=5)
MOST_HOPS = 3
_TRY_LATER = frozenset({202, 408, 425, 429})
"""202: a platform still prepares the file, as LINE does with videos."""


class Downloaded(Struct, frozen=True, kw_only=True):
    """A file's bytes, and what the host said they are."""

    data: bytes
    media_type: str


def is_at(url: str, hosts: Sequence[str], base_url: str = "") -> bool:
    """Whether an address is below `base_url`, or at one of these hosts by https. A host that begins
    with a dot stands for all below it."""
    if base_url and url.startswith(f"{base_url.rstrip('/')}/"):
        return True
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        return False
    return any(host.endswith(one) if one.startswith(".") else host == one for one in hosts)


async def download(
    client: httpx.AsyncClient,
    url: str,
    most_bytes: int,
    *,
    hosts: Sequence[str],
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> Downloaded:
    """The file at `url`. Headers and auth go to the first address only: where it sends on to is
    another's storage. Raises Unfetched."""
    for hop in range(MOST_HOPS):
        if not is_at(url, hosts, base_url):
            raise Unfetched("The file is not where the platform keeps its own.", final=True)
        try:
            async with client.stream(
                "GET",
                url,
                headers=dict(headers or {}) if hop == 0 else {},
                auth=auth if auth and hop == 0 else None,
                timeout=TIMEOUT,
                follow_redirects=False,
            ) as answer:
                if answer.is_redirect:
                    url = str(answer.url.join(answer.headers.get("location", "")))
                    continue
                return await _taken(answer, most_bytes)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as wrong:
            raise Unfetched("The platform named no address for the file.", final=True) from wrong
        except httpx.HTTPError as away:
            raise Unfetched("The platform did not hand out the file just now.") from away
    raise Unfetched("The platform sends on and on for this file.", final=True)


async def _taken(answer: httpx.Response, most_bytes: int) -> Downloaded:
    if answer.status_code in _TRY_LATER or answer.is_server_error:
        raise Unfetched("The platform did not hand out the file just now.")
    if answer.status_code in (401, 403):
        raise Unfetched("The platform does not hand out the file: connect the account again.")
    if not answer.is_success:
        raise Unfetched("The platform no longer has the file.", final=True)
    kept = bytearray()
    async for piece in answer.aiter_bytes():
        kept += piece
        if len(kept) > most_bytes:
            raise Unfetched("The file is too big to keep: open it in the app.", final=True)
    return Downloaded(data=bytes(kept), media_type=answer.headers.get("content-type", ""))
