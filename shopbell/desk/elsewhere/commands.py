"""Replies that are missed on the page go on by mail or text, to the address that the shopper left.

Nobody has proven such an address: it gets replies of this conversation from then on, and opens
nothing. What comes back from it is answered by people. Its owner ends it with one word, for good.
"""

from uuid import UUID

from shopbell.desk.connections.reads import connection_from
from shopbell.desk.connections.types import LIVE_CHANNELS
from shopbell.desk.customers.reads import customer_in
from shopbell.desk.database import Desk
from shopbell.desk.elsewhere.reads import SQL, left_in
from shopbell.desk.elsewhere.types import Address, Left
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.personal import is_personal
from shopbell.desk.messages.types import Author, Draft
from shopbell.desk.messages.writing import add_message
from shopbell.desk.work import SYSTEM, Work, message_from, work

LONGEST_CONSENT = 500


async def leave_address(
    desk: Desk, thread_id: UUID, address: Address, connection_id: UUID, consent: str
) -> Left:
    """Have replies that the shopper does not see on the page go to this address, from now on.

    A note tells the agents, and the customer gets it as a claimed identity. Raises Invalid for an
    address whose owner wants no more, where the connection knows another that is proven, and before
    the shopper has written anything.
    """
    async with work(desk, thread_id=thread_id) as unit:
        if not unit.has_ticket:
            raise Invalid("There is no conversation yet", "Write to us first.")
        named = {"connection_id": connection_id, "value": address.value}
        if await _has(unit, "silenced", thread_id=thread_id, **named):
            raise Invalid("This address wants no messages from us", "Leave another one.")
        if await _has(unit, "known_elsewhere", thread_id=thread_id, **named):
            raise Invalid(
                "We know another address of yours", "Ask us here to write to a different one."
            )
        before = await left_in(unit.connection, thread_id)
        if before and (before.address, before.connection_id) == (address, connection_id):
            return before
        customer_id = unit.thread.customer_id
        whose = {"customer_id": customer_id, "kind": address.kind, "value": address.value}
        proven = await _has(unit, "is_proven", **whose)
        left = Left(
            thread_id=thread_id,
            address=address,
            connection_id=connection_id,
            agreed_at=unit.at,
            consent=consent[:LONGEST_CONSENT],
        )
        await _run(
            unit,
            "leave",
            thread_id=thread_id,
            at=unit.at,
            consent=left.consent,
            **named,
            kind=address.kind,
        )
        await _run(unit, "place", thread_id=thread_id, claimed=not proven, at=unit.at, **named)
        await _run(unit, "claim_identity", id=uuid7(), **whose)
        await _run(unit, "raise_customer", customer_id=customer_id)
        customer = await customer_in(unit.connection, customer_id)
        author = Author(kind="customer", id=customer_id, name=unit.customer_name)
        unit.emit("customer.updated", author, customer=customer)
        state = "" if proven else " Nobody has proven that it is theirs."
        _note(unit, f"Left {address.value} for replies that they do not see on the page.{state}")
    return left


async def take_back(desk: Desk, thread_id: UUID) -> None:
    """Send no more replies there; the shopper may leave an address again."""
    async with work(desk, thread_id=thread_id) as unit:
        if await _has(unit, "forget", thread_id=thread_id):
            _note(unit, "Wants replies on the page alone again.")


async def silence(desk: Desk, connection_id: UUID, value: str) -> bool:
    """Whoever has this address wants no more messages that others asked for: nobody can leave it
    again. False where nobody left it."""
    named = {"connection_id": connection_id, "value": value}
    threads = [row["thread_id"] for row in await desk.run(SQL["threads_of_address"], **named)]
    for thread_id in threads:
        async with work(desk, thread_id=thread_id) as unit:
            await _run(unit, "silence", at=unit.at, **named)
            left = await left_in(unit.connection, thread_id)
            if left is not None and left.address.value == value:
                await _run(unit, "forget", thread_id=thread_id)
            values = {"connection_id": connection_id, "thread_id": thread_id, "at": unit.at}
            if await _has(unit, "opt_out_of_address", **values):
                _note(unit, f"{value} asked to get no more messages.")
    return bool(threads)


async def send_on(desk: Desk, message_id: UUID) -> bool:
    """Send a reply to the address left, unless it was seen on the page; once, whoever asks.

    It goes out instead of waiting there, and stays what it is on the page. What tells of an order or
    carries a file goes to no address that nobody has proven. True when it goes out.
    """
    (row,) = await desk.run(SQL["ticket_of"], message_id=message_id) or [None]
    if row is None:
        return False
    async with work(desk, ticket_id=row["ticket_id"]) as unit:
        if not await _has(unit, "take_up", message_id=message_id):
            return False
        found = await unit.connection.execute(SQL["message"].encode(), {"message_id": message_id})
        message = message_from(await found.fetchone() or {})
        left = await left_in(unit.connection, unit.thread.id)
        read = unit.thread.customer_read_seq >= message.seq
        if left is None or read or message.channel not in LIVE_CHANNELS:
            return False
        place = {"connection_id": left.connection_id, "thread_id": unit.thread.id}
        if is_personal(message) and await _has(unit, "claimed_there", **place):
            return False
        one = await unit.connection.execute(SQL["connection"].encode(), {"id": left.connection_id})
        way = connection_from(await one.fetchone() or {})
        named = {"message_id": message_id, "connection_id": way.id}
        await _run(unit, "goes_on", fresh=uuid7(), at=unit.at, **named)
        await _run(unit, "readdress", channel=way.channel, **named)
        found = await unit.connection.execute(SQL["message"].encode(), {"message_id": message_id})
        unit.emit("message.updated", SYSTEM, message=message_from(await found.fetchone() or {}))
    return True


def _note(unit: Work, text: str) -> None:
    note = Draft(id=uuid7(), text=text, visibility="note")
    unit.emit("message.created", SYSTEM, message=add_message(unit, SYSTEM, note))


async def _run(unit: Work, query: str, **values: object) -> None:
    await unit.connection.execute(SQL[query].encode(), values)


async def _has(unit: Work, query: str, **values: object) -> bool:
    found = await unit.connection.execute(SQL[query].encode(), values)
    return await found.fetchone() is not None
