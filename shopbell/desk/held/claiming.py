"""Where a held reply becomes its message: under the thread's lock, and under its own."""

from uuid import UUID

from shopbell.desk.errors import DeskError
from shopbell.desk.held.reads import SQL
from shopbell.desk.work import Work


class Undone(DeskError):
    """Its author took it back, or it went before."""

    kind = "undone"

    def __init__(self) -> None:
        super().__init__("This reply was taken back", "Write it anew to send it.")


async def claim(unit: Work, held_id: UUID) -> bool:
    """Make sure that a held reply is still to go, which nobody can change until this commits; False
    where control of its ticket moved since. Raises Undone."""
    found = await unit.connection.execute(SQL["claim"].encode(), {"id": held_id})
    row = await found.fetchone()
    if row is None:
        raise Undone
    unit.write("drop_held", id=held_id)
    return row["epoch"] == unit.ticket.epoch
