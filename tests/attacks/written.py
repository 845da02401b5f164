"""All that a database holds, as one fingerprint a table."""

import asyncio
from typing import Any

from shopbell.desk.database import Desk

PATIENCE_S = 15.0


async def everything(desk: Desk) -> dict[str, Any]:
    """Each table's rows as one hash, once the relay has moved what was written before."""
    async with desk.pool.connection() as connection, asyncio.timeout(PATIENCE_S):
        while True:
            waiting = await connection.execute("SELECT 1 FROM outbox LIMIT 1")
            settled = await connection.execute(
                "SELECT position = published AS done FROM stream WHERE partition = 0"
            )
            row = await settled.fetchone()
            if await waiting.fetchone() is None and row and row["done"]:
                break
            await asyncio.sleep(0.01)
        found = await connection.execute(
            "SELECT table_name AS name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
        )
        tables = [row["name"] for row in await found.fetchall()]
        whole: dict[str, Any] = {}
        for table in tables:
            rows = await connection.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS hash"
                f" FROM {table} t".encode()
            )
            one = await rows.fetchone()
            whole[table] = one and one["hash"]
    return whole
