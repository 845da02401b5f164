"""Work that waits for the same thing and can be done together: at once when idle, in batches when busy.

Who is alone does their work themselves. A batch runs in a task of its own, so that whoever asked may
go away without ending the others' work. Two of one key are never under way together.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

One = TypeVar("One")

AT_ONCE = 2
"""How many batches run beside each other: one is thought out while the other is committed."""
MOST = 32
PATIENCE_S = 1.0
"""Whoever has waited longer when a batch fails is not kept for the next one to fail."""


class Asked(Generic[One]):
    """One piece of work; `done` ends when it was done, or when it is to be done alone."""

    def __init__(self, key: Hashable, work: One) -> None:
        self.key = key
        self.work = work
        loop = asyncio.get_running_loop()
        self.at = loop.time()
        self.done: asyncio.Future[bool] = loop.create_future()

    def settle(self, *, done: bool) -> None:
        """Say whether it was done; else whoever asked does it alone."""
        if not self.done.done():
            self.done.set_result(done)

    def fail(self, error: Exception) -> None:
        """Have this raised to whoever asked."""
        if not self.done.done():
            self.done.set_exception(error)


Run = Callable[[Sequence[Asked[One]]], Awaitable[None]]


class Gathered(Generic[One]):
    """What was asked and is not done yet."""

    def __init__(self) -> None:
        self._waiting: deque[Asked[One]] = deque()
        self._keys: set[Hashable] = set()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: Hashable, work: One, run: Run[One]) -> bool:
        """Have it done by `run`, with others that wait; False where it is to be done alone. Raises
        what `run` raised."""
        asked = Asked(key, work)
        self._waiting.append(asked)
        if self._running < AT_ONCE and self._next_is(asked):
            await self._do(self._take(), run)
        else:
            self._go_on(run)
        return await asked.done

    async def over(self) -> None:
        """Wait for the batches under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _next_is(self, asked: Asked[One]) -> bool:
        return len(self._waiting) == 1 and asked.key not in self._keys

    def _go_on(self, run: Run[One]) -> None:
        while self._running < AT_ONCE and (batch := self._take()):
            task = asyncio.create_task(self._do(batch, run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _take(self) -> list[Asked[One]]:
        """The next batch: whoever came first, of each key one."""
        batch: list[Asked[One]] = []
        later: list[Asked[One]] = []
        while self._waiting and len(batch) < MOST:
            asked = self._waiting.popleft()
            if asked.done.done():
                continue
            if asked.key in self._keys:
                later.append(asked)
                continue
            self._keys.add(asked.key)
            batch.append(asked)
        self._waiting.extendleft(reversed(later))
        self._running += bool(batch)
        return batch

    def _kept_waiting(self) -> list[Asked[One]]:
        before = asyncio.get_running_loop().time() - PATIENCE_S
        return [asked for asked in self._waiting if asked.at <= before]

    async def _do(self, batch: Sequence[Asked[One]], run: Run[One]) -> None:
        try:
            await run(batch)
        except Exception as error:
            for asked in (*batch, *self._kept_waiting()):
                asked.fail(error)
        finally:
            for asked in batch:
                asked.settle(done=False)
                self._keys.discard(asked.key)
            self._running -= 1
            self._go_on(run)
