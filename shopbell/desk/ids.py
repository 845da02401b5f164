"""Ids: UUIDv7 (RFC 9562), made here so that any Postgres serves and rows sort by their birth."""

from uuid import UUID

import uuid_utils.compat

__all__ = ["UUID", "uuid7"]


def uuid7() -> UUID:
    """A new time-ordered id."""
    return uuid_utils.compat.uuid7()
