"""Units of work on several threads in one transaction, while more arrive than are written one by one.

A message that arrives while others are being written waits for them, and is then written with those
that waited beside it: one beginning, one commit for all. Every thread is locked as for a unit by
itself, and `work` says what holds under the lock. Whose lock another transaction has is not waited
for, and when anything fails the whole is undone: then each goes on alone, so that nobody fails or
waits because of somebody else. All are answered after the commit.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

import structlog
from psycopg.errors import QueryCanceled

from shopbell.desk.database import Desk, unless_frozen
from shopbell.desk.gathered import Asked
from shopbell.desk.opening import begin_several, what_is_missing
from shopbell.desk.statements import Write, run_writes
from shopbell.desk.work import Work, or_undone, unit_of, work

log = structlog.get_logger()

Result = TypeVar("Result")


class Change(Generic[Result]):
    """What one unit is to do; done again from the start where the first time was undone."""

    def __init__(
        self, thread_id: UUID, message_id: UUID, do: Callable[[Work], Awaitable[Result]]
    ) -> None:
        self.thread_id = thread_id
        self.message_id = message_id
        self.do = do
        self.became: tuple[Work, Result] | None = None


async def work_together(
    desk: Desk, thread_id: UUID, message_id: UUID, do: Callable[[Work], Awaitable[Result]]
) -> tuple[Work, Result]:
    """Do this in a unit of work over the thread, in one transaction with others that wait. The unit
    as it was committed, and what `do` returned; in what it raises, as `work`.

    `do` may be called twice, and must change nothing but its unit.
    """
    change = Change(thread_id, message_id, do)
    if await desk.gathered.ask(thread_id, change, partial(_write, desk)):
        assert change.became is not None, "what is done has a result"
        return change.became
    async with work(desk, thread_id=thread_id, message_id=message_id) as unit:
        result = await do(unit)
    return unit, result


async def _write(desk: Desk, asked: Sequence[Asked[Change[object]]]) -> None:
    """Do all of these and commit, and settle each; what is not settled goes on alone."""
    done: list[Asked[Change[object]]] = []
    left = False
    async with unless_frozen(), desk.pool.connection() as connection:
        try:
            async with or_undone(connection):
                held = await begin_several(
                    connection,
                    [one.work.thread_id for one in asked],
                    [one.work.message_id for one in asked],
                )
                written: list[Sequence[Write]] = []
                for one in asked:
                    locked, found = held.get(one.work.thread_id, (None, None))
                    if found is not None and locked is None:
                        continue
                    missing = what_is_missing(locked, found)
                    if missing is not None:
                        one.fail(missing)
                        continue
                    assert found is not None
                    unit = await unit_of(desk, connection, found)
                    one.work.became = unit, await one.work.do(unit)
                    written.append(await unit.finish())
                    left = left or bool(written[-1])
                    done.append(one)
                async with connection.pipeline():
                    for writes in written:
                        await run_writes(connection, writes)
                    await connection.execute(b"COMMIT")
        except Exception as error:
            if connection.closed or isinstance(error, QueryCanceled):
                raise
            log.info("units of work undone", units=len(asked), error=type(error).__name__)
            return
    for one in done:
        one.settle(done=True)
    if left:
        desk.wake()
