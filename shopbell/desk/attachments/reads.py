"""Files as they are served."""

from uuid import UUID

import msgspec

from shopbell.desk.attachments.types import Kept
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound

SQL = load_queries(__file__)


async def kept_file(desk: Desk, file_id: UUID) -> Kept:
    """A file whose bytes are whole in the storage. Raises NotFound.

    Whether the asker may have it is told by the address they hold, not here.
    """
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["find_stored"].encode(), {"id": file_id})
        row = await found.fetchone()
    if row is None:
        raise NotFound("The file")
    return msgspec.convert(row, Kept)
