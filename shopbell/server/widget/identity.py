"""What a shop's server says about who is signed in: a JWT, HS256 with the connection's secret."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import jwt
import structlog

from shopbell.desk.customers.types import Vouched

log = structlog.get_logger()

LEEWAY_S = 30
LONGEST = 200


def vouched_in(token: str | None, secret: str) -> Vouched | None:
    """The shop's statement, or None for a token that is missing, wrong, expired or unsigned.

    Required: `sub` and `exp`. Without `jti` the token itself is its name. Only HS256 is taken,
    whatever the token's header says.
    """
    if not token or not secret:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            leeway=LEEWAY_S,
            options={
                "require": ["exp", "sub"],
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
        expires_at = datetime.fromtimestamp(int(claims["exp"]) + LEEWAY_S, UTC)
    except (jwt.PyJWTError, ValueError, OverflowError, OSError) as wrong:
        log.info("identity token refused", error=type(wrong).__name__)
        return None
    subject = _text(claims["sub"])
    if not subject:
        return None
    return Vouched(
        subject=subject,
        jti=_text(claims.get("jti")) or hashlib.sha256(token.encode()).hexdigest(),
        expires_at=expires_at,
        email=_text(claims.get("email")),
        name=_text(claims.get("name")),
    )


def _text(value: Any) -> str:
    """A claim as a short line without control characters; empty when it is no text."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    line = "".join(one for one in str(value) if one.isprintable()).strip()
    return line if len(line) <= LONGEST else ""
