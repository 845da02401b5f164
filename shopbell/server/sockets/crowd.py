"""How many sockets one person, one address and this process may hold."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from shopbell.realtime.frames import CLOSE_TOO_MANY
from shopbell.realtime.listeners import Ended


class Crowd:
    """Counts who is here. The limits stop floods, not people: a shared address holds many."""

    def __init__(self, *, each: int = 20, address: int = 5_000) -> None:
        self._each, self._address = each, address
        self._here: Counter[str] = Counter()

    @contextmanager
    def address(self, name: str) -> Generator[None]:
        """One more socket from this network address. Raises Ended when there are too many."""
        with self._counted(f"address {name}", self._address):
            yield

    @contextmanager
    def person(self, name: str) -> Generator[None]:
        """One more socket of this session or visitor. Raises Ended when there are too many."""
        with self._counted(f"person {name}", self._each):
            yield

    @contextmanager
    def _counted(self, key: str, most: int) -> Generator[None]:
        if self._here[key] >= most:
            raise Ended(CLOSE_TOO_MANY)
        self._here[key] += 1
        try:
            yield
        finally:
            self._here[key] -= 1
            if not self._here[key]:
                del self._here[key]
