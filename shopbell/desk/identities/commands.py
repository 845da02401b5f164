"""What agents do to who is who: join, undo, and say which language somebody writes."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shopbell.desk.customers.reads import customer_in
from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.identities.joining import join_in
from shopbell.desk.identities.parting import part_in
from shopbell.desk.identities.placing import SQL
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.work import work


async def join(desk: Desk, customer_id: UUID, other_id: UUID, by: Agent) -> Customer:
    """Make the other customer part of this one, on the agent's word; it is noted who did it.

    What was only claimed stays so. Raises Invalid for a customer and themselves, NotFound for either
    who is not there, or is part of somebody already.
    """
    if customer_id == other_id:
        raise Invalid("This is the same customer", "Choose another one.")
    async with desk.pool.connection() as connection, connection.transaction():
        for one in (customer_id, other_id):
            await _here(connection, one)
        joined = await join_in(desk, connection, other_id, customer_id, "agent", by=by)
        detail = {"into": customer_id, "former": other_id}
        await _note(connection, by, "customer.joined", joined, detail)
        customer = await customer_in(connection, customer_id)
    desk.wake()
    return customer


async def undo(desk: Desk, join_id: UUID, by: Agent) -> Customer:
    """Part customers who were joined, whoever joined them and however long ago; the one who goes.

    Undoing what was undone changes nothing. Raises NotFound, and Fenced when who has joined whom
    changed in that moment.
    """
    async with desk.pool.connection() as connection, connection.transaction():
        former, done = await part_in(desk, connection, join_id, by)
        if done:
            await _note(connection, by, "customer.parted", join_id, {"former": former})
        customer = await customer_in(connection, former)
    desk.wake()
    return customer


async def set_language(desk: Desk, customer_id: UUID, by: Agent, language: str) -> Customer:
    """Say which language (ISO 639-1) a customer writes; what is heard later does not change it.
    Raises NotFound."""
    if len(language) != 2 or not language.isascii() or not language.islower():
        raise Invalid("That is no language", "Write its two letters, such as de.")
    thread_id = await _thread(desk, customer_id)
    async with work(desk, thread_id=thread_id) as unit:
        values = {"id": customer_id, "language": language}
        changed = await unit.connection.execute(SQL["speaks"].encode(), values)
        customer = await customer_in(unit.connection, customer_id)
        if await changed.fetchone() is not None:
            author = Author(kind="agent", id=by.id, name=by.name)
            unit.emit("customer.updated", author, customer=customer)
    return customer


async def _thread(desk: Desk, customer_id: UUID) -> UUID:
    rows = await desk.run(SQL["people_of"], customers=[customer_id])
    if not rows:
        raise NotFound("The customer")
    return rows[0]["id"]


async def _here(connection: Connection, customer_id: UUID) -> None:
    found = await connection.execute(SQL["customer_here"].encode(), {"id": customer_id})
    if await found.fetchone() is None:
        raise NotFound("The customer")


async def _note(
    connection: Connection, by: Agent, action: str, subject: UUID | None, detail: dict[str, Any]
) -> None:
    values = {
        "id": uuid7(),
        "who": f"agent {by.id}",
        "action": action,
        "subject": str(subject),
        "detail": Jsonb(detail),
    }
    await connection.execute(SQL["note_audit"].encode(), values)
