"""What each fact does to the desk. Every one may come again, late, or before what it is about.

A message is written once for a connection and its external id. Receipts and echoes have modules of
their own.
"""

from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import Connection
from shopbell.desk.control.commands import ask_person
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import Desk
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.inbound.echoes import take_echo
from shopbell.desk.inbound.parts import TooEarly, named_in, place_of, sender_of, text_of
from shopbell.desk.inbound.receipts import take_receipt
from shopbell.desk.inbound.types import Fact
from shopbell.desk.messages.arriving import contact_values
from shopbell.desk.messages.commands import Written, receive
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import (
    Arrival,
    Author,
    Draft,
    ExpectedFile,
    MailHead,
    Message,
    Reaction,
)
from shopbell.desk.messages.writing import add_message, engage, extra_of
from shopbell.desk.verification.commands import hear
from shopbell.desk.work import SYSTEM, message_from, work

LONGEST_SIGN = 16
_ASKED = (("opt_out", "opted_out_at"), ("no_marketing", "no_marketing_at"))
"""What was asked for, everything or advertising alone: its query and its column."""
_NOTES = {
    ("opt_out", True): "Asked to get no more messages here.",
    ("opt_out", False): "Takes messages here again.",
    ("no_marketing", True): "Asked to get no more advertising here. Answers still go out.",
    ("no_marketing", False): "Takes advertising here again.",
}


class Matched(Struct, frozen=True, kw_only=True):
    """Where a message belongs that does not simply go to its sender's own thread.

    `stranger`: its writer is not known to be that thread's customer, so people answer it. `claimed`:
    it came from an address that was only left there, so it proves nothing. `quiet`:
    a machine wrote it, so nobody does. `because`: why people answer it, where it is no stranger's.
    `ticket_id`: the ticket of the message that it answers.
    """

    thread_id: UUID
    ticket_id: UUID | None = None
    by: str = ""
    stranger: bool = False
    claimed: bool = False
    quiet: bool = False
    because: str = ""
    warning: str = ""


async def take_in(desk: Desk, connection: Connection, fact: Fact) -> None:
    """Do what a fact calls for. Raises TooEarly; a fact that came before changes nothing."""
    match fact.kind:
        case "message":
            await write_message(desk, connection, fact)
        case "echo":
            await take_echo(desk, connection, fact)
        case "edit" | "deletion" | "reaction":
            await _change(desk, connection, fact)
        case "receipt":
            await take_receipt(desk, connection, fact)
        case "opt_out":
            await _opt_out(desk, connection, fact)
        case "typing" | "account" | "other":
            pass


async def write_message(
    desk: Desk,
    connection: Connection,
    fact: Fact,
    *,
    matched: Matched | None = None,
    files: tuple[UUID, ...] = (),
    uploader: str = "",
) -> Written:
    """What a customer wrote, in their own thread, or in the one it was matched to.

    `files` are those whose bytes came along and are kept already, as this `uploader`'s.
    """
    sender = sender_of(fact)
    thread_id = (
        matched.thread_id
        if matched
        else await thread_of(desk, sender.kind, sender.value, name=sender.name)
    )
    draft = Draft(id=uuid7(), text=text_of(fact), attachments=files)
    arrival = Arrival(
        external_id=fact.external_id,
        place=place_of(desk, fact),
        html=fact.html,
        whole=fact.text if fact.mail and fact.mail.reply_text else "",
        reply_to=fact.reply_to,
        files=tuple(
            ExpectedFile(name=one.name, media_type=one.media_type, ref=one.ref, size=one.size or 0)
            for one in fact.attachments
            if one.ref
        ),
        mail=_head(fact, matched),
        subject=fact.mail.subject if fact.mail else "",
        context=fact.context,
        quiet=bool(matched and matched.quiet),
        to_people=bool(matched and (matched.stranger or matched.because)),
        because=matched.because if matched else "",
        aside=bool(matched and matched.stranger),
        ticket_id=matched.ticket_id if matched else None,
    )
    own = matched is None or not (matched.stranger or matched.quiet or matched.claimed)
    take = hear if own else receive
    written = await take(desk, thread_id, connection, draft, uploader=uploader, arrival=arrival)
    if fact.at is not None and fact.window_hours is not None:
        values = {"thread_id": thread_id, "connection_id": connection.id, "at": fact.at}
        await desk.run(SQL["note_written"], **values)
    return written


async def hand_over(desk: Desk, connection: Connection, fact: Fact) -> None:
    """People answer this message's writer, who is told so; nothing happens when they do already."""
    sender = sender_of(fact)
    thread_id = await thread_of(desk, sender.kind, sender.value, name=sender.name)
    await ask_person(desk, thread_id, connection, message_id=uuid7())


async def _change(desk: Desk, connection: Connection, fact: Fact) -> None:
    """A customer edited, removed or reacted to a message."""
    found = await desk.run(SQL["message_named"], **named_in(connection, fact))
    if not found:
        raise TooEarly(f"the message {fact.external_id} is not there")
    async with work(desk, ticket_id=found[0]["ticket_id"]) as unit:
        held = await unit.connection.execute(SQL["message"].encode(), {"id": found[0]["id"]})
        row = await held.fetchone()
        assert row is not None, "a message that was there a moment ago"
        message, at = message_from(row), fact.at or unit.at
        changed = _changed(message, fact)
        stale = message.edited_at is not None and message.edited_at > at
        if changed == message or (stale and fact.kind != "reaction"):
            return
        if fact.kind != "reaction":
            changed = msgspec.structs.replace(changed, edited_at=at)
        changed = msgspec.structs.replace(changed, version=message.version + 1)
        unit.write(
            "save_message",
            id=changed.id,
            text=changed.text,
            html=changed.html,
            extra=Jsonb(extra_of(changed)),
            edited_at=changed.edited_at,
            removed_at=at if changed.removed else None,
            version=changed.version,
        )
        author = Author(kind="customer", id=unit.thread.customer_id, name=unit.customer_name)
        unit.emit("message.updated", author, message=changed)


def _changed(message: Message, fact: Fact) -> Message:
    if fact.kind == "deletion":
        return msgspec.structs.replace(message, text="", html=None, removed=True)
    if fact.kind == "edit":
        text = masked(text_of(fact))
        return message if message.removed else msgspec.structs.replace(message, text=text)
    by = sender_of(fact).value
    others = tuple(one for one in message.reactions if one.by != by)
    new = (Reaction(sign=fact.state[:LONGEST_SIGN], by=by),) if fact.state else ()
    return msgspec.structs.replace(message, reactions=(*others, *new))


async def _opt_out(desk: Desk, connection: Connection, fact: Fact) -> None:
    """They asked for silence on this channel, or only for no advertising, or took that back: a note
    tells the agents."""
    sender = sender_of(fact)
    thread_id = await thread_of(desk, sender.kind, sender.value, name=sender.name)
    which, column = _ASKED[fact.code == "marketing"]
    out = fact.state != "in"
    async with work(desk, thread_id=thread_id) as unit:
        place = {"thread_id": thread_id, "connection_id": connection.id}
        known = await (await unit.connection.execute(SQL["contact"].encode(), place)).fetchone()
        if (known is not None and known[column] is not None) == out:
            return
        draft = Draft(id=uuid7(), text=_NOTES[which, out], visibility="note")
        opened = await engage(unit, connection, draft)
        message = add_message(unit, SYSTEM, draft, connection)
        unit.write("save_contact", **contact_values(unit, connection.id, place_of(desk, fact)))
        unit.write(which, **place, at=unit.at if out else None)
        unit.emit("ticket.created" if opened else "message.created", SYSTEM, message=message)


def _head(fact: Fact, matched: Matched | None) -> MailHead | None:
    mail = fact.mail
    if mail is None:
        return None
    return MailHead(
        sender=sender_of(fact).value,
        to=mail.to,
        cc=mail.cc,
        subject=mail.subject,
        message_id=mail.message_id,
        references=mail.references,
        matched_by=matched.by if matched else "",
        authentication=mail.authentication,
        warning=matched.warning if matched else "",
    )
