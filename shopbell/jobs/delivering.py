"""Sending what is queued, in each thread's order, and trying again what may yet succeed."""

import random
from datetime import timedelta
from functools import partial
from uuid import UUID

import msgspec
import structlog

from shopbell.desk.attachments.reads import kept_file
from shopbell.desk.attachments.types import StorageAway
from shopbell.desk.connections import commands as connections
from shopbell.desk.connections.templates import doubt_templates
from shopbell.desk.connections.types import Capability
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent, Unknown
from shopbell.desk.elsewhere.words import below
from shopbell.desk.messages.personal import is_personal
from shopbell.desk.messages.reach import open_for_people
from shopbell.jobs.leases import LEASE, beating, new_holder
from shopbell.jobs.room import Room

log = structlog.get_logger()

MOST_TRIES = 14
LONGEST_WAIT = 600.0
SEALED = "This connection's credentials cannot be opened with the present key: connect it again."
OVERHEARD = "Others read that place, and this is personal: write to the customer directly."
UNPROVEN = (
    "This address was only left on the page, and this tells of an order or carries a file: answer"
    " them on the page, or have them prove the address."
)
LONGEST_ASKED = 3600.0
"""Seconds: a platform that asks for more patience than this is asked again all the same."""


async def deliver_thread(room: Room, thread_id: UUID) -> None:
    """Send what the thread has ready, one message after the other."""
    holder = new_holder()
    while True:
        outgoing = await deliveries.claim(
            room.desk,
            thread_id,
            holder,
            LEASE,
            repeatable=room.repeatable,
            resting=room.resting,
        )
        if outgoing is None:
            return
        async with beating(
            partial(deliveries.beat, room.desk, outgoing.id, holder, LEASE), _nothing
        ):
            result = await _send(room, outgoing)
        await _settle(room, outgoing, holder, result)


async def _send(room: Room, outgoing: Outgoing) -> Sent | Refused | Unknown:
    channel = room.channels.get(outgoing.connection.channel)
    if channel is None:
        name = outgoing.connection.channel
        return Refused(
            words=f"Shopbell cannot send by {name} yet: use another way.", permanent=True
        )
    barred = _barred(room, outgoing)
    if barred:
        return Refused(words=barred, permanent=True)
    if _would_be_overheard(outgoing):
        if not channel.capability.community:
            return Refused(words=OVERHEARD, permanent=True)
        outgoing = msgspec.structs.replace(outgoing, private=True)
    if outgoing.claimed:
        outgoing = _with_its_reason(channel.capability, outgoing)
    try:
        return await channel.send(_opened(room, outgoing))
    except Sealed:
        return Refused(words=SEALED, health="reconnect")
    except StorageAway:
        return Refused(words="Its files cannot be read just now; this is tried again.")
    except Exception:
        log.exception("delivery broke", delivery=str(outgoing.id))
        return Unknown(words="Sending broke on our side: see the worker's log.")


def _barred(room: Room, outgoing: Outgoing) -> str:
    """Why this must not be sent at all, in words that say what to do."""
    if outgoing.opted_out:
        return (
            "The customer asked for no more messages here: use another way, if they agreed to it."
        )
    if outgoing.claimed and is_personal(outgoing.message):
        return UNPROVEN
    if not _window_is_open(room, outgoing):
        return "The time for free answers here is over: send a template, or use another channel."
    return ""


def _with_its_reason(capability: Capability, outgoing: Outgoing) -> Outgoing:
    """A reply to an address that was left on the page says so, and how that ends."""
    kind = "phone" if capability.sender == "phone" else "email"
    text = below(outgoing.message.text, outgoing.language, kind)
    told = msgspec.structs.replace(outgoing.message, text=text)
    return msgspec.structs.replace(outgoing, message=told)


def _window_is_open(room: Room, outgoing: Outgoing) -> bool:
    to, now = outgoing.to, room.desk.now()
    if to is None or to.window_until is None or to.window_until > now:
        return True
    if outgoing.message.template is not None:
        return True
    capability = room.desk.capabilities.get(outgoing.connection.channel)
    by_a_person = outgoing.message.author.kind == "agent"
    return by_a_person and open_for_people(capability, outgoing.heard_at, now)


def _would_be_overheard(outgoing: Outgoing) -> bool:
    """Whether others would read what is the customer's own."""
    return outgoing.to is not None and outgoing.to.community and is_personal(outgoing.message)


def _opened(room: Room, outgoing: Outgoing) -> Outgoing:
    """The delivery with its credentials and files, for its connector alone. Raises Sealed."""
    files = tuple(
        OutgoingFile(
            name=one.name,
            media_type=one.media_type,
            size=one.size,
            read=partial(_bytes_of, room, one.id),
            url=room.addresses.for_shopper(one).url,
        )
        for one in outgoing.message.attachments
        if not one.state
    )
    credentials = room.vault.open(outgoing.connection.id, outgoing.sealed)
    hook = room.addresses.of_hook(outgoing.connection.id)
    return msgspec.structs.replace(outgoing, credentials=credentials, files=files, hook=hook)


async def _bytes_of(room: Room, file_id: UUID) -> bytes:
    kept = await kept_file(room.desk, file_id)
    return b"".join([piece async for piece in await room.files.get(kept.storage_key)])


async def _settle(
    room: Room, outgoing: Outgoing, holder: str, result: Sent | Refused | Unknown
) -> None:
    desk, connection = room.desk, outgoing.connection
    if isinstance(result, Sent):
        room.resting.worked(connection.id)
        await deliveries.sent(desk, outgoing, holder, result.external_id, result.parts)
        await connections.sent(desk, connection.id)
        if connection.health == "degraded":
            await connections.set_health(desk, connection.id, "ok", by="send")
        return
    code = result.code if isinstance(result, Refused) else ""
    log.warning("delivery refused", delivery=str(outgoing.id), code=code, words=result.words)
    await _learn(room, outgoing, result)
    if isinstance(result, Unknown) and not room.repeatable(outgoing.connection.channel):
        await deliveries.uncertain(desk, outgoing, holder, result.words, result.parts)
    elif isinstance(result, Refused) and result.permanent:
        await deliveries.failed(desk, outgoing, holder, result.words, result.parts)
    elif outgoing.attempts >= MOST_TRIES:
        words = f"Given up after {outgoing.attempts} tries. {result.words}"
        await deliveries.failed(desk, outgoing, holder, words, result.parts)
    else:
        asked = (result.retry_after if isinstance(result, Refused) else None) or 0.0
        delay = max(backoff(outgoing.attempts), min(asked, LONGEST_ASKED))
        wait = timedelta(seconds=delay)
        await deliveries.put_off(desk, outgoing, holder, result.words, wait, result.parts)


async def _learn(room: Room, outgoing: Outgoing, result: Refused | Unknown) -> None:
    """What a failed sending says of the connection as a whole."""
    connection = outgoing.connection
    if isinstance(result, Unknown):
        room.resting.failed(connection.id)
        return
    if result.health is not None:
        await connections.set_health(
            room.desk, connection.id, result.health, result.words, by="send"
        )
    if result.permanent:
        if outgoing.message.template is not None:
            await doubt_templates(room.desk, connection.id)
        room.resting.worked(connection.id)
        return
    if result.whole and result.retry_after:
        room.resting.rest(connection.id, min(result.retry_after, LONGEST_ASKED))
    else:
        room.resting.failed(connection.id)


def backoff(attempts: int) -> float:
    """Seconds until the next try: doubling from one, at most ten minutes, spread by half."""
    longest = min(2.0 ** (attempts - 1), LONGEST_WAIT)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - a spread, no secret


async def _nothing() -> None:
    """A lease lost while sending changes nothing: what was sent cannot be taken back."""
