"""What is said: intake from customers, replies of agents and of the assistant.

Each function is one transaction under the thread's lock. A message's id is made by its sender,
so the same message given twice is written once and answered with the row that stands.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from shopbell.desk.attachments.commands import by_agent, take_files
from shopbell.desk.attachments.names import clean_name
from shopbell.desk.attachments.storage import new_key
from shopbell.desk.connections.types import LIVE_CHANNELS, Connection, Place
from shopbell.desk.control.rules import hand_back, take
from shopbell.desk.database import Desk
from shopbell.desk.errors import Fenced, Invalid, NotFound, Taken
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.reach import check_reachable
from shopbell.desk.messages.types import (
    MAX_ATTACHMENTS,
    MAX_TEXT,
    Arrival,
    Attachment,
    Author,
    Citation,
    Delivery,
    Draft,
    ExpectedFile,
    Message,
    MessageExtra,
    Page,
)
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Handoff, Preview, Suggestion, Ticket
from shopbell.desk.turns.types import Turn
from shopbell.desk.work import SQL, Work, message_from, work

REOPENS_WITHIN = timedelta(days=14)
DEBOUNCE = timedelta(milliseconds=600)
LONGEST_PAGE_TEXT = 2_000
LONGEST_WHOLE = 100_000
"""Characters kept of a mail with what it quotes; all of it stands in the payload."""
ASSISTANT = Author(kind="assistant", name="Assistant")


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
    try:
        async with work(desk, thread_id=thread_id, message_id=draft.id) as unit:
            known = unit.written or (
                await came_before(unit, connection, arrival.external_id) if arrival else None
            )
            if known is not None:
                return written(unit, known, repeated=True)
            files = await take_files(unit, draft, uploader)
            opened = await engage(unit, connection, draft, arrival.subject if arrival else "")
            author = Author(kind="customer", id=unit.thread.customer_id, name=unit.customer_name)
            message = await _arrived(unit, author, draft, connection, files, arrival)
            ticket = unit.change_ticket(
                last_customer_seq=message.seq,
                status="open",
                snoozed_until=None,
                channel=connection.channel,
                connection_id=connection.id,
            )
            if arrival and arrival.to_people and ticket.control == "assistant":
                ticket = _straight_to_people(unit, arrival.because)
            if ticket.control == "agents" and ticket.waiting_since is None:
                unit.change_ticket(waiting_since=unit.at)
            if ticket.control == "assistant" and _is_answered(connection, arrival):
                _call_the_assistant(unit, message.seq)
            if opened:
                unit.emit("ticket.created", author, message=message)
            else:
                unit.emit("message.created", author, message=message)
    except UniqueViolation as doubled:
        raise NotFound("The conversation") from doubled
    return written(unit, message)


async def reply(
    desk: Desk, ticket_id: UUID, agent: Agent, draft: Draft, *, take_on_purpose: bool = False
) -> Written:
    """An agent's public reply or note. A reply takes the ticket over when it is not theirs yet.

    Raises Taken when another agent has it and this is not on purpose, and NotFound for a file
    that is not this agent's to send.
    """
    draft = check_draft(draft)
    author = Author(kind="agent", id=agent.id, name=agent.name)
    try:
        async with work(desk, ticket_id=ticket_id, message_id=draft.id) as unit:
            if unit.written is not None:
                return written(unit, unit.written, repeated=True)
            files = await take_files(unit, draft, by_agent(agent.id))
            if draft.visibility == "note":
                message = add_message(unit, author, draft, files=files)
                unit.emit("message.created", author, message=message)
                return written(unit, message)
            if unit.ticket.control == "assistant" or unit.ticket.assignee_id != agent.id:
                await check_free(unit, agent, on_purpose=take_on_purpose)
                await take(unit, agent)
            capability = desk.capabilities.get(unit.ticket.channel)
            await check_reachable(unit, capability, draft.text, files)
            cited = _taken_over(unit.ticket.suggestion, draft.text)
            message = add_message(unit, author, draft, citations=cited, files=files)
            unit.change_ticket(
                waiting_since=None, status="pending", snoozed_until=None, suggestion=None
            )
            unit.emit("message.created", author, message=message)
    except UniqueViolation as doubled:
        raise NotFound("The ticket") from doubled
    return written(unit, message)


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


async def came_before(unit: Work, connection: Connection, external_id: str) -> Message | None:
    """The message that this connection's platform calls so, if it came before."""
    values = {"connection_id": connection.id, "external_id": external_id}
    found = await unit.connection.execute(SQL["find_external"].encode(), values)
    row = await found.fetchone()
    return message_from(row) if row else None


async def engage(unit: Work, connection: Connection, draft: Draft, subject: str = "") -> bool:
    """Go on with the thread's ticket, reopen it, or open a new one (then True)."""
    if unit.has_ticket and unit.ticket.status not in ("resolved", "closed"):
        return False
    if unit.has_ticket and unit.ticket.status == "resolved":
        resolved_at = unit.ticket.resolved_at or unit.ticket.updated_at
        if unit.at - resolved_at <= REOPENS_WITHIN:
            hand_back(unit)
            unit.change_ticket(
                resolved_at=None, assignee_id=None, engaged_from_seq=unit.thread.last_seq + 1
            )
            return False
    ticket = Ticket(
        id=uuid7(),
        number=0,
        thread_id=unit.thread.id,
        customer_id=unit.thread.customer_id,
        customer_name=unit.customer_name,
        brand_id=connection.brand_id,
        connection_id=connection.id,
        channel=connection.channel,
        subject=_subject(subject or draft.text),
        engaged_from_seq=unit.thread.last_seq + 1,
        created_at=unit.at,
        updated_at=unit.at,
    )
    values = {**msgspec.structs.asdict(ticket), "at": unit.at}
    made = await (await unit.connection.execute(SQL["insert_ticket"].encode(), values)).fetchone()
    unit.set_ticket(msgspec.structs.replace(ticket, number=made["number"] if made else 0))
    unit.change_thread(current_ticket_id=ticket.id)
    return True


def add_message(
    unit: Work,
    author: Author,
    draft: Draft,
    connection: Connection | None = None,
    *,
    external_id: str = "",
    citations: tuple[Citation, ...] = (),
    files: tuple[Attachment, ...] = (),
    turn_id: UUID | None = None,
    why: str = "",
    extra: MessageExtra | None = None,
    html: str | None = None,
    sent_as: str = "",
) -> Message:
    """Put a message at the end of the thread, with its files, and its delivery when it goes out.

    `extra` is what came along from outside. `sent_as` is the platform's name for a message that
    people sent by the platform's own app: there is nothing to send any more.
    """
    ticket = unit.ticket
    came = extra or MessageExtra()
    outgoing = draft.visibility == "public" and author.kind != "customer"
    thread = unit.change_thread(
        last_seq=unit.thread.last_seq + 1, out_count=unit.thread.out_count + outgoing
    )
    channel = connection.channel if connection else ticket.channel
    status = "sent" if channel in LIVE_CHANNELS or sent_as else "queued"
    message = Message(
        id=draft.id,
        thread_id=thread.id,
        ticket_id=ticket.id,
        seq=thread.last_seq,
        author=author,
        visibility=draft.visibility,
        channel=channel,
        text=draft.text,
        html=html,
        citations=citations,
        attachments=(*files, *came.attachments),
        page=_fit_page(draft.page),
        why=why,
        delivery=Delivery(status=status) if outgoing else None,
        turn_id=turn_id,
        at=unit.at,
        reply_to=came.reply_to,
        whole=came.whole,
        context=came.context,
        mail=came.mail,
    )
    connection_id = connection.id if connection else ticket.connection_id
    unit.write("insert_message", **_message_columns(message, connection_id, external_id))
    if files:
        ids = [one.id for one in files]
        unit.write("attach", message_id=message.id, thread_id=thread.id, ids=ids)
    if outgoing:
        unit.write(
            "insert_delivery",
            id=uuid7(),
            message_id=message.id,
            thread_id=thread.id,
            ticket_id=ticket.id,
            connection_id=connection_id,
            status=status,
            external_id=sent_as or None,
            at=unit.at,
        )
    unit.change_ticket(
        last_seq=message.seq,
        preview=Preview(
            author=author.kind,
            text=(draft.text or ", ".join(one.name for one in files))[:140],
            at=unit.at,
            note=draft.visibility == "note",
        ),
    )
    return message


async def _arrived(
    unit: Work,
    author: Author,
    draft: Draft,
    connection: Connection,
    files: tuple[Attachment, ...],
    arrival: Arrival | None,
) -> Message:
    if arrival is None:
        return add_message(unit, author, draft, connection, files=files)
    quoted = (
        await came_before(unit, connection, arrival.reply_to) if arrival.reply_to else None
    ) or (await _sent_as(unit, connection, arrival.reply_to) if arrival.reply_to else None)
    awaited = awaited_files(draft.id, arrival.files)
    message = add_message(
        unit,
        author,
        draft,
        connection,
        external_id=arrival.external_id,
        files=files,
        html=arrival.html,
        extra=MessageExtra(
            attachments=tuple(awaited),
            reply_to=quoted.id if quoted else None,
            whole=masked(arrival.whole[:LONGEST_WHOLE]),
            context=masked(arrival.context[:LONGEST_PAGE_TEXT]),
            mail=arrival.mail,
        ),
    )
    expect_files(unit, message.id, connection, awaited)
    if not arrival.aside:
        unit.write("save_contact", **contact_values(unit, connection.id, arrival.place))
    return message


def awaited_files(message_id: UUID, files: tuple[ExpectedFile, ...]) -> dict[Attachment, str]:
    """Attachments to be, with the platform's name for each. A message's file keeps its id however
    often it is told of."""
    by_ref = {one.ref: one for one in files}
    return {
        Attachment(
            id=uuid5(message_id, ref),
            name=clean_name(one.name),
            media_type=one.media_type,
            size=one.size,
            state="expected",
        ): ref
        for ref, one in list(by_ref.items())[:MAX_ATTACHMENTS]
    }


def expect_files(
    unit: Work, message_id: UUID, connection: Connection, awaited: Mapping[Attachment, str]
) -> None:
    """Have these fetched from the platform."""
    for file, ref in awaited.items():
        unit.write(
            "expect_file",
            id=file.id,
            message_id=message_id,
            connection_id=connection.id,
            ref=ref,
            storage_key=new_key(),
            at=unit.at,
        )


async def _sent_as(unit: Work, connection: Connection, external_id: str) -> Message | None:
    values = {"connection_id": connection.id, "external_id": external_id}
    found = await unit.connection.execute(SQL["find_sent"].encode(), values)
    row = await found.fetchone()
    return message_from(row) if row else None


def contact_values(unit: Work, connection_id: UUID, place: Place) -> dict[str, Any]:
    """The row that says where this thread's answers go by a connection."""
    return {
        "connection_id": connection_id,
        "thread_id": unit.thread.id,
        "heard_at": unit.at,
        **msgspec.structs.asdict(place),
    }


def _straight_to_people(unit: Work, because: str) -> Ticket:
    """The assistant does not answer this: whoever wrote it is not known to be the customer, or
    something else speaks against it."""
    handoff = Handoff(
        reason="policy" if because else "stranger",
        at=unit.at,
        summary=because or "Written by somebody else.",
    )
    ticket = unit.change_ticket(
        control="agents", epoch=unit.ticket.epoch + 1, handoff=handoff, waiting_since=unit.at
    )
    unit.write("drop_turns", ticket_id=ticket.id, at=unit.at)
    unit.emit("control.handed_off", ASSISTANT)
    return ticket


def _is_answered(connection: Connection, arrival: Arrival | None) -> bool:
    return connection.answer_mode != "off" and not (arrival and arrival.quiet)


def _fit_page(page: Page | None) -> Page | None:
    """The page as far as it is of use to whoever answers."""
    if page is None:
        return None
    parts: dict[str, str] = msgspec.structs.asdict(page)
    return Page(**{name: masked(text[:LONGEST_PAGE_TEXT]) for name, text in parts.items()})


def _message_columns(message: Message, connection_id: UUID, external_id: str) -> dict[str, Any]:
    extra = MessageExtra(
        citations=message.citations,
        attachments=message.attachments,
        page=message.page,
        why=message.why,
        reactions=message.reactions,
        reply_to=message.reply_to,
        whole=message.whole,
        context=message.context,
        mail=message.mail,
    )
    return {
        "id": message.id,
        "thread_id": message.thread_id,
        "ticket_id": message.ticket_id,
        "seq": message.seq,
        "author_kind": message.author.kind,
        "author_id": message.author.id,
        "author_name": message.author.name,
        "visibility": message.visibility,
        "connection_id": connection_id,
        "channel": message.channel,
        "external_id": external_id or None,
        "text": message.text,
        "html": message.html,
        "extra": Jsonb(extra),
        "turn_id": message.turn_id,
        "at": message.at,
    }


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


def _subject(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "New conversation"
    return first if len(first) <= 80 else first[:79].rstrip() + "…"
