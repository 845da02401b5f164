"""How a message and its ticket are put into a thread, within a unit of work that is under way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import LIVE_CHANNELS, Connection
from shopbell.desk.control.rules import hand_back
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import (
    Attachment,
    Author,
    Citation,
    Delivery,
    Draft,
    Message,
    MessageExtra,
    Page,
)
from shopbell.desk.tickets.types import Preview, Ticket
from shopbell.desk.work import SQL, Work

REOPENS_WITHIN = timedelta(days=14)
LONGEST_PAGE_TEXT = 2_000
ASSISTANT = Author(kind="assistant", name="Assistant")


async def engage(
    unit: Work, connection: Connection, draft: Draft, subject: str = "", *, anew: bool = False
) -> bool:
    """Go on with the ticket at hand, reopen it, or open a new one (then True); `anew`: in any case."""
    if not anew and unit.has_ticket and unit.ticket.status not in ("resolved", "closed"):
        return False
    if not anew and unit.has_ticket and unit.ticket.status == "resolved":
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

    `extra` is what came along from outside, or the template that it goes out as. `sent_as` is the platform's name for a message that
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
        sender=came.sender,
        template=came.template,
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
    said = draft.visibility == "public" and author.kind != "system"
    unit.change_ticket(
        last_seq=message.seq,
        answer_before=None if said else ticket.answer_before,
        preview=Preview(
            author=author.kind,
            text=(draft.text or ", ".join(one.name for one in files))[:140],
            at=unit.at,
            note=draft.visibility == "note",
        ),
    )
    return message


def extra_of(message: Message) -> MessageExtra:
    """The parts of a message that are stored as one column."""
    parts = {name: getattr(message, name) for name in MessageExtra.__struct_fields__}
    return MessageExtra(**parts)


def _fit_page(page: Page | None) -> Page | None:
    """The page as far as it is of use to whoever answers."""
    if page is None:
        return None
    parts: dict[str, str] = msgspec.structs.asdict(page)
    return Page(**{name: masked(text[:LONGEST_PAGE_TEXT]) for name, text in parts.items()})


def _message_columns(message: Message, connection_id: UUID, external_id: str) -> dict[str, Any]:
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
        "extra": Jsonb(extra_of(message)),
        "turn_id": message.turn_id,
        "at": message.at,
    }


def _subject(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "New conversation"
    return first if len(first) <= 80 else first[:79].rstrip() + "…"
