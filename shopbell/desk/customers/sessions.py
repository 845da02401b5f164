"""Who a visitor is: known by the shop's word, and what joins to whom because of it.

A visitor who is vouched for becomes another visitor, with an id made from the first one's and the
subject. The anonymous one ends: its token, left on a shared computer, opens nothing afterwards.
Doing it again with the same statement comes to the same visitor.
"""

from uuid import UUID, uuid5

from psycopg.types.json import Jsonb

from shopbell.desk.customers.reads import SQL, customer_in, visitor_of
from shopbell.desk.customers.types import Visitor, Vouched
from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import NotFound
from shopbell.desk.events.types import Event
from shopbell.desk.identities.joining import join_customers
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.work import work

BY_THE_SHOP = "shop"


async def recognise(
    desk: Desk, visitor_id: UUID, connection_id: UUID, vouched: Vouched
) -> Visitor | None:
    """The visitor this one becomes by the shop's word; None when the statement served another.

    What an anonymous visitor wrote joins the customer's thread. Raises NotFound when the
    connection is gone.
    """
    left = await visitor_of(desk, visitor_id, connection_id)
    verified_id = visitor_id
    if left is None or not await _is_the_same(desk, left, vouched):
        verified_id = verified_visitor(visitor_id, vouched)
    async with desk.pool.connection() as connection, connection.transaction():
        bound = await connection.execute(
            SQL["bind_identity_token"].encode(),
            {"jti": vouched.jti, "visitor": verified_id, "expires_at": vouched.expires_at},
        )
        row = await bound.fetchone()
        if row is None or row["visitor_id"] != verified_id:
            return None
        await _know(desk, connection, verified_id, vouched)
    known = await visitor_of(desk, verified_id, connection_id)
    if known is None or known.customer_id is None or known.thread_id is None:
        raise NotFound("The conversation")
    if left is not None and not left.verified and left.customer_id not in (None, known.customer_id):
        await join_customers(desk, left.customer_id, known.customer_id, "shop", ends_visitors=True)
    await _name(desk, known, vouched.name)
    return known


def verified_visitor(visitor_id: UUID, vouched: Vouched) -> UUID:
    """The visitor that this one becomes when the shop vouches for it."""
    return uuid5(visitor_id, f"shop:{vouched.subject}")


async def end_visitor(desk: Desk, visitor: Visitor) -> None:
    """Sign a visitor out: its token opens nothing afterwards, and its sockets close."""
    event = Event(
        kind="session.revoked",
        at=desk.now(),
        actor=Author(kind="customer", id=visitor.customer_id, name=visitor.name),
        thread_id=visitor.thread_id or visitor.id,
        session_id=visitor.id,
    )
    async with desk.pool.connection() as connection, connection.transaction():
        await connection.execute(SQL["end_visitor"].encode(), {"visitor": visitor.id})
        await connection.execute(
            SQL["insert_outbox"].encode(),
            {
                "kind": event.kind,
                "thread_id": event.thread_id,
                "ticket_id": None,
                "payload": Jsonb(event),
                "at": event.at,
            },
        )
    desk.wake()


async def _is_the_same(desk: Desk, visitor: Visitor, vouched: Vouched) -> bool:
    """Whether the shop vouched before that this visitor is this subject."""
    if not visitor.verified:
        return False
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            SQL["customer_by_identity"].encode(), {"kind": "shop", "value": vouched.subject}
        )
        row = await found.fetchone()
    return row is not None and row["customer_id"] == visitor.customer_id


async def _know(desk: Desk, connection: Connection, visitor_id: UUID, vouched: Vouched) -> None:
    """Find or make the customer of the shop's subject, and let the visitor in as them."""
    await connection.execute(SQL["lock_name"].encode(), {"name": f"shop:{vouched.subject}"})
    found = await connection.execute(
        SQL["customer_by_identity"].encode(), {"kind": "shop", "value": vouched.subject}
    )
    row = await found.fetchone()
    customer_id = row["customer_id"] if row else uuid7()
    if row is None:
        await connection.execute(
            SQL["insert_customer"].encode(), {"id": customer_id, "name": vouched.name}
        )
        await connection.execute(
            SQL["insert_thread"].encode(), {"id": uuid7(), "customer": customer_id}
        )
    identities = [("shop", vouched.subject), ("visitor", str(visitor_id))]
    if vouched.email:
        identities.append(("email", vouched.email.strip().lower()))
    for kind, value in identities:
        await connection.execute(
            SQL["insert_identity"].encode(),
            {
                "id": uuid7(),
                "customer": customer_id,
                "kind": kind,
                "value": value,
                "at": desk.now(),
                "by": BY_THE_SHOP,
            },
        )


async def _name(desk: Desk, known: Visitor, name: str) -> None:
    """Take the name the shop gives, and tell the inbox when it is another one."""
    if not name or name == known.name or known.thread_id is None or known.customer_id is None:
        return
    async with work(desk, thread_id=known.thread_id) as unit:
        await unit.connection.execute(
            SQL["name_customer"].encode(), {"id": known.customer_id, "name": name}
        )
        customer = await customer_in(unit.connection, known.customer_id)
        if unit.has_ticket:
            unit.change_ticket(customer_name=name)
        unit.emit("customer.updated", Author(kind="system"), customer=customer)
