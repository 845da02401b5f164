"""Reply addresses that say, signed, which delivery is answered: `help+TOKEN@shop.example`.

TOKEN is base32 of the delivery's id and the first ten bytes of an HMAC-SHA256 over it, under the
connection's own secret; so nobody makes one up, and one that was altered is told from none at all.
"""

import hashlib
import hmac
from base64 import b32decode, b32encode
from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

SIGNATURE_BYTES = 10
TOKEN_LENGTH = 42
LONGEST_LOCAL = 64
"""Octets before the @ (RFC 5321, 4.5.3.1.1)."""


class Answered(Struct, frozen=True, kw_only=True):
    """Which delivery an address names, or that its signature is not ours."""

    delivery: str = ""
    forged: bool = False


def signed(address: str, delivery: UUID, secret: str) -> str:
    """The address to reply to, empty where it would be too long or there is nothing to sign with."""
    local, at, domain = address.partition("@")
    token = _token(delivery, secret)
    if not secret or not at or len(local) + 1 + len(token) > LONGEST_LOCAL:
        return ""
    return f"{local}+{token}@{domain}"


def answered(to: Iterable[str], secret: str) -> Answered:
    """What the addresses of a mail say; the first that names a delivery counts."""
    for address in to:
        token = address.partition("@")[0].rpartition("+")[2]
        if len(token) != TOKEN_LENGTH or "+" not in address:
            continue
        try:
            raw = b32decode(token.upper() + "=" * (-len(token) % 8))
        except ValueError:
            continue
        delivery = UUID(bytes=raw[:16])
        if secret and hmac.compare_digest(
            _token(delivery, secret).encode(), token.lower().encode()
        ):
            return Answered(delivery=str(delivery))
        return Answered(forged=True)
    return Answered()


def _token(delivery: UUID, secret: str) -> str:
    mac = hmac.digest(secret.encode(), b"reply:" + delivery.bytes, hashlib.sha256)
    return b32encode(delivery.bytes + mac[:SIGNATURE_BYTES]).decode().rstrip("=").lower()
