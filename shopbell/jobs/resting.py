"""Connections that are left in peace: because they asked for it, or because they keep failing.

A breaker each, in this process's memory: after five failures in a row nothing is tried for a while,
then one delivery tries again, and its success lets the others follow.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

OPENS_AFTER = 5
FIRST_REST = 5.0
LONGEST_REST = 120.0


@dataclass
class _State:
    failures: int = 0
    until: float = 0.0


class Resting:
    """Which connections rest just now; `in` asks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[UUID, _State] = {}

    def __contains__(self, connection_id: object) -> bool:
        state = self._states.get(connection_id) if isinstance(connection_id, UUID) else None
        return state is not None and state.until > self._clock()

    def worked(self, connection_id: UUID) -> None:
        """It took a message, or refused one for the message's own sake."""
        self._states.pop(connection_id, None)

    def failed(self, connection_id: UUID) -> None:
        """It did not answer, or answered that it is unwell."""
        state = self._states.setdefault(connection_id, _State())
        state.failures += 1
        over = state.failures - OPENS_AFTER
        if over >= 0:
            self.rest(connection_id, min(FIRST_REST * 2.0**over, LONGEST_REST))

    def rest(self, connection_id: UUID, seconds: float) -> None:
        """Try nothing for so long."""
        state = self._states.setdefault(connection_id, _State())
        state.until = max(state.until, self._clock() + seconds)
