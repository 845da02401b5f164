"""What is said: intake from customers, replies of agents and of the assistant.

Each function is one transaction under the thread's lock. A message's id is made by its sender,
so the same message given twice is written once and answered with the row that stands.
"""

from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.errors import UniqueViolation

from shopbell.desk.attachments.commands import by_agent, take_files
from shopbell.desk.connections.templates import template_in
from shopbell.desk.connections.types import LIVE_CHANNELS, Connection, Filling
from shopbell.desk.control.rules import take
from shopbell.desk.database import Desk
from shopbell.desk.errors import Fenced, Invalid, NotFound, Taken
from shopbell.desk.held.claiming import claim
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.arriving import arrived, came_before, is_answered, straight_to_people
from shopbell.desk.messages.copies import copies_of
from shopbell.desk.messages.filling import fill
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.matters import go_on
from shopbell.desk.messages.reach import check_fits, check_open, way_to
from shopbell.desk.messages.types import (
    MAX_ATTACHMENTS,
    MAX_TEXT,
    Arrival,
    Attachment,
    Author,
    Citation,
    Draft,
    Message,
    MessageExtra,
)
from shopbell.desk.messages.writing import ASSISTANT, add_message
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Suggestion, Ticket
from shopbell.desk.together import work_together
from shopbell.desk.turns.types import Turn
from shopbell.desk.work import Work, work

DEBOUNCE = timedelta(milliseconds=600)


class Written(Struct, frozen=True, kw_only=True):
    """The message, its ticket and thread as they stand, and whether it had been written before."""

    message: Message
    ticket: Ticket
    thread: Thread
    repeated: bool = False


def check_draft(draft: Draft, *, brings_files: bool = False) -> Draft:
    """The draft with its text trimmed, and card numbers and keys in it masked: this is before
    anything keeps it or thinks about it. `brings_files`: some are still to be fetched. Raises
    Invalid with words that say what to do."""
    text = masked(draft.text.replace("\x00", "").strip())
    if not text and not draft.attachments and not brings_files:
        raise Invalid("The message is empty", "Write something, or add a file.")
    if len(text) > MAX_TEXT:
        raise Invalid(
            f"The message has {len(text):,} characters; {MAX_TEXT:,} fit",
            "Shorten it, or send it as a file.",
        )
    if len(draft.attachments) > MAX_ATTACHMENTS:
        raise Invalid(f"At most {MAX_ATTACHMENTS} files fit on a message", "Send the rest apart.")
    return msgspec.structs.replace(draft, text=text)


async def receive(
    desk: Desk,
    thread_id: UUID,
    connection: Connection,
    draft: Draft,
    *,
    uploader: str = "",
    arrival: Arrival | None = None,
) -> Written:
    """Intake of what a customer said: message, ticket (same, reopened or new) and turn.

    `uploader` is whose files the draft may name, `arrival` how it came where that was not the
    widget: then the same external id is the same message. Raises Invalid for an unfit draft and
    NotFound for an id that is another thread's message, or a file that is not the uploader's.
    """
    draft = check_draft(draft, brings_files=bool(arrival and arrival.files))

    async def take_in(unit: Work) -> tuple[Message, bool]:
        known = unit.written or (
            await came_before(unit, connection, arrival.external_id) if arrival else None
        )
        if known is not None:
            return known, True
        return await _take_in(unit, connection, draft, uploader, arrival), False

    try:
        unit, (message, repeated) = await work_together(desk, thread_id, draft.id, take_in)
    except UniqueViolation as doubled:
        raise NotFound("The conversation") from doubled
    return written(unit, message, repeated=repeated)


async def _take_in(
    unit: Work, connection: Connection, draft: Draft, uploader: str, arrival: Arrival | None
) -> Message:
    unit.quiet = bool(arrival and arrival.quiet)
    files = await take_files(unit, draft, uploader)
    opened, arrival = await go_on(unit, connection, draft, arrival)
    author = Author(kind="customer", id=unit.thread.customer_id, name=unit.customer_name)
    message = await arrived(unit, author, draft, connection, files, arrival)
    ticket = unit.change_ticket(
        last_customer_seq=message.seq,
        status="open",
        snoozed_until=None,
        channel=connection.channel,
        connection_id=connection.id,
    )
    if arrival and arrival.to_people and ticket.control == "assistant":
        ticket = straight_to_people(unit, arrival.because)
    if ticket.control == "agents" and ticket.waiting_since is None:
        unit.change_ticket(waiting_since=unit.at)
    if ticket.control == "assistant" and is_answered(connection, arrival):
        _call_the_assistant(unit, message.seq)
    unit.emit("ticket.created" if opened else "message.created", author, message=message)
    return message


async def reply(
    desk: Desk,
    ticket_id: UUID,
    agent: Agent,
    draft: Draft,
    *,
    take_on_purpose: bool = False,
    by: UUID | None = None,
    template: Filling | None = None,
    resolve: bool = False,
    held: bool = False,
) -> Written:
    """An agent's public reply or note. A reply takes the ticket over when it is not theirs yet, and
    with `resolve` settles it. One that was `held` goes only while control is where it was.

    It goes `by` the connection that the agent chose, else by the ticket's, and as the platform's
    `template` where one is given: the message then says what that says. Raises Taken when another
    agent has it and this is not on purpose, NotFound for a file that is not this agent's to send,
    Unreachable while nothing can go out that way, and Invalid for what the channel does not carry.
    """
    draft = check_draft(draft, brings_files=template is not None and draft.visibility == "public")
    author = Author(kind="agent", id=agent.id, name=agent.name)
    try:
        async with work(desk, ticket_id=ticket_id, message_id=draft.id) as unit:
            if unit.written is not None:
                return written(unit, unit.written, repeated=True)
            if held and not await claim(unit, draft.id):
                await check_free(unit, agent, on_purpose=False)
                raise Fenced
            files = await take_files(unit, draft, by_agent(agent.id))
            cited: tuple[Citation, ...] = ()
            way, extra = None, None
            if draft.visibility == "public":
                if unit.ticket.control == "assistant" or unit.ticket.assignee_id != agent.id:
                    await check_free(unit, agent, on_purpose=take_on_purpose)
                    await take(unit, agent)
                way = await _way(desk, unit, by)
                cited = _taken_over(unit.ticket.suggestion, draft.text)
                personal = bool(files or cited)
                draft, extra = await _to_be_sent(
                    desk, unit, way, draft, files, template, personal=personal
                )
            message = add_message(
                unit, author, draft, way, citations=cited, files=files, extra=extra
            )
            if draft.visibility == "public":
                unit.change_ticket(
                    waiting_since=None, status="pending", snoozed_until=None, suggestion=None
                )
                if message.channel in LIVE_CHANNELS:
                    _await_seeing(unit, message)
            unit.emit("message.created", author, message=message)
            if resolve and draft.visibility == "public":
                unit.change_ticket(status="resolved", resolved_at=unit.at)
                unit.write("drop_turns", ticket_id=ticket_id, at=unit.at)
                unit.emit("ticket.resolved", author)
    except UniqueViolation as doubled:
        raise NotFound("The ticket") from doubled
    return written(unit, message)


async def _way(desk: Desk, unit: Work, by: UUID | None) -> Connection | None:
    """The connection that was chosen; None for the ticket's own."""
    if by is None or by == unit.ticket.connection_id:
        return None
    return await way_to(desk, unit, by)


async def _to_be_sent(
    desk: Desk,
    unit: Work,
    way: Connection | None,
    draft: Draft,
    files: tuple[Attachment, ...],
    filling: Filling | None,
    *,
    personal: bool,
) -> tuple[Draft, MessageExtra | None]:
    """The draft as it goes out, once it is sure that it can."""
    connection_id = way.id if way else unit.ticket.connection_id
    channel = way.channel if way else unit.ticket.channel
    capability = desk.capabilities.get(channel)
    if filling is not None:
        found = await template_in(unit.connection, connection_id, filling.name, filling.language)
        if found is None:
            raise Invalid("This template is no longer there", "Choose another one.")
        await check_open(unit, connection_id, template=True, category=found.category)
        template, said = fill(found, filling, files)
        return msgspec.structs.replace(draft, text=said), MessageExtra(template=template)
    if channel not in LIVE_CHANNELS:
        check_fits(capability, draft.text, files)
        await check_open(unit, connection_id, capability, personal=personal)
    copies = copies_of(draft, capability)
    return draft, MessageExtra(mail=copies) if copies else None


def _await_seeing(unit: Work, message: Message) -> None:
    """Have it go to the address that the customer left, if they did, unless they read it soon."""
    unit.write(
        "await_seeing",
        message_id=message.id,
        thread_id=unit.thread.id,
        brand_id=unit.ticket.brand_id,
        at=unit.at,
    )


def _taken_over(suggestion: Suggestion | None, text: str) -> tuple[Citation, ...]:
    """The orders of the assistant's suggestion that an agent's words tell of: they are as personal
    as they were in its own."""
    cited = suggestion.citations if suggestion else ()
    return tuple(one for one in cited if one.kind == "order" and one.title in text)


async def answer(
    desk: Desk,
    turn: Turn,
    text: str,
    *,
    citations: tuple[Citation, ...] = (),
    holder: str,
    why: str = "",
) -> Message:
    """The assistant's answer, written only while control is its own and the epoch it read stands.

    Raises Fenced when a person took over or the customer wrote more: then the answer is kept as a
    suggestion for the agents, or thought anew.
    """
    async with work(desk, ticket_id=turn.ticket_id) as unit:
        ticket = unit.ticket
        held = await unit.connection.execute(
            "SELECT 1 FROM turn WHERE id = %s AND status = 'running' AND lease_holder = %s"
            " AND upto_seq = %s",
            (turn.id, holder, turn.upto_seq),
        )
        fenced = ticket.control != "assistant" or ticket.epoch != turn.epoch
        if fenced or await held.fetchone() is None:
            message = None
            if ticket.control == "agents":
                unit.change_ticket(
                    suggestion=Suggestion(
                        text=text, citations=citations, turn_id=turn.id, at=unit.at
                    )
                )
                unit.emit("ticket.suggested", ASSISTANT)
        else:
            message = add_message(
                unit,
                ASSISTANT,
                Draft(id=uuid7(), text=text),
                citations=citations,
                turn_id=turn.id,
                why=why,
            )
            unit.write(
                "finish_turn", id=turn.id, status="answered", message_id=message.id, at=unit.at
            )
            unit.emit("message.created", ASSISTANT, message=message)
    if message is None:
        raise Fenced
    return message


async def check_free(unit: Work, agent: Agent, *, on_purpose: bool) -> None:
    """Raise Taken, with the holder's name, when another agent has the ticket."""
    holder = unit.ticket.assignee_id
    if on_purpose or unit.ticket.control != "agents" or holder in (None, agent.id):
        return
    row = await (
        await unit.connection.execute("SELECT name FROM agent WHERE id = %s", (holder,))
    ).fetchone()
    raise Taken(row["name"] if row else "Another agent")


def written(unit: Work, message: Message, *, repeated: bool = False) -> Written:
    """What came of a unit of work, once all is done that it is to do."""
    return Written(message=message, ticket=unit.ticket, thread=unit.thread, repeated=repeated)


def _call_the_assistant(unit: Work, upto_seq: int) -> None:
    unit.write(
        "turn_due",
        id=uuid7(),
        ticket_id=unit.ticket.id,
        thread_id=unit.thread.id,
        epoch=unit.ticket.epoch,
        due_at=unit.at + DEBOUNCE,
        from_seq=unit.ticket.engaged_from_seq,
        upto_seq=upto_seq,
    )
