"""Proving that an address is theirs: a code is sent there and written back where it was asked for.

Asking looks nowhere whether anybody knows the address, so its words and its time say nothing of it.
A code belongs to the one conversation that asked, is good once and for ten minutes, and may be wrong
five times. Somebody in copy, or who merely claims an address, can ask for none.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.attachments.commands import take_files
from shopbell.desk.connections.types import Connection
from shopbell.desk.database import Connection as Database
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.errors import DeskError, Fenced
from shopbell.desk.identities.joining import join_in
from shopbell.desk.identities.placing import tell_customer
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.arriving import arrived, came_before
from shopbell.desk.messages.commands import Written, check_draft, receive, written
from shopbell.desk.messages.matters import go_on
from shopbell.desk.messages.types import Arrival, Author, Draft, Message
from shopbell.desk.messages.writing import ASSISTANT, add_message, engage
from shopbell.desk.turns.commands import holds
from shopbell.desk.turns.types import Turn
from shopbell.desk.verification.codes import code_in, hidden
from shopbell.desk.verification.types import Outcome, Proved, ToSend
from shopbell.desk.verification.words import words_of
from shopbell.desk.work import SYSTEM, Work, work

SQL = load_queries(__file__)

GOOD_FOR = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
LEASE = timedelta(seconds=60)
MOST_WRONG = 5
MOST_LATELY = 3
"""Codes for one address, and for one conversation, within an hour."""
MOST_A_DAY = 8
MOST_IN_ALL = 1_000
"""Codes of the whole deployment within a day."""
APART = "They proved by a code that {address} is theirs, but it belongs to another sign-in of the shop. Look at both, and join them if that is right."


class NotProven(DeskError):
    """Who merely claims an address can join no other to it."""

    kind = "not_proven"

    def __init__(self) -> None:
        super().__init__("Nobody has proven who writes here", "Ask for a person.")


async def ask_code(
    desk: Desk,
    thread_id: UUID,
    connection: Connection,
    address: Address,
    *,
    message_id: UUID,
) -> Written:
    """Send a code to this address, for the shopper of this thread to write back; what they are told.

    `message_id` is the client's, and becomes that message's, so asking twice is asking once. Raises
    NotProven, and NotFound for an id that is another thread's message.
    """
    async with work(desk, thread_id=thread_id, message_id=message_id) as unit:
        if unit.written is not None:
            return written(unit, unit.written, repeated=True)
        opened = await engage(unit, connection, Draft(id=message_id, text=""))
        told = await _ask(desk, unit, address)
        message = add_message(unit, _speaker(unit), Draft(id=message_id, text=told), connection)
        unit.emit(
            "ticket.created" if opened else "message.created", message.author, message=message
        )
    return written(unit, message)


async def ask_code_in_turn(desk: Desk, turn: Turn, holder: str, address: Address) -> Message:
    """As `ask_code`, where the assistant understood that this is wanted. Raises Fenced when a person
    took over or the customer wrote more, and NotProven."""
    async with work(desk, ticket_id=turn.ticket_id) as unit:
        fenced = unit.ticket.control != "assistant" or unit.ticket.epoch != turn.epoch
        if fenced or not await holds(unit, turn, holder):
            raise Fenced
        told = await _ask(desk, unit, address)
        message = add_message(unit, ASSISTANT, Draft(id=uuid7(), text=told), turn_id=turn.id)
        unit.write("finish_turn", id=turn.id, status="answered", message_id=message.id, at=unit.at)
        unit.emit("message.created", ASSISTANT, message=message)
    return message


async def _try_code(desk: Desk, thread_id: UUID, text: str) -> Proved | None:
    """What comes of a message that may be a code this conversation waits for; None where it waits
    for none, or no code is written. A right code joins what it proves, once, and says so again when
    the same message comes again."""
    code = code_in(text)
    if code is None:
        return None
    found = await desk.run(SQL["newest"], thread=thread_id, at=desk.now())
    if not found or found[0]["status"] == "replaced":
        return None
    asked = found[0]
    outcome = await _tried(desk, thread_id, asked, code)
    return Proved(
        outcome=outcome, text=hidden(text), address=asked["value"], language=asked["language"]
    )


async def hear(
    desk: Desk,
    thread_id: UUID,
    connection: Connection,
    draft: Draft,
    *,
    uploader: str = "",
    arrival: Arrival | None = None,
) -> Written:
    """Intake of what the thread's own customer said, which may be a code that it waits for: then
    the code is hidden before anything keeps it. Else, and in what it raises, as `receive`."""
    if code_in(draft.text) and not await _came_before(desk, connection, draft, arrival):
        proved = await _try_code(desk, thread_id, draft.text)
        if proved is not None:
            return await _answer_code(
                desk, thread_id, connection, draft, proved, uploader=uploader, arrival=arrival
            )
    return await receive(desk, thread_id, connection, draft, uploader=uploader, arrival=arrival)


async def _came_before(
    desk: Desk, connection: Connection, draft: Draft, arrival: Arrival | None
) -> bool:
    name = arrival.external_id if arrival else None
    values = {"id": draft.id, "connection": connection.id, "name": name}
    return bool(await desk.run(SQL["came_before"], **values))


async def _answer_code(
    desk: Desk,
    thread_id: UUID,
    connection: Connection,
    draft: Draft,
    proved: Proved,
    *,
    uploader: str,
    arrival: Arrival | None,
) -> Written:
    """Write the message that held a code, and what came of it. The assistant is not called."""
    draft = check_draft(msgspec.structs.replace(draft, text=proved.text))
    if arrival is not None:
        arrival = msgspec.structs.replace(arrival, html=None, whole="")
    async with work(desk, thread_id=thread_id, message_id=draft.id) as unit:
        known = unit.written or (
            await came_before(unit, connection, arrival.external_id) if arrival else None
        )
        if known is not None:
            return written(unit, known, repeated=True)
        unit.quiet = True
        files = await take_files(unit, draft, uploader)
        opened, arrival = await go_on(unit, connection, draft, arrival)
        author = Author(kind="customer", id=unit.thread.customer_id, name=unit.customer_name)
        message = await arrived(unit, author, draft, connection, files, arrival)
        unit.change_ticket(
            last_customer_seq=message.seq,
            channel=connection.channel,
            connection_id=connection.id,
        )
        unit.emit("ticket.created" if opened else "message.created", author, message=message)
        words = getattr(words_of(proved.language), proved.outcome).format(address=proved.address)
        told = add_message(unit, _speaker(unit), Draft(id=uuid7(), text=words), connection)
        unit.emit("message.created", told.author, message=told)
        if proved.outcome == "apart":
            note = Draft(id=uuid7(), text=APART.format(address=proved.address), visibility="note")
            unit.emit("message.created", SYSTEM, message=add_message(unit, SYSTEM, note))
    return written(unit, message)


async def claim_code(desk: Desk) -> ToSend | None:
    """The next code to send, kept from others for a minute; None when there is none."""
    values = {"at": desk.now(), "lease": LEASE, "open": list(_open(desk))}
    rows = await desk.run(SQL["due"], **values)
    return msgspec.convert(rows[0], ToSend) if rows else None


async def code_sent(desk: Desk, sent: ToSend, external_id: str) -> None:
    """The platform took it, and calls it so."""
    await _settle(desk, sent, "sent", external_id=external_id)


async def code_unsent(desk: Desk, sent: ToSend) -> None:
    """It will not be sent. Whoever asked is told nothing of it, as that would tell of the address."""
    await _settle(desk, sent, "unsent")


async def code_put_off(desk: Desk, sent: ToSend, delay: timedelta) -> None:
    """Try again after this."""
    await _settle(desk, sent, "queued", delay=delay)


async def forget_codes(desk: Desk) -> None:
    """Remove what was asked more than a month ago."""
    await desk.run(SQL["forget"], before=desk.now() - KEPT_FOR)


async def _ask(desk: Desk, unit: Work, address: Address) -> str:
    """Put a code in line, within the caps; what is told of it."""
    customer_id, thread_id = unit.thread.customer_id, unit.thread.id
    if not await _rows(unit.connection, "is_proven", customer=customer_id):
        raise NotProven
    await _rows(unit.connection, "lock")
    (about,) = await _rows(
        unit.connection, "about", customer=customer_id, brand=unit.ticket.brand_id
    )
    words = words_of(about["language"])
    place = {"thread": thread_id, "kind": address.kind, "value": address.value, "at": unit.at}
    (asked,) = await _rows(unit.connection, "asked", **place)
    if (
        asked["here_lately"] >= MOST_LATELY
        or asked["here_today"] >= MOST_A_DAY
        or asked["today"] >= MOST_IN_ALL
    ):
        return words.often
    sending = await _rows(
        unit.connection,
        "sending_connection",
        channels=_channels(desk, address),
        brand=unit.ticket.brand_id,
    )
    if not sending:
        return words.nowhere.format(address=address.value)
    capped = asked["there_lately"] >= MOST_LATELY or asked["there_today"] >= MOST_A_DAY
    await _rows(unit.connection, "replace_open", thread=thread_id)
    if not capped:
        verification_id = uuid7()
        await _rows(
            unit.connection,
            "insert",
            id=verification_id,
            via=sending[0]["id"],
            language=about["language"],
            hash=desk.codes.hash_of(verification_id, desk.codes.code_of(verification_id)),
            until=unit.at + GOOD_FOR,
            **place,
        )
    return words.sent.format(address=address.value)


async def _tried(desk: Desk, thread_id: UUID, asked: dict[str, Any], code: str) -> Outcome:
    verification_id, kept = asked["id"], bytes(asked["code_hash"])
    if asked["status"] == "proved":
        return "right" if desk.codes.fits(verification_id, code, kept) else "over"
    counted = await desk.run(SQL["count_try"], id=verification_id, at=desk.now(), most=MOST_WRONG)
    if not counted:
        return "over"
    if not desk.codes.fits(verification_id, code, kept):
        return "over" if counted[0]["status"] == "spent" else "wrong"
    address = Address(kind=asked["kind"], value=asked["value"])
    async with desk.pool.connection() as connection, connection.transaction():
        if not await _rows(connection, "proved", id=verification_id, at=desk.now()):
            return "right"
        outcome = await _prove(desk, connection, thread_id, address)
    desk.wake()
    return outcome


async def _prove(desk: Desk, connection: Database, thread_id: UUID, address: Address) -> Outcome:
    """Have the thread's customer own the address, and be one with whoever proved it before."""
    named = {"kind": address.kind, "value": address.value}
    await _rows(connection, "lock_name", name=f"{address.kind}:{address.value}")
    (thread,) = await _rows(connection, "customer_of", thread=thread_id)
    customer = thread["customer_id"]
    await _rows(connection, "believe_contacts", thread=thread_id, value=address.value)
    owners = await _rows(connection, "owner", **named)
    if not owners:
        given = {"id": uuid7(), "customer": customer, "at": desk.now(), **named}
        await _rows(connection, "give_identity", **given)
        await tell_customer(desk, connection, customer)
        return "right"
    owner = owners[0]["customer_id"]
    if owner == customer:
        return "right"
    (accounts,) = await _rows(connection, "accounts", customers=[customer, owner])
    if accounts["n"] > 1:
        return "apart"
    await join_in(desk, connection, owner, customer, "code")
    await _rows(connection, "visitors_for_a_day", customer=customer, at=desk.now())
    return "right"


def _speaker(unit: Work) -> Author:
    """Who says this: the assistant where it answers, and nobody in particular where people do."""
    return ASSISTANT if unit.ticket.control == "assistant" else SYSTEM


def _open(desk: Desk) -> dict[str, str]:
    """By which kind of address each channel reaches people who have not written there."""
    return {
        name: one.sender
        for name, one in desk.capabilities.items()
        if one.sender in ("email", "phone") and one.reply_window is None and not one.community
    }


def _channels(desk: Desk, address: Address) -> list[str]:
    """Channels that can carry a code to this kind of address, those first that reach everybody."""
    reaching = [name for name, kind in _open(desk).items() if kind == address.kind]
    others = [
        name
        for name, one in desk.capabilities.items()
        if one.sender == address.kind and name not in reaching and not one.community
    ]
    return [*reaching, *others]


async def _settle(
    desk: Desk,
    sent: ToSend,
    status: str,
    *,
    external_id: str | None = None,
    delay: timedelta = timedelta(),
) -> None:
    values = {"id": sent.id, "status": status, "external_id": external_id, "delay": delay}
    await desk.run(SQL["settle"], at=desk.now(), **values)


async def _rows(connection: Database, query: str, **values: Any) -> list[dict[str, Any]]:
    found = await connection.execute(SQL[query].encode(), values)
    return await found.fetchall() if found.description else []
