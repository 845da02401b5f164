"""Signing in and out, and accepting a one-time link."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.people.commands import open_session, sign_in, sign_out
from shopbell.desk.people.invitations import accept
from shopbell.desk.people.reads import has_come_from
from shopbell.desk.people.types import Session
from shopbell.server.doors import COOKIE, address_of, answer, decode, state_of
from shopbell.server.limits import (
    INVITATION,
    SIGN_IN,
    SIGN_IN_ACCOUNT,
    SIGN_IN_ADDRESS,
    TooMany,
)
from shopbell.server.me import me
from shopbell.server.state import State
from shopbell.server.types import SetPassword, SignIn


async def create(request: Request) -> Response:
    state, address = state_of(request), address_of(request)
    body = await decode(request, SignIn)
    account = await _may_try(state, body.email, address)
    token, session = await sign_in(
        state.desk, body.email, body.password, address=address, browser=_browser(request)
    )
    await state.limits.forgive(state.redis, SIGN_IN, f"{address} {account}")
    return await _signed_in(state, token, session)


async def accept_invitation(request: Request) -> Response:
    state, address = state_of(request), address_of(request)
    await state.limits.take(state.redis, INVITATION, address)
    body = await decode(request, SetPassword)
    agent = await accept(
        state.desk, body.token, name=body.name, password=body.password, email=body.email
    )
    token, session = await open_session(
        state.desk, agent, address=address, browser=_browser(request)
    )
    return await _signed_in(state, token, session)


async def delete(request: Request) -> Response:
    await sign_out(state_of(request).desk, request.state.session.id)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response


async def _may_try(state: State, email: str, address: str) -> str:
    """The account's key in the limits. Raises TooMany.

    An account that is tried from everywhere still opens from where its agent has been: otherwise
    anybody could lock anybody out.
    """
    account = hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
    await state.limits.take(state.redis, SIGN_IN_ADDRESS, address)
    await state.limits.take(state.redis, SIGN_IN, f"{address} {account}")
    try:
        await state.limits.take(state.redis, SIGN_IN_ACCOUNT, account)
    except TooMany:
        if not await has_come_from(state.desk, email, address):
            raise
    return account


async def _signed_in(state: State, token: str, session: Session) -> Response:
    response = answer(await me(state, session.agent))
    response.set_cookie(
        COOKIE,
        token,
        expires=session.expires_at,
        httponly=True,
        samesite="strict",
        secure=state.settings.public_url.startswith("https:"),
    )
    return response


def _browser(request: Request) -> str:
    return request.headers.get("user-agent", "")
