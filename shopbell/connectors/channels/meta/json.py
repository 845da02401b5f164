"""Reading JSON that anybody may have mangled: every look into it answers, with nothing if need be."""

from datetime import UTC, datetime
from typing import Any, cast

import msgspec

Object = dict[str, Any]
LONGEST_NAME = 1_000


def decoded(body: bytes) -> Object | None:
    """The object in these bytes; None when there is none."""
    try:
        told: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return cast("Object", told) if isinstance(told, dict) else None


def object_in(value: object) -> Object:
    """The value if it is an object, else an empty one."""
    return cast("Object", value) if isinstance(value, dict) else {}


def objects_in(value: object) -> list[Object]:
    """The objects in a list; what else is in it is left out."""
    if not isinstance(value, list):
        return []
    return [cast("Object", one) for one in cast("list[object]", value) if isinstance(one, dict)]


def text_in(value: object) -> str:
    """A string or a number as text, fit for a database; else nothing."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def name_in(value: object) -> str:
    """As `text_in`, for names and ids, which are short."""
    return text_in(value)[:LONGEST_NAME]


def number_in(value: object) -> float | None:
    """A finite number, also one that is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if number == number and abs(number) < 1e15 else None


def time_in(value: object) -> datetime | None:
    """Unix time in seconds or milliseconds, whichever it must be."""
    number = number_in(value)
    if number is None or number <= 0:
        return None
    seconds = number / 1000 if number > 1e11 else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
