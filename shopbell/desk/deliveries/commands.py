"""A delivery's way: claimed under its thread's lock, sent by a connector, and settled.

A claim and a takeover take the same lock, so one comes before the other: what was claimed before
the takeover was on its way, what was still queued is withheld. A thread's deliveries leave by one
connection in the order of its messages: the next waits until the one before is settled. Each
change is an event, so agents see how far the sending came.
"""

from collections.abc import AsyncGenerator, Callable, Container
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.connections.types import LIVE_CHANNELS, Capability, Connection, Place
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.deliveries.types import Outgoing
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.reach import check_open, way_to
from shopbell.desk.messages.types import Author, DeliveryStatus, Draft, MailHead, Message
from shopbell.desk.messages.writing import add_message
from shopbell.desk.people.types import Agent
from shopbell.desk.work import SYSTEM, Work, message_from, work

SQL = load_queries(__file__)
CUT_OFF = "The sending was cut off: it may or may not have arrived. Ask, or send it again."
TAKEN_OVER = (
    "An agent took over while this was being sent, and the sending was cut off: "
    "it may or may not have arrived."
)


class Uncertain(DeskError):
    """It may have arrived: sending it again is done on purpose, or not at all."""

    kind = "uncertain"

    def __init__(self) -> None:
        super().__init__("It may have arrived already", "Send it again on purpose, or ask first.")


class Settled(DeskError):
    """It went out, or is on its way: there is nothing to send again."""

    kind = "settled"

    def __init__(self) -> None:
        super().__init__("This message is not waiting for anybody", "Look at the thread again.")


async def overdue(desk: Desk, *, grace: timedelta, most: int) -> tuple[UUID, ...]:
    """Threads with a delivery that nobody took in time, or whose worker died while sending."""
    async with desk.pool.connection() as connection:
        values = {"grace": grace, "most": most}
        found = await connection.execute(SQL["overdue"].encode(), values)
        return tuple(row["thread_id"] for row in await found.fetchall())


async def claim(
    desk: Desk,
    thread_id: UUID,
    holder: str,
    lease: timedelta,
    *,
    repeatable: Callable[[str], bool],
    resting: Container[UUID] = (),
) -> Outgoing | None:
    """The next delivery of the thread whose time has come, marked as being sent by this holder.

    One that a dead worker was sending is taken again where its channel is `repeatable` (a repeat
    under the same key is no second message); elsewhere it becomes uncertain. Connections that are
    `resting`, or not well, are passed over. None when nothing is ready.
    """
    while (head := await _head(desk, thread_id, resting)) is not None:
        async with work(desk, ticket_id=head["ticket_id"]) as unit:
            row = await _one(unit, "one", id=head["id"])
            if row is None or not row["ready"]:
                continue
            if row["status"] == "sending" and (row["barred"] or not repeatable(row["channel"])):
                words = TAKEN_OVER if row["barred"] else CUT_OFF
                await _settle(unit, row["id"], row["message_id"], "uncertain", error=words)
                continue
            if row["status"] not in ("queued", "sending"):
                continue
            values = {"id": row["id"], "holder": holder, "lease": lease, "at": unit.at}
            await unit.connection.execute(SQL["begin"].encode(), values)
            message = await _tell(unit, row["message_id"])
            return Outgoing(
                id=row["id"],
                message=message,
                connection=msgspec.convert({**row, "id": row["connection_id"]}, Connection),
                secret=row["secret"],
                recipient=row["recipient"],
                attempts=row["attempts"] + 1,
                to=_place(row),
                opted_out=bool(row["opted_out"]),
                claimed=row["claimed"],
                language=row["language"],
                answers=row["answers"] or "",
                threading=msgspec.convert(row["threading"], MailHead) if row["threading"] else None,
                sealed=bytes(row["sealed"]) if row["sealed"] is not None else None,
                brand_name=row["brand_name"],
                heard_at=row["heard_at"],
                parts=tuple(row["parts"]),
            )
    return None


async def beat(desk: Desk, delivery_id: UUID, holder: str, lease: timedelta) -> bool:
    """Renew the lease; False when the delivery is no longer this holder's."""
    async with desk.pool.connection() as connection:
        values = {"id": delivery_id, "holder": holder, "lease": lease}
        found = await connection.execute(SQL["beat"].encode(), values)
        return await found.fetchone() is not None


async def sent(
    desk: Desk, outgoing: Outgoing, holder: str, external_id: str, parts: tuple[str, ...] = ()
) -> None:
    """The platform took it, and calls it by this id, and each of its parts by theirs."""
    await _finish(desk, outgoing, holder, "sent", external_id=external_id, parts=parts)


async def failed(
    desk: Desk, outgoing: Outgoing, holder: str, words: str, parts: tuple[str, ...] = ()
) -> None:
    """It will not be sent; the words say what to do."""
    await _finish(desk, outgoing, holder, "failed", error=words, parts=parts)


async def uncertain(
    desk: Desk, outgoing: Outgoing, holder: str, words: str, parts: tuple[str, ...] = ()
) -> None:
    """Nobody can say whether it was sent, and it is not tried again."""
    await _finish(desk, outgoing, holder, "uncertain", error=words, parts=parts)


async def put_off(
    desk: Desk,
    outgoing: Outgoing,
    holder: str,
    words: str,
    delay: timedelta,
    parts: tuple[str, ...] = (),
) -> None:
    """It was refused for now: tried again after `delay`, unless an agent took over meanwhile."""
    await _finish(desk, outgoing, holder, "queued", error=words, delay=delay, parts=parts)


async def retry(desk: Desk, message_id: UUID, by: Agent, *, on_purpose: bool = False) -> Message:
    """Send again what failed, and `on_purpose` also what may have arrived.

    What failed goes out under a new key, for a platform may have taken the old one before it failed;
    what is uncertain keeps its own. Raises NotFound, Uncertain, Unreachable while nothing can go
    there, and Settled for a message that neither failed nor is uncertain.
    """
    async with _unsent(desk, message_id, on_purpose=on_purpose) as (unit, row):
        capability = _capability(desk, row, row["channel"])
        await check_open(unit, row["connection_id"], capability, template=row["templated"])
        values = {"id": row["id"], "fresh": uuid7(), "at": unit.at}
        if row["status"] == "failed":
            await unit.connection.execute(SQL["keep_former"].encode(), {"id": row["id"]})
        await unit.connection.execute(SQL["requeue"].encode(), values)
        return await _tell(unit, message_id, _author(by))


async def move(
    desk: Desk, message_id: UUID, by: Agent, connection_id: UUID, *, on_purpose: bool = False
) -> Message:
    """Send by another connection what did not go out by its own; a note says so.

    The new delivery takes the old one's place, so what the old platform still tells of it is heard
    no more; a template goes on as words. Raises as `retry`, also where the customer is not known on
    that connection, and Invalid for the one that it failed on.
    """
    async with _unsent(desk, message_id, on_purpose=on_purpose) as (unit, row):
        if connection_id == row["connection_id"]:
            raise Invalid("That is the channel it failed on", "Choose another channel.")
        way = await way_to(desk, unit, connection_id)
        await check_open(unit, way.id, _capability(desk, row, way.channel))
        author = _author(by)
        note = Draft(
            id=uuid7(),
            text=f"{by.name} sent it again by {way.name}, as it did not go out"
            f" by {row['connection_name']}.",
            visibility="note",
        )
        place = {"message_id": message_id, "connection_id": way.id, "channel": way.channel}
        delivery = {
            "id": uuid7(),
            "message_id": message_id,
            "thread_id": unit.thread.id,
            "ticket_id": row["ticket_id"],
            "connection_id": way.id,
            "status": "sent" if way.channel in LIVE_CHANNELS else "queued",
            "at": unit.at,
        }
        await unit.connection.execute(SQL["keep_former"].encode(), {"id": row["id"]})
        await unit.connection.execute(SQL["take_back"].encode(), {"id": row["id"]})
        await unit.connection.execute(SQL["insert"].encode(), delivery)
        await unit.connection.execute(SQL["readdress"].encode(), place)
        moved = await _tell(unit, message_id, author)
        unit.emit("message.created", SYSTEM, message=add_message(unit, SYSTEM, note))
        return moved


@asynccontextmanager
async def _unsent(
    desk: Desk, message_id: UUID, *, on_purpose: bool
) -> AsyncGenerator[tuple[Work, dict[str, Any]]]:
    """The work on a delivery that did not go out, or perhaps did not."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["of_message"].encode(), {"message_id": message_id})
        row = await found.fetchone()
    if row is None:
        raise NotFound("The message")
    async with work(desk, ticket_id=row["ticket_id"]) as unit:
        row = await _one(unit, "of_message", message_id=message_id)
        if row is None:
            raise NotFound("The message")
        if row["status"] == "uncertain" and not on_purpose:
            raise Uncertain
        if row["status"] not in ("failed", "uncertain"):
            raise Settled
        yield unit, row


def _capability(desk: Desk, row: dict[str, Any], channel: str) -> Capability | None:
    """What counts for who wrote it: people may have longer than the assistant."""
    return desk.capabilities.get(channel) if row["by_a_person"] else None


def _author(agent: Agent) -> Author:
    return Author(kind="agent", id=agent.id, name=agent.name)


async def _finish(
    desk: Desk, outgoing: Outgoing, holder: str, status: DeliveryStatus, **given: Any
) -> None:
    async with work(desk, ticket_id=outgoing.message.ticket_id) as unit:
        row = await _one(unit, "one", id=outgoing.id)
        if row is None or row["status"] != "sending" or row["lease_holder"] != holder:
            return
        if status == "queued" and row["barred"]:
            status = "withheld"
        await _settle(unit, outgoing.id, outgoing.message.id, status, **given)


async def _settle(
    unit: Work,
    delivery_id: UUID,
    message_id: UUID,
    status: DeliveryStatus,
    *,
    error: str | None = None,
    external_id: str | None = None,
    delay: timedelta = timedelta(),
    parts: tuple[str, ...] = (),
) -> None:
    values = {
        "id": delivery_id,
        "status": status,
        "error": error,
        "external_id": external_id,
        "parts": list(parts) or None,
        "delay": delay,
        "at": unit.at,
    }
    await unit.connection.execute(SQL["settle"].encode(), values)
    await _tell(unit, message_id)


async def _tell(unit: Work, message_id: UUID, actor: Author = SYSTEM) -> Message:
    await unit.connection.execute(SQL["raise_message"].encode(), {"id": message_id})
    row = await _one(unit, "message", id=message_id)
    assert row is not None, "a delivery without its message"
    message = message_from(row)
    unit.emit("message.updated", actor, message=message)
    return message


async def _head(desk: Desk, thread_id: UUID, resting: Container[UUID]) -> dict[str, Any] | None:
    async with desk.pool.connection() as connection:
        found = await connection.execute(SQL["heads"].encode(), {"thread_id": thread_id})
        for row in await found.fetchall():
            able = row["well"] and row["connection_id"] not in resting
            if row["ready"] and (able or row["status"] == "sending"):
                return row
    return None


def _place(row: dict[str, Any]) -> Place | None:
    if row["place"] is None:
        return None
    return Place(
        place=row["place"],
        identity=row["identity"],
        community=row["community"],
        window_until=row["window_until"],
    )


async def _one(unit: Work, query: str, **values: Any) -> dict[str, Any] | None:
    return await (await unit.connection.execute(SQL[query].encode(), values)).fetchone()
