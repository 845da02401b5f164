"""What customers are called, where their platform has to be asked: once for each, and kept.

Whoever has no name yet and writes by a platform that tells none stands in line by their identity's
row, so nothing waits for the answer and a worker that dies is followed by another.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from shopbell.desk.customers.reads import SQL, customer_in
from shopbell.desk.database import Desk
from shopbell.desk.work import SYSTEM, work

LEASE = timedelta(minutes=1)
LONGEST = 200


class Unnamed(Struct, frozen=True, kw_only=True):
    """An identity whose owner's name is to be asked for, by the connection they wrote to last;
    `tries` counts this one."""

    id: UUID
    customer_id: UUID
    thread_id: UUID
    connection_id: UUID
    value: str
    tries: int


async def claim_unnamed(
    desk: Desk, channels: Sequence[str], kinds: Sequence[str]
) -> Unnamed | None:
    """One whose turn it is, kept from others for a minute; None when there is none. `kinds` are
    the identities of these channels."""
    rows = await desk.run(
        SQL["claim_unnamed"],
        channels=list(channels),
        kinds=list(kinds),
        at=desk.now(),
        lease=LEASE,
    )
    return msgspec.convert(rows[0], Unnamed) if rows else None


async def give_name(desk: Desk, unnamed: Unnamed, name: str) -> None:
    """Call the customer so, unless they have got a name meanwhile, and ask no more."""
    async with work(desk, thread_id=unnamed.thread_id) as unit:
        values = {"id": unnamed.customer_id, "name": name.strip()[:LONGEST]}
        named = await unit.connection.execute(SQL["name_nameless"].encode(), values)
        if await named.fetchone() is not None:
            customer = await customer_in(unit.connection, unnamed.customer_id)
            if unit.has_ticket:
                unit.change_ticket(customer_name=customer.name)
            unit.emit("customer.updated", SYSTEM, customer=customer)
    await desk.run(SQL["ask_name_no_more"], id=unnamed.id)


async def ask_later(desk: Desk, unnamed: Unnamed, delay: timedelta) -> None:
    """Ask again after this."""
    await desk.run(SQL["ask_name_later"], id=unnamed.id, at=desk.now(), delay=delay)


async def ask_no_more(desk: Desk, unnamed: Unnamed) -> None:
    """The platform does not tell: they stay without a name until somebody gives them one."""
    await desk.run(SQL["ask_name_no_more"], id=unnamed.id)
