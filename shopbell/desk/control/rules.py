"""How control changes hands inside a transaction: each change raises the epoch, the fence."""

from uuid import UUID

from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.work import SQL, Work, message_from


async def take(unit: Work, agent: Agent) -> None:
    """Give the ticket to this agent, see `seize`."""
    await seize(unit, Author(kind="agent", id=agent.id, name=agent.name), agent.id)


async def seize(unit: Work, author: Author, assignee_id: UUID | None) -> None:
    """Give the ticket to people: the assistant's queued sends are withheld, its turn dropped.

    Emits `control.taken`, and `message.updated` for each message withheld.
    """
    ticket = unit.ticket
    unit.change_ticket(
        control="agents",
        epoch=ticket.epoch + 1,
        assignee_id=assignee_id,
        status="open" if ticket.status in ("resolved", "snoozed", "closed") else ticket.status,
        snoozed_until=None,
        resolved_at=None,
    )
    unit.emit("control.taken", author)
    await hush(unit, author)


async def hush(unit: Work, author: Author) -> None:
    """Drop the assistant's turn and withhold what it has queued, with an event for each message."""
    ticket = unit.ticket
    unit.write("drop_turns", ticket_id=ticket.id, at=unit.at)
    withheld = await unit.connection.execute(
        SQL["withhold_queued"].encode(), {"ticket_id": ticket.id, "at": unit.at}
    )
    ids = [row["message_id"] for row in await withheld.fetchall()]
    if ids:
        await unit.connection.execute(SQL["raise_messages"].encode(), {"ids": ids})
    for message_id in ids:
        found = await unit.connection.execute(SQL["find_message"].encode(), {"id": message_id})
        row = await found.fetchone()
        if row is not None:
            unit.emit("message.updated", author, message=message_from(row))


def hand_back(unit: Work) -> None:
    """Give control to the assistant; nobody waits for a person any more."""
    unit.change_ticket(
        control="assistant",
        epoch=unit.ticket.epoch + 1,
        waiting_since=None,
        handoff=None,
        suggestion=None,
    )
