"""One-time codes: six digits, worked out from a row's id and a key of the deployment.

So the code is nowhere: not in the database, where only its keyed hash stands, nor in a queue. Who
sends it works it out anew. Who reads the database, and not the key, learns nothing from it.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID

DIGITS = 6
HIDDEN = "••••••"
_WRITTEN = re.compile(r"(?<![A-Za-z\d_#.,/+-])\d{3}[ \u00a0-]?\d{3}(?![A-Za-z\d_/+-]|[.,]\d)")


class Codes:
    """Makes and tries codes with a key derived from the deployment's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._key = hmac.digest(secret_key.encode(), b"shopbell one-time codes", hashlib.sha256)

    @classmethod
    def of_this_process(cls) -> "Codes":
        """Codes with a key that nobody else has."""
        return cls(secrets.token_hex(32))

    def code_of(self, verification_id: UUID) -> str:
        """The code that belongs to this row."""
        number = int.from_bytes(self._digest(b"code", verification_id, b"")[:8], "big")
        return f"{number % 10**DIGITS:0{DIGITS}}"

    def hash_of(self, verification_id: UUID, code: str) -> bytes:
        """What the row keeps of the code."""
        return self._digest(b"hash", verification_id, code.encode())

    def fits(self, verification_id: UUID, code: str, kept: bytes) -> bool:
        """Whether this is the code, in a time that says nothing of how near it is."""
        return hmac.compare_digest(self.hash_of(verification_id, code), kept)

    def _digest(self, purpose: bytes, verification_id: UUID, more: bytes) -> bytes:
        return hmac.digest(self._key, purpose + verification_id.bytes + more, hashlib.sha256)


def code_in(text: str) -> str | None:
    """The first six digits that stand by themselves in a text, as a code is written."""
    found = _WRITTEN.search(text)
    return "".join(str(int(one)) for one in found[0] if one.isdecimal()) if found else None


def hidden(text: str) -> str:
    """The text without whatever may be a code."""
    return _WRITTEN.sub(HIDDEN, text)
