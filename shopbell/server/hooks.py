"""POST /hooks/{connection}: what platforms tell us. Kept and read before they are told yes."""

import asyncio

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shopbell.connectors.channels.types import Account, Acknowledging, Bulky, Hooked
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.errors import NotFound
from shopbell.desk.inbound.types import Raw, Unverified
from shopbell.server.asked import named
from shopbell.server.doors import address_of, state_of
from shopbell.server.limits import HOOK, HOOK_REFUSED

log = structlog.get_logger()

MOST_BYTES = 5_000_000
WITHIN_S = 10.0
KEPT_HEADERS = frozenset(
    {
        "content-type",
        "user-agent",
        "webhook-id",
        "webhook-timestamp",
        "x-slack-retry-num",
        "x-slack-request-timestamp",
    }
)
"""What is kept with a payload: never a signature or a token."""
SECRET_QUERY = frozenset({"key"})
"""What an address may hold that proves who calls it, and is not kept."""


async def receive(request: Request) -> Response:
    state = state_of(request)
    connection_id = named(request, "connection_id", "The hook")
    await state.limits.take(state.redis, HOOK, str(connection_id))
    try:
        opened = await state.intake.account(connection_id)
    except NotFound as nothing:
        raise NotFound("The hook") from nothing
    except Sealed:
        return PlainTextResponse("connect this account again", 503, {"Retry-After": "300"})
    account, _ = opened
    channel = state.channels.get(account.connection.channel)
    if not isinstance(channel, Hooked):
        raise NotFound("The hook")
    most = channel.most_bytes if isinstance(channel, Bulky) else MOST_BYTES
    raw = await _raw(request, state.settings.public_url, most)
    try:
        greeting = channel.greet(account, raw)
        if greeting is None:
            channel.verify(account, raw)
    except Unverified as wrong:
        await state.limits.take(state.redis, HOOK_REFUSED, address_of(request))
        log.warning("hook refused", channel=account.connection.channel, why=str(wrong)[:200])
        return PlainTextResponse("not verified", 401)
    if greeting is not None:
        return Response(greeting.body, greeting.status, media_type=greeting.media_type)
    await state.intake.hear(connection_id, _kept(account, raw), opened)
    if isinstance(channel, Acknowledging):
        return Response(
            channel.taken.body, channel.taken.status, media_type=channel.taken.media_type
        )
    return PlainTextResponse("ok")


async def _raw(request: Request, public_url: str, most: int) -> Raw:
    body = bytearray()
    try:
        async with asyncio.timeout(WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise HTTPException(413, "The payload is too big")
    except TimeoutError as slow:
        raise HTTPException(408, "The payload took too long") from slow
    query = request.url.query
    return Raw(
        body=bytes(body),
        headers=dict(request.headers),
        query=dict(request.query_params),
        method=request.method,
        url=f"{public_url}{request.url.path}{f'?{query}' if query else ''}",
    )


def _kept(account: Account, raw: Raw) -> Raw:
    headers = {name: value for name, value in raw.headers.items() if name in KEPT_HEADERS}
    query = {name: value for name, value in raw.query.items() if name not in SECRET_QUERY}
    url = raw.url if query == raw.query else raw.url.partition("?")[0]
    return Raw(body=raw.body, headers=headers, query=query, method=raw.method, url=url)
