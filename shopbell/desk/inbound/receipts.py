"""How far our own messages came, as their platforms tell. Receipts only rise.

What is told of a delivery that was sent anew, by another connection or under another key, is known
and changes nothing.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from shopbell.desk.connections.types import Connection
from shopbell.desk.database import Desk
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.inbound.parts import TooEarly, named_in, sender_of
from shopbell.desk.inbound.types import Fact
from shopbell.desk.messages.types import DeliveryStatus, Draft
from shopbell.desk.messages.writing import add_message
from shopbell.desk.work import SYSTEM, message_from, work

COPY = "A copy did not arrive; the customer's own mail is not concerned. {words}"
_LIFTS: dict[str, tuple[DeliveryStatus, ...]] = {
    "sent": ("sending", "uncertain"),
    "delivered": ("sending", "uncertain", "sent"),
    "read": ("sending", "uncertain", "sent", "delivered"),
    "failed": ("sending", "uncertain", "sent"),
}
"""From which states a receipt lifts a delivery to its own."""


async def take_receipt(desk: Desk, connection: Connection, fact: Fact) -> None:
    """How far our messages came: one that is named, or all to somebody up to a time."""
    if fact.state not in _LIFTS:
        return
    if fact.external_id or fact.key:
        named = named_in(connection, fact)
        found = await desk.run(SQL["our_send"], **named)
        if not found and (
            await desk.run(SQL["was_ours"], **named) or await desk.run(SQL["was_code"], **named)
        ):
            return
        if not found:
            raise TooEarly(f"no message of ours is called {fact.external_id or fact.key}")
        await lift(desk, [one for one in found if not await _of_a_copy(desk, one, fact)], fact)
        return
    found = await desk.run(
        SQL["sends_to"],
        connection_id=connection.id,
        identity=sender_of(fact).value,
        upto=fact.at or desk.now(),
        before=list(_LIFTS[fact.state]),
    )
    under_way = [one for one in found if one["status"] == "sending"]
    await lift(desk, [one for one in found if one not in under_way], fact)
    if under_way:
        raise TooEarly("a message of ours is still being sent there: this may be about it")


async def _of_a_copy(desk: Desk, send: dict[str, Any], fact: Fact) -> bool:
    """Whether it tells of somebody who got a copy, which says nothing of the customer's own. Of one
    that did not arrive a note tells, once."""
    address = fact.sender.value if fact.sender is not None else ""
    to = {"message_id": send["message_id"], "address": address}
    if not address or not await desk.run(SQL["copied_to"], **to):
        return False
    if fact.state == "failed":
        note = Draft(
            id=uuid5(send["id"], address), text=COPY.format(words=fact.words), visibility="note"
        )
        async with work(desk, ticket_id=send["ticket_id"]) as unit:
            told = await unit.connection.execute(SQL["message"].encode(), {"id": note.id})
            if await told.fetchone() is None:
                unit.emit("message.created", SYSTEM, message=add_message(unit, SYSTEM, note))
    return True


async def lift(desk: Desk, sends: Sequence[dict[str, Any]], fact: Fact) -> None:
    """Raise these deliveries to the fact's state, those that it is higher than."""
    for send in sends:
        async with work(desk, ticket_id=send["ticket_id"]) as unit:
            values = {
                "id": send["id"],
                "status": fact.state,
                "before": list(_LIFTS[fact.state]),
                "external_id": fact.external_id or None,
                "error": fact.words if fact.state == "failed" else None,
                "at": unit.at,
            }
            lifted = await unit.connection.execute(SQL["lift"].encode(), values)
            if await lifted.fetchone() is None:
                continue
            told = await unit.connection.execute(
                SQL["raise_message"].encode(), {"id": send["message_id"]}
            )
            held = await unit.connection.execute(
                SQL["message"].encode(), {"id": send["message_id"]}
            )
            row = await held.fetchone()
            assert told.rowcount == 1
            assert row is not None, "a delivery without its message"
            unit.emit("message.updated", SYSTEM, message=message_from(row))
