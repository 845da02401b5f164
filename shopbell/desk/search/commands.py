"""Counting words as they are said, for the search to know them."""

from datetime import timedelta

from shopbell.desk.database import Desk
from shopbell.desk.search.reads import SQL

SETTLED = timedelta(seconds=5)
"""How old a message is before it is counted: transactions that began earlier have ended by then."""
AT_ONCE = 5_000


async def count_words(desk: Desk) -> int:
    """Count the words of messages that were not counted yet; returns how many messages that were.

    One worker at a time: others find the mark held and leave it.
    """
    async with desk.pool.connection() as connection, connection.transaction():
        held = await connection.execute(SQL["lock_mark"].encode())
        mark = await held.fetchone()
        if mark is None:
            return 0
        values = {"since": mark["upto"], "before": desk.now() - SETTLED, "most": AT_ONCE}
        found = await connection.execute(SQL["slice"].encode(), values)
        some = await found.fetchone()
        if some is None or not some["n"]:
            return 0
        values = {"since": mark["upto"], "upto": some["upto"], "n": some["n"]}
        await connection.execute(SQL["count_words"].encode(), values)
        await connection.execute(SQL["move_mark"].encode(), values)
        return some["n"]
