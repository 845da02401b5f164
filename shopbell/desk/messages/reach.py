"""Whether a reply can go out, by the ticket's channel or by another that its author chose: asked
before it is written, so that nobody types, sends and never learns that it did not arrive."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shopbell.desk.connections.reads import SQL as CONNECTIONS
from shopbell.desk.connections.reads import connection_from, contact_values, contacts_from
from shopbell.desk.connections.types import LIVE_CHANNELS, Capability, Connection, Contact
from shopbell.desk.database import Desk
from shopbell.desk.errors import DeskError, Invalid
from shopbell.desk.messages.types import Attachment
from shopbell.desk.work import SQL, Work

_MB = 1_000_000
MARKETING = "MARKETING"


class Unreachable(DeskError):
    """The channel does not take this reply now; the detail says what to do instead."""

    kind = "unreachable"


async def way_to(desk: Desk, unit: Work, connection_id: UUID) -> Connection:
    """The connection, with a place on it for the thread's customer, made where an address that they
    proved elsewhere serves. Raises Unreachable where they are not known, or no longer."""
    named = {"id": connection_id}
    found = await unit.connection.execute(CONNECTIONS["way"].encode(), named)
    row = await found.fetchone()
    known = await unit.connection.execute(
        CONNECTIONS["contacts"].encode(), contact_values(desk, [unit.thread.id])
    )
    contact = next(
        (
            one
            for one in contacts_from(await known.fetchall())
            if one.connection_id == connection_id
        ),
        None,
    )
    if row is None or contact is None:
        raise Unreachable("The customer cannot be reached that way", "Choose another channel.")
    if lacks_consent(desk.capabilities, contact):
        raise Unreachable("They have not agreed to messages there", "Ask them first, here.")
    if row["channel"] not in LIVE_CHANNELS:
        values = {
            "connection_id": connection_id,
            "thread_id": unit.thread.id,
            "place": contact.place,
            "identity": contact.identity,
            "at": unit.at,
        }
        await unit.connection.execute(CONNECTIONS["meet"].encode(), values)
    return connection_from(row)


def lacks_consent(capabilities: Mapping[str, Capability], contact: Contact) -> bool:
    """Whether a number is only known to be theirs: nobody gets text messages they did not ask for."""
    capability = capabilities.get(contact.channel)
    return contact.consent == "known" and capability is not None and capability.sender == "phone"


def check_fits(capability: Capability | None, text: str, files: tuple[Attachment, ...]) -> None:
    """Raise Invalid for what the channel does not carry."""
    if files:
        _check_files(capability, files)
    if capability is not None and len(text) > capability.max_text:
        raise Invalid(
            f"{capability.label} takes {capability.max_text:,} characters; this has {len(text):,}",
            "Shorten it, or send it in parts.",
        )


async def check_open(
    unit: Work,
    connection_id: UUID,
    capability: Capability | None = None,
    *,
    template: bool = False,
    category: str = "",
    personal: bool = False,
) -> None:
    """Raise Unreachable while nothing can go to the thread's customer by this connection. Templates
    go out after the window, but those of the `category` of advertising not to who wants none. What is
    `personal` goes to no address that nobody has proven."""
    found = await unit.connection.execute(
        SQL["reach"].encode(), {"thread_id": unit.thread.id, "connection_id": connection_id}
    )
    row = await found.fetchone()
    if row is None:
        return
    if row["health"] in ("reconnect", "off"):
        words = row["health_words"] or "Connect it again in the settings."
        raise Unreachable(f"{row['name']} is not connected", words)
    if row["opted_out_at"] is not None:
        raise Unreachable(
            "The customer asked for no more messages here", "Use another way they agreed to."
        )
    if personal and row["claimed"]:
        raise Unreachable(
            "Nobody has proven that this address is theirs",
            "What tells of an order, and files, they get on the page alone.",
        )
    if category == MARKETING and row["no_marketing_at"] is not None:
        raise Unreachable(
            "The customer asked for no advertising here", "Choose a template that is none."
        )
    if not template and not _window_is_open(unit, capability, row):
        raise Unreachable(
            "The time for free answers here is over",
            "Send a template, or use another channel they are known on.",
        )


def _window_is_open(unit: Work, capability: Capability | None, row: dict[str, Any]) -> bool:
    until = row["window_until"]
    return until is None or until > unit.at or open_for_people(capability, row["heard_at"], unit.at)


def open_for_people(
    capability: Capability | None, heard_at: datetime | None, now: datetime
) -> bool:
    """Whether the channel still takes what people write, though its window is shut for others."""
    if capability is None or capability.human_window is None or heard_at is None:
        return False
    return now < heard_at + timedelta(hours=capability.human_window)


def _check_files(capability: Capability | None, files: tuple[Attachment, ...]) -> None:
    label = capability.label if capability else "This channel"
    if capability is None or not capability.media_types:
        raise Invalid(f"{label} carries no files", "Send the words, and a link to the file.")
    for file in files:
        if not any(_fits(file.media_type, one) for one in capability.media_types):
            raise Invalid(
                f"{label} does not take {file.name}", "Send the words, and a link to the file."
            )
        if capability.max_file and file.size > capability.max_file:
            most = capability.max_file // _MB
            raise Invalid(f"{label} takes files up to {most} MB", f"{file.name} is larger.")


def _fits(media_type: str, pattern: str) -> bool:
    return pattern in ("*/*", media_type) or (
        pattern.endswith("/*") and media_type.startswith(pattern[:-1])
    )
