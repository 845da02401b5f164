"""Who may answer: takeover, release and handoff, each one transaction and one event."""

from uuid import UUID

from shopbell.desk.control.rules import hand_back, take
from shopbell.desk.database import Desk
from shopbell.desk.errors import Invalid
from shopbell.desk.messages.commands import ASSISTANT, add_message, check_free
from shopbell.desk.messages.types import Author, Draft, Message
from shopbell.desk.people.types import Agent
from shopbell.desk.tickets.types import Handoff, Ticket
from shopbell.desk.work import work


async def take_over(
    desk: Desk, ticket_id: UUID, agent: Agent, *, on_purpose: bool = False
) -> Ticket:
    """Give the ticket to this agent. Raises Taken when another has it and it is not on purpose.

    Taking what is already one's own changes nothing.
    """
    async with work(desk, ticket_id=ticket_id) as unit:
        ticket = unit.ticket
        if ticket.control == "agents" and ticket.assignee_id == agent.id:
            return ticket
        await check_free(unit, agent, on_purpose=on_purpose)
        await take(unit, agent)
        return unit.ticket


async def release(desk: Desk, ticket_id: UUID, agent: Agent, note_id: UUID, note: str) -> Ticket:
    """Give control back to the assistant, with a note of what the people settled."""
    author = Author(kind="agent", id=agent.id, name=agent.name)
    async with work(desk, ticket_id=ticket_id) as unit:
        if unit.ticket.control == "assistant":
            return unit.ticket
        message = None
        if note.strip():
            draft = Draft(id=note_id, text=note.strip(), visibility="note")
            message = add_message(unit, author, draft)
        hand_back(unit)
        unit.change_ticket(assignee_id=None)
        unit.emit("control.released", author, message=message)
        return unit.ticket


async def hand_off(
    desk: Desk, ticket_id: UUID, handoff: Handoff, told: Draft, *, epoch: int | None = None
) -> Message | None:
    """The assistant hands to people: one message to the customer, one event, the turn over.

    `epoch` is the one read before thinking; None when the customer asked by the button. Nothing
    happens (None) when people already have control or the epoch moved on. A wait clock that
    already runs goes on.
    """
    if not told.text.strip():
        raise Invalid("A handoff tells the customer what happens next", "Give it a text.")
    async with work(desk, ticket_id=ticket_id) as unit:
        ticket = unit.ticket
        if ticket.control == "agents" or (epoch is not None and epoch != ticket.epoch):
            return None
        message = add_message(unit, ASSISTANT, told)
        unit.change_ticket(
            control="agents",
            epoch=ticket.epoch + 1,
            status="open",
            handoff=handoff,
            waiting_since=ticket.waiting_since or unit.at,
        )
        unit.write("drop_turns", ticket_id=ticket.id, at=unit.at)
        unit.emit("control.handed_off", ASSISTANT, message=message)
        return message
