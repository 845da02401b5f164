"""Who became part of whom, and customers whom an agent may join."""

from uuid import UUID

import msgspec

from shopbell.desk.customers.reads import customer_in
from shopbell.desk.customers.types import Customer, Identity
from shopbell.desk.database import Desk
from shopbell.desk.errors import NotFound
from shopbell.desk.identities.placing import SQL
from shopbell.desk.identities.types import Found, Joining
from shopbell.desk.people.types import Agent

LONGEST_NUMBER = 15
ALWAYS = ("email", "phone", "shop")


async def customer_for(desk: Desk, agent: Agent, customer_id: UUID) -> Customer:
    """The customer, if this agent may see them. Raises NotFound, also for one who is part of
    another."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["customer_here"].encode(), {"id": customer_id})
        if await found.fetchone() is None or agent.disabled:
            raise NotFound("The customer")
        return await customer_in(connection, customer_id)


async def joining_for(desk: Desk, agent: Agent, join_id: UUID) -> UUID:
    """The joining's id, if this agent may see it. Raises NotFound."""
    if agent.disabled or not await desk.run(SQL["join_named"], id=join_id):
        raise NotFound("The joining")
    return join_id


async def joinings_of(desk: Desk, customer_id: UUID) -> tuple[Joining, ...]:
    """Who is part of this customer, the newest joining first; each with what they went by."""
    family = [row["id"] for row in await desk.run(SQL["family"], customer=customer_id)]
    found: list[Joining] = []
    for row in await desk.run(SQL["joinings"], family=family):
        owned = await desk.run(SQL["owned"], customer=row["customer_id"])
        async with desk.pool.connection() as connection:
            former = await customer_in(connection, row["customer_id"])
        identities = tuple(msgspec.convert(one, Identity) for one in owned)
        former = msgspec.structs.replace(former, identities=identities)
        found.append(
            Joining(id=row["id"], former=former, how=row["how"], by=row["by"], at=row["at"])
        )
    return tuple(found)


async def find_customers(desk: Desk, text: str) -> tuple[Found, ...]:
    """Customers whom a ticket's number or an address names; none for any other text."""
    wanted = text.strip()
    number = wanted.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER:
        rows = await desk.run(SQL["by_ticket"], number=int(number))
    else:
        senders = {one.sender for one in desk.capabilities.values() if one.sender}
        kinds = sorted({*ALWAYS, *senders})
        value = wanted.lower() if "@" in wanted else wanted
        rows = await desk.run(SQL["by_address"], kinds=kinds, value=value)
    async with desk.pool.connection() as connection:
        return tuple(
            [
                Found(
                    customer=await customer_in(connection, row["customer_id"]),
                    ticket_number=row["ticket_number"],
                )
                for row in rows
            ]
        )
