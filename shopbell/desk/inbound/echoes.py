"""What came back from a platform as said by the shop: by us, by people in its own app, or by a machine.

Ours is known by its name or its words. What people wrote there is a takeover. What a machine of the
shop's said, such as the greeting of a Page, is shown and changes nothing.
"""

from datetime import timedelta
from uuid import UUID

import msgspec

from shopbell.desk.connections.types import Connection
from shopbell.desk.control.rules import seize
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import Desk
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.inbound.parts import TooEarly, named_in, place_of, sender_of, text_of
from shopbell.desk.inbound.receipts import lift
from shopbell.desk.inbound.types import Fact
from shopbell.desk.messages.arriving import came_before, contact_values
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import Author, Draft
from shopbell.desk.messages.writing import add_message, engage
from shopbell.desk.work import Work, work

AT_ONCE = timedelta(seconds=4)
"""Nobody reads and answers within so little, by the platform's own clock: that was a machine."""


async def take_echo(desk: Desk, connection: Connection, fact: Fact) -> None:
    """A reply from the platform's own app: people have taken over, unless a machine wrote it."""
    named = named_in(connection, fact)
    if await desk.run(SQL["our_send"], **named) or await desk.run(SQL["was_ours"], **named):
        return
    sender = sender_of(fact)
    thread_id = await thread_of(desk, sender.kind, sender.value, name=sender.name)
    if await _explains(desk, connection, thread_id, fact):
        return
    async with work(desk, thread_id=thread_id) as unit:
        if await came_before(unit, connection, fact.external_id) is not None:
            return
        under_way = await unit.connection.execute(
            SQL["sending"].encode(), {"thread_id": thread_id, "connection_id": connection.id}
        )
        if await under_way.fetchone() is not None:
            raise TooEarly("a message of ours is still being sent there: this may be it")
        draft = Draft(id=uuid7(), text=masked(text_of(fact)))
        if await _is_automatic(unit, connection, fact):
            _show_beside(unit, connection, fact, draft)
            return
        author = Author(kind="agent", name=connection.name)
        opened = await engage(unit, connection, draft)
        await seize(unit, author, None)
        message = add_message(
            unit,
            author,
            draft,
            connection,
            external_id=fact.external_id,
            sent_as=fact.external_id,
        )
        unit.change_ticket(waiting_since=None, status="pending", snoozed_until=None)
        unit.write("save_contact", **contact_values(unit, connection.id, place_of(desk, fact)))
        unit.emit("ticket.created" if opened else "message.created", author, message=message)


async def _is_automatic(unit: Work, connection: Connection, fact: Fact) -> bool:
    """Whether a machine wrote an echo: by what the platform says, else by how fast it came."""
    if fact.automatic != "perhaps" or fact.at is None:
        return fact.automatic == "yes"
    place = {"thread_id": unit.thread.id, "connection_id": connection.id}
    found = await unit.connection.execute(SQL["written_there"].encode(), place)
    row = await found.fetchone()
    written_at = row["written_at"] if row else None
    return written_at is not None and timedelta() <= fact.at - written_at <= AT_ONCE


def _show_beside(unit: Work, connection: Connection, fact: Fact, draft: Draft) -> None:
    """Show what a machine of the shop's said; control and clocks stay. Where nothing was ever asked
    there is nothing to show it beside."""
    if not unit.has_ticket:
        return
    name = fact.external_id
    author = Author(kind="system", name=connection.name)
    message = add_message(unit, author, draft, connection, external_id=name, sent_as=name)
    unit.emit("message.created", author, message=message)


async def _explains(desk: Desk, connection: Connection, thread_id: UUID, fact: Fact) -> bool:
    """Whether an echo is a message of ours of which nobody knew whether it was sent: it was."""
    values = {"thread_id": thread_id, "connection_id": connection.id}
    doubted = await desk.run(SQL["uncertain_there"], **values)
    said = _letters(fact.text)
    ours = [one for one in doubted if said and _letters(one["text"]) == said]
    await lift(desk, ours[:1], msgspec.structs.replace(fact, kind="receipt", state="sent"))
    return bool(ours)


def _letters(text: str) -> str:
    """A text as it can be known again whatever a platform made of its markup."""
    return "".join(one for one in text.lower() if one.isalnum())
