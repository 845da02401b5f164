"""Passwords: argon2id, two at a time, so that a flood of sign-ins takes no more than two cores."""

import asyncio
import base64
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shopbell.desk.errors import Invalid

AT_ONCE = 2
SHORTEST = 10

_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")


def _drawn(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")


# As dear to check as a real one. Its digest is drawn: making it from a password would take each start of
# a server a quarter of a second.
_NOBODY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_drawn(_hasher.salt_len)}${_drawn(_hasher.hash_len)}"
)


async def hashed(password: str) -> str:
    """What is kept of a password that somebody chose. Raises Invalid for one too short."""
    if len(password) < SHORTEST:
        raise Invalid("The password is too short", f"Use at least {SHORTEST} characters.")
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def fits(kept: str | None, password: str) -> bool:
    """Whether this is the password of which `kept` was made.

    With nothing kept it is False, after as much work as for a wrong password.
    """
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(_threads, _verify, kept or _NOBODY, password)
    return right and kept is not None


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
