"""What a platform told in JSON, read without trust: whatever is missing or of another kind is empty."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

LONGEST_NAME = 500
_LATEST = 253_402_300_799


class Told:
    """A JSON value. Asking for what is not there gives an empty one, so a path may be walked."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @classmethod
    def decoded(cls, body: bytes | str) -> "Told":
        """The value of this JSON; an empty one where it is none."""
        try:
            return cls(msgspec.json.decode(body))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return cls(None)

    def __getitem__(self, name: str) -> "Told":
        fields = self.fields
        return Told(fields.get(name))

    def __iter__(self) -> Iterator["Told"]:
        """The members of a list; none of anything else."""
        if not isinstance(self.value, list):
            return iter(())
        return iter([Told(one) for one in cast("list[Any]", self.value)])

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def fields(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.value) if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str:
        """The string, without NUL."""
        return self.value.replace("\x00", "") if isinstance(self.value, str) else ""

    @property
    def name(self) -> str:
        """What names something: a string or a whole number, as a string of bounded length."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)[:LONGEST_NAME]
        return self.text.strip()[:LONGEST_NAME]

    @property
    def number(self) -> float | None:
        """The number, or what a string spells; never NaN, infinite or beyond all use."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | str):
            return None
        try:
            found = float(self.value)
        except (ValueError, OverflowError):
            return None
        return found if abs(found) < 1e18 else None

    @property
    def whole(self) -> int:
        """The whole number; nought where there is none."""
        return int(self.number or 0)

    @property
    def at(self) -> datetime | None:
        """Seconds since 1970 as a time."""
        return moment(self.number)

    @property
    def at_ms(self) -> datetime | None:
        """Milliseconds since 1970 as a time."""
        return moment(self.number / 1000) if self.number is not None else None


def moment(seconds: float | None) -> datetime | None:
    """A time in UTC; None for what is none, or beyond what can be stored."""
    if seconds is None or not 0 < seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)
