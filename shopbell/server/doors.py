"""How a request becomes a desk call and its outcome an answer: decode, encode, problems."""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Network, ip_address
from math import ceil
from typing import Any, TypeVar

import msgspec
from psycopg import DataError, OperationalError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from shopbell.desk.errors import DeskError
from shopbell.desk.people.types import Role
from shopbell.realtime.frames import Problem
from shopbell.server.audit import note_refusal
from shopbell.server.state import State

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

Body = TypeVar("Body")
Handler = Callable[[Request], Awaitable[Response]]

COOKIE = "shopbell_session"
MAX_BODY = 256 * 1024
UNAVAILABLE = Problem(
    type="unavailable",
    title="The desk cannot write just now",
    status=503,
    detail="Nothing was lost. Try again in a moment.",
    retry_after=2,
)
UNFIT = Problem(
    type="invalid",
    title="Something in the request cannot be kept",
    status=422,
    detail="Take out characters that are none, and numbers that are too big.",
)
BROKEN = Problem(
    type="broken",
    title="That did not work",
    status=500,
    detail="It is a fault of ours and was noted. Try again in a moment.",
)
FORESEEN = (DeskError, OperationalError, PoolTimeout, DataError)
RANK: dict[Role, int] = {"viewer": 0, "agent": 1, "admin": 2}


def state_of(request: Request) -> State:
    """What the application was started with."""
    return request.app.state.shopbell


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def problem(value: Problem) -> Response:
    """An RFC 9457 problem document."""
    headers = {"Retry-After": str(ceil(value.retry_after))} if value.retry_after else None
    return Response(
        msgspec.json.encode(value),
        value.status,
        headers=headers,
        media_type="application/problem+json",
    )


def problem_of(error: DeskError) -> Problem:
    """A desk's refusal in the form of the wire."""
    return Problem(
        type=error.kind,
        title=error.title,
        status=error.status,
        detail=error.detail,
        holder=error.holder,
        retry_after=error.retry_after,
    )


def problem_in(error: Exception) -> Problem:
    """What a client is told of a failure that is foreseen."""
    if isinstance(error, DeskError):
        return problem_of(error)
    return UNFIT if isinstance(error, DataError) else UNAVAILABLE


def failure(request: HTTPConnection, error: Exception) -> Response:
    """What a request that failed is answered; anything unforeseen is raised again."""
    if isinstance(error, HTTPException):
        return problem(Problem(type="request", title=error.detail, status=error.status_code))
    if isinstance(error, FORESEEN):
        note_refusal(
            error, who=_who(request), door=f"{request.scope.get('method')} {_path(request)}"
        )
        return problem(problem_in(error))
    raise error


def address_of(request: HTTPConnection) -> str:
    """The caller's network address; of IPv6 the part that a provider gives to one customer."""
    return _network(request.client.host if request.client else "")


@lru_cache(maxsize=4096)
def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, 64), strict=False))


async def decode(request: Request, body: type[Body]) -> Body:
    """The request's body as its type; a 413 or 422 problem otherwise."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise HTTPException(413, "The request is too big")
    try:
        return msgspec.json.decode(without_nul(bytes(raw)) or b"{}", type=body)
    except RecursionError as wrong:
        raise HTTPException(422, "The request is nested too deeply") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise HTTPException(422, str(wrong)) from wrong


def without_nul(raw: bytes) -> bytes:
    """JSON text without the one character that no Postgres text can hold."""
    return _NUL.sub(rb"\1", raw) if b"\\u0000" in raw else raw


def _who(request: HTTPConnection) -> str:
    for kind in ("agent", "visitor"):
        if (known := getattr(request.state, kind, None)) is not None:
            return f"{kind} {known.id}"
    return "nobody"


def _path(request: HTTPConnection) -> str:
    return request.url.path[:200]


class WrongOrigin(DeskError):
    """The page that asks is not one of this server's own."""

    kind = "origin"
    status = 403

    def __init__(self) -> None:
        super().__init__("Wrong origin", "Open the inbox at its own address.")


class SignedOut(DeskError):
    """There is no session, or none that still holds."""

    kind = "signed_out"
    status = 401

    def __init__(self) -> None:
        super().__init__("Sign in to go on")


class RoleNeeded(DeskError):
    """The agent's role does not open this door."""

    kind = "role"
    status = 403

    def __init__(self, least: Role) -> None:
        super().__init__(f"This needs the role {least}", "Ask an admin for it.")


def own_pages_only(handler: Handler) -> Handler:
    """Let through what this server's own pages ask: the `Origin` says so."""

    async def checked(request: Request) -> Response:
        if not state_of(request).own_page(request.headers):
            raise WrongOrigin
        return await handler(request)

    return checked


def agents_only(least: Role, handler: Handler) -> Handler:
    """Let agents of at least this role through, as `request.state.agent`; others get 401 or 403.

    A writing request must come from this server's own pages: the `Origin` says so.
    """

    async def checked(request: Request) -> Response:
        state = state_of(request)
        if request.method not in ("GET", "HEAD") and not state.own_page(request.headers):
            raise WrongOrigin
        session = await state.session(request.cookies.get(COOKIE))
        if session is None:
            raise SignedOut
        request.state.agent, request.state.session = session.agent, session
        if RANK[session.agent.role] < RANK[least]:
            raise RoleNeeded(least)
        return await handler(request)

    return checked
