"""The shopper's session token (JWT, HS256 with a key of this deployment), and who it stands for.

It names a visitor and a connection and nothing else; what the visitor may see is read from the
database each time, so a visitor who ended is out at once.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from shopbell.desk.customers.reads import visitor_of
from shopbell.desk.customers.types import Visitor
from shopbell.desk.errors import DeskError
from shopbell.server.state import State
from shopbell.settings import Settings

ANONYMOUS_LIFE = timedelta(days=180)
VERIFIED_LIFE = timedelta(hours=24)
AUDIENCE = "shopbell-shopper"


class NoVisitor(DeskError):
    """The token is missing, altered, expired, or its visitor ended; which is not told."""

    kind = "signed_out"
    status = 401

    def __init__(self) -> None:
        super().__init__("This chat session has ended", "Open a new session.")


def make_token(settings: Settings, visitor: Visitor, now: datetime) -> str:
    """A token for this visitor; one who is verified has to be vouched for again after a day."""
    life = VERIFIED_LIFE if visitor.verified else ANONYMOUS_LIFE
    claims = {
        "sub": str(visitor.id),
        "con": str(visitor.connection.id),
        "aud": AUDIENCE,
        "exp": now + life,
    }
    return jwt.encode(claims, _key(settings), algorithm="HS256")


async def read_token(state: State, token: str | None) -> Visitor:
    """The visitor of a token. Raises NoVisitor (401) for anything that is not one of ours."""
    visitor_id, connection_id = named_in(state.settings, token)
    visitor = await visitor_of(state.desk, visitor_id, connection_id)
    if visitor is None:
        raise NoVisitor
    return visitor


def named_in(settings: Settings, token: str | None) -> tuple[UUID, UUID]:
    """The visitor and connection that a token names, whether or not they still stand."""
    try:
        claims = jwt.decode(
            token or "",
            _key(settings),
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "con"]},
        )
        return UUID(claims["sub"]), UUID(claims["con"])
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as wrong:
        raise NoVisitor from wrong


def seconds_left(token: str, now: datetime) -> float:
    """How long a token that was read goes on opening what it opens."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return max(0.0, float(claims["exp"]) - now.timestamp())


def _key(settings: Settings) -> bytes:
    return hmac.digest(settings.secret_key.encode(), b"shopbell shopper token", hashlib.sha256)
