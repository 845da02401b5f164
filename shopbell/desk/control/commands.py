"""Who may answer: takeover, release and handoff, each one transaction and one event."""

from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation

from shopbell.desk.connections.types import Connection
from shopbell.desk.control.rules import hand_back, take
from shopbell.desk.control.waits import wait_for
from shopbell.desk.control.words import handed_over
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.messages.commands import Written, check_draft, check_free, written
from shopbell.desk.messages.types import Author, Draft, Message, Page
from shopbell.desk.messages.writing import ASSISTANT, add_message, engage
from shopbell.desk.people.types import Agent
from shopbell.desk.tickets.types import Handoff, Ticket
from shopbell.desk.turns.commands import holds
from shopbell.desk.turns.types import Turn
from shopbell.desk.work import Work, message_from, work

SQL = load_queries(__file__)


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
            draft = check_draft(Draft(id=note_id, text=note, visibility="note"))
            message = add_message(unit, author, draft)
        hand_back(unit)
        unit.change_ticket(assignee_id=None)
        unit.emit("control.released", author, message=message)
    return unit.ticket


async def hand_off(
    desk: Desk,
    ticket_id: UUID,
    handoff: Handoff,
    told: Draft,
    *,
    epoch: int | None = None,
    turn: Turn | None = None,
    holder: str = "",
) -> Message | None:
    """The assistant hands to people: one message to the customer, one event, the turn over.

    `epoch` is the one read before thinking; None when the customer asked by the button. Nothing
    happens (None) when people already have control, when the epoch moved on, or when the `turn`
    that decided this is no longer its holder's. A wait clock that already runs goes on.
    """
    if not told.text.strip():
        raise Invalid("A handoff tells the customer what happens next", "Give it a text.")
    async with work(desk, ticket_id=ticket_id) as unit:
        ticket = unit.ticket
        if ticket.control == "agents" or (epoch is not None and epoch != ticket.epoch):
            return None
        if turn is not None and not await holds(unit, turn, holder):
            return None
        return _give_way(unit, handoff, told, turn=turn)


async def ask_person(
    desk: Desk,
    thread_id: UUID,
    connection: Connection,
    *,
    message_id: UUID,
    page: Page | None = None,
) -> Written:
    """The customer presses *Talk to a person*: handed off at once, with one message and its wait.

    `message_id` is the client's, and becomes that message's. Pressed again, or while people have
    control, nothing is written: the answer is what was told last. Opens or reopens a ticket where
    none is. Raises NotFound for an id that is another thread's message.
    """
    asked = Draft(id=message_id, text="", page=page)
    try:
        async with work(desk, thread_id=thread_id, message_id=message_id) as unit:
            if unit.written is not None:
                return written(unit, unit.written, repeated=True)
            opened = await engage(unit, connection, asked)
            if unit.ticket.control == "agents":
                told = await _last_told(unit)
                if told is not None:
                    return written(unit, told, repeated=True)
            message = await _tell_the_wait(desk, unit, asked, opened=opened)
    except UniqueViolation as doubled:
        raise NotFound("The conversation") from doubled
    return written(unit, message)


async def _tell_the_wait(desk: Desk, unit: Work, asked: Draft, *, opened: bool) -> Message:
    customer = Author(kind="customer", id=unit.thread.customer_id, name=unit.customer_name)
    wait = await wait_for(desk, unit.connection, unit.ticket, unit.at)
    told = msgspec.structs.replace(asked, text=handed_over(wait, unit.at))
    if opened:
        unit.emit("ticket.created", customer)
    if unit.ticket.control == "assistant":
        handoff = Handoff(reason="asked", at=unit.at, promised_by=wait.by)
        return _give_way(unit, handoff, told, actor=customer)
    unit.change_ticket(status="open", waiting_since=unit.ticket.waiting_since or unit.at)
    message = add_message(unit, ASSISTANT, told)
    unit.emit("message.created", ASSISTANT, message=message)
    return message


def _give_way(
    unit: Work,
    handoff: Handoff,
    told: Draft,
    *,
    actor: Author = ASSISTANT,
    turn: Turn | None = None,
) -> Message:
    message = add_message(unit, ASSISTANT, told, turn_id=turn.id if turn else None)
    if turn is not None:
        unit.write(
            "finish_turn", id=turn.id, status="handed_off", message_id=message.id, at=unit.at
        )
    unit.change_ticket(
        control="agents",
        epoch=unit.ticket.epoch + 1,
        status="open",
        snoozed_until=None,
        handoff=handoff,
        waiting_since=unit.ticket.waiting_since or unit.at,
    )
    unit.write("drop_turns", ticket_id=unit.ticket.id, at=unit.at)
    unit.emit("control.handed_off", actor, message=message)
    return message


async def _last_told(unit: Work) -> Message | None:
    found = await unit.connection.execute(
        SQL["last_to_customer"].encode(), {"ticket": unit.ticket.id}
    )
    row = await found.fetchone()
    return message_from(row) if row else None
