"""What came of what was said: how late it came, and what was lost, doubled or out of order."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from msgspec import Struct


class Counts(Struct, frozen=True, kw_only=True):
    """Of messages said: how many were heard, and what went wrong with the hearing."""

    said: int
    heard: int
    lost: int
    doubled: int
    reordered: int
    refused: int = 0

    @property
    def wrong(self) -> int:
        """Everything that must not be."""
        return self.lost + self.doubled + self.reordered + self.refused


class Tally:
    """One listener's book: told of each message when it is meant to be said, and when it came.

    Times are of one clock, in seconds. A message counts from when it was meant to be said, so
    that a slow server cannot hide by holding up who speaks.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._meant: dict[UUID, float] = {}
        self._heard: Counter[UUID] = Counter()
        self._last: dict[UUID, int] = {}
        self._reordered = 0
        self.took: list[float] = []
        self.last_at = 0.0
        self._all_came = asyncio.Event()

    def said(self, message: UUID, meant_at: float) -> None:
        """This message was to be said then."""
        self._meant[message] = meant_at

    def heard(self, message: UUID, at: float, *, order: UUID | None = None, seq: int = 0) -> None:
        """It came. Within one `order` (a thread) each `seq` must be higher than the last."""
        meant = self._meant.get(message)
        if meant is None:
            return
        self._heard[message] += 1
        if not self.missing:
            self._all_came.set()
        if self._heard[message] > 1:
            return
        self.took.append(at - meant)
        self.last_at = at
        if order is not None:
            self._reordered += seq <= self._last.get(order, 0)
            self._last[order] = max(seq, self._last.get(order, 0))

    async def complete(self, patience_s: float) -> None:
        """Wait for what is still on its way, no longer than this many seconds."""
        self._all_came.clear()
        if self.missing:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._all_came.wait()

    @property
    def missing(self) -> int:
        """How many were said and not heard yet."""
        return len(self._meant) - len(self._heard)

    def counts(self) -> Counts:
        """As it stands now; whatever is missing is lost."""
        return Counts(
            said=len(self._meant),
            heard=len(self._heard),
            lost=self.missing - self.refused,
            doubled=sum(times - 1 for times in self._heard.values()),
            reordered=self._reordered,
            refused=self.refused,
        )


def total(counts: Sequence[Counts]) -> Counts:
    """All of them together; at least one."""
    return Counts(
        said=sum(one.said for one in counts),
        heard=sum(one.heard for one in counts),
        lost=sum(one.lost for one in counts),
        doubled=sum(one.doubled for one in counts),
        reordered=sum(one.reordered for one in counts),
        refused=sum(one.refused for one in counts),
    )
