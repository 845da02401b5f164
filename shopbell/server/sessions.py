"""Signing in and out, and who is signed in."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.people.commands import sign_in, sign_out
from shopbell.realtime.frames import Problem
from shopbell.server.doors import COOKIE, answer, decode, problem, state_of
from shopbell.server.me import me
from shopbell.server.types import SignIn


async def create(request: Request) -> Response:
    state = state_of(request)
    if not state.own_page(request.headers):
        return problem(Problem(type="origin", title="Wrong origin", status=403))
    body = await decode(request, SignIn)
    token, session = await sign_in(state.desk, body.email, body.password)
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


async def delete(request: Request) -> Response:
    await sign_out(state_of(request).desk, request.state.session.id)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response
