"""How a message that came in by a channel is written: once for its name, with what came along."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import msgspec

from shopbell.desk.attachments.names import clean_name
from shopbell.desk.attachments.storage import new_key
from shopbell.desk.connections.types import Connection, Place
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import (
    MAX_ATTACHMENTS,
    Arrival,
    Attachment,
    Author,
    Draft,
    ExpectedFile,
    Message,
    MessageExtra,
)
from shopbell.desk.messages.writing import ASSISTANT, LONGEST_PAGE_TEXT, add_message
from shopbell.desk.tickets.types import Handoff, Ticket
from shopbell.desk.work import SQL, Work, message_from

LONGEST_WHOLE = 100_000
"""Characters kept of a mail with what it quotes; all of it stands in the payload."""


async def arrived(
    unit: Work,
    author: Author,
    draft: Draft,
    connection: Connection,
    files: tuple[Attachment, ...],
    arrival: Arrival | None,
) -> Message:
    """Put what a customer wrote at the end of the thread, with all that came along by a channel."""
    if arrival is None:
        return add_message(unit, author, draft, connection, files=files)
    quoted = await _named(unit, connection, arrival.reply_to)
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
            sender="" if arrival.mail else arrival.place.identity,
        ),
    )
    expect_files(unit, message.id, connection, awaited)
    if not arrival.aside:
        unit.write("save_contact", **contact_values(unit, connection.id, arrival.place))
    return message


async def came_before(unit: Work, connection: Connection, external_id: str) -> Message | None:
    """The message that this connection's platform calls so, if it came before."""
    return await _find(unit, "find_external", connection, external_id)


async def _named(unit: Work, connection: Connection, external_id: str) -> Message | None:
    """The message that a customer replied to: their own, or one of ours."""
    if not external_id:
        return None
    return await came_before(unit, connection, external_id) or await _find(
        unit, "find_sent", connection, external_id
    )


async def _find(unit: Work, query: str, connection: Connection, external_id: str) -> Message | None:
    values = {"connection_id": connection.id, "external_id": external_id}
    found = await unit.connection.execute(SQL[query].encode(), values)
    row = await found.fetchone()
    return message_from(row) if row else None


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


def contact_values(unit: Work, connection_id: UUID, place: Place) -> dict[str, Any]:
    """The row that says where this thread's answers go by a connection."""
    return {
        "connection_id": connection_id,
        "thread_id": unit.thread.id,
        "heard_at": unit.at,
        **msgspec.structs.asdict(place),
    }


def straight_to_people(unit: Work, because: str) -> Ticket:
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


def is_answered(connection: Connection, arrival: Arrival | None) -> bool:
    """Whether the assistant is to answer this at all."""
    return connection.answer_mode != "off" and not (arrival and arrival.quiet)
