"""Credentials of connections: encrypted at rest, opened only where something is sent or verified.

AES-256-GCM with a key derived from the deployment's secret key (HKDF-SHA256, RFC 5869). A sealed
value begins with a version and the mark of the key that sealed it, so that after a change of the
secret key the old one, named in SHOPBELL_OLD_SECRET_KEYS, still opens what it sealed. The
connection's id is bound in: a value copied to another row does not open.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_MARK = 4
_NONCE = 12

Credentials = Mapping[str, str]


class Sealed(Exception):
    """No key of this deployment opens the value: its connection has to be connected again."""


class Vault:
    """Seals with the first key, opens with any."""

    def __init__(self, secret_key: str, old_keys: Sequence[str] = ()) -> None:
        keys = [_derived(one) for one in (secret_key, *old_keys)]
        self._current = _mark(keys[0])
        self._ciphers = {_mark(key): AESGCM(key) for key in reversed(keys)}

    def seal(self, connection_id: UUID, credentials: Credentials) -> bytes:
        """The credentials as one value that only this deployment can open."""
        nonce = os.urandom(_NONCE)
        plain = msgspec.json.encode(dict(credentials))
        closed = self._ciphers[self._current].encrypt(nonce, plain, connection_id.bytes)
        return _VERSION + self._current + nonce + closed

    def open(self, connection_id: UUID, value: bytes | None) -> dict[str, str]:
        """The credentials of this connection; empty where it has none. Raises Sealed."""
        if not value:
            return {}
        mark, rest = value[1 : 1 + _MARK], value[1 + _MARK :]
        cipher = self._ciphers.get(mark)
        if value[:1] != _VERSION or cipher is None:
            raise Sealed
        try:
            plain = cipher.decrypt(rest[:_NONCE], rest[_NONCE:], connection_id.bytes)
        except (InvalidTag, ValueError) as wrong:
            raise Sealed from wrong
        return msgspec.json.decode(plain, type=dict[str, str])

    def is_current(self, value: bytes) -> bool:
        """Whether the value was sealed with the present key."""
        return value[1 : 1 + _MARK] == self._current


def _derived(secret_key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"shopbell connection credentials")
    return kdf.derive(secret_key.encode())


def _mark(key: bytes) -> bytes:
    return hashlib.sha256(b"mark" + key).digest()[:_MARK]
