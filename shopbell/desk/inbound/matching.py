"""Where a mail belongs: which thread it answers, who its writer is there, and who may answer it.

A signed reply address counts first, then the ids that it answers, the last first; each names a
message of ours, or one that we had from a customer, and cannot be guessed. The mail goes into that
message's ticket. A writer who is not that thread's customer joins as a stranger. What answers
nothing goes to its sender's own thread, there by its subject: the proven one's, where the receiving
host stands behind the sender, else one that only claims to be.
A mail that its sender's domain disowns answers nothing, whatever it says.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from shopbell.desk.connections.types import Connection
from shopbell.desk.customers.commands import claimed_thread, thread_of
from shopbell.desk.database import Desk
from shopbell.desk.elsewhere.reads import is_claimed, thread_answered
from shopbell.desk.errors import DeskError
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.inbound.facts import Matched, take_in
from shopbell.desk.inbound.parts import sender_of
from shopbell.desk.inbound.types import Fact, Mail

ONE_ANSWER_EACH = timedelta(hours=1)
MOST_LOOKED_UP = 30
FLOODED_WITHIN, MOST_AN_HOUR = timedelta(hours=1), 60
FLOOD = (
    f"The {MOST_AN_HOUR}th mail here within an hour: further ones are held back unread, and can be read"
    " later with `shopbell replay`."
)
AGENT = "It says to be from one of our agents, and nothing proves it."
UNPROVEN = (
    "Answered from an address that was only left on the page: nobody has proven it is theirs."
)
LATELY = "Answered automatically within the last hour: people go on, so that no loop begins."


async def needs_no_row(desk: Desk, connection: Connection, fact: Fact) -> bool:
    """Whether a mail is no message to people: a delivery report, which its receipt tells, or our
    own mail coming back."""
    mail = _mail(fact)
    if mail.bounce:
        return True
    return await _answered(desk, connection, fact, mail.message_id, ours=True) is not None


async def place_mail(desk: Desk, connection: Connection, fact: Fact) -> Matched:
    """Where the mail belongs. A mail that answers one of ours shows that ours arrived.

    Raises DeskError for a mail that says nobody as its sender, and for those of a flood."""
    matched = await _placed(desk, connection, fact)
    since = desk.now() - FLOODED_WITHIN
    (lately,) = await desk.run(SQL["mails_lately"], thread_id=matched.thread_id, since=since)
    if lately["count"] >= MOST_AN_HOUR:
        raise DeskError(
            f"More than {MOST_AN_HOUR} mails within an hour from {sender_of(fact).value}",
            "They are held back: read them with `shopbell replay`.",
        )
    if lately["count"] == MOST_AN_HOUR - 1:
        return msgspec.structs.replace(matched, because=matched.because or FLOOD, warning=FLOOD)
    return matched


async def _placed(desk: Desk, connection: Connection, fact: Fact) -> Matched:
    mail, sender = _mail(fact), sender_of(fact)
    if not sender.value:
        raise DeskError("The mail names no sender", "Look at the original.")
    (ours,) = await desk.run(SQL["is_ours"], sender=sender.value)
    warning = mail.warning or (AGENT if ours["agent"] and not sender.verified else "")
    quiet = mail.auto_submitted or bool(ours["own"])
    if not warning:
        found, by = await _thread(desk, connection, fact)
        if found is not None:
            if found["delivery_id"] is not None:
                await take_in(desk, connection, _arrived(found["delivery_id"], fact))
            stranger = not found["known"]
            thread_id = found["thread_id"]
            unproven = await _unproven(desk, connection, fact, thread_id)
            return Matched(
                thread_id=thread_id,
                ticket_id=found["ticket_id"],
                by=by,
                stranger=stranger and not quiet,
                claimed=bool(unproven),
                quiet=quiet,
                because="" if stranger or quiet else unproven or await _because(desk, thread_id),
                warning=f"{sender.value} is not this conversation's customer." if stranger else "",
            )
    proven = sender.verified and not warning
    of = thread_of if proven else claimed_thread
    thread_id = await of(desk, sender.kind, sender.value, name=sender.name)
    because = "" if quiet else warning or await _because(desk, thread_id)
    return Matched(thread_id=thread_id, by="sender", quiet=quiet, because=because, warning=warning)


async def _thread(
    desk: Desk, connection: Connection, fact: Fact
) -> tuple[dict[str, Any] | None, str]:
    mail = _mail(fact)
    if fact.key:
        found = await _answered(desk, connection, fact, "", key=fact.key)
        if found is not None:
            return found, "reply address"
    names = dict.fromkeys([mail.in_reply_to, *reversed(mail.references)])
    for name in [one for one in names if one][:MOST_LOOKED_UP]:
        found = await _answered(desk, connection, fact, name)
        if found is not None:
            return found, "in reply to" if name == mail.in_reply_to else "references"
    return None, ""


async def _answered(
    desk: Desk, connection: Connection, fact: Fact, name: str, *, key: str = "", ours: bool = False
) -> dict[str, Any] | None:
    """The thread of a mail that is called so, or went out by this delivery."""
    rows = await desk.run(
        SQL["thread_answered"],
        connection_id=connection.id,
        external_id=name or None,
        key=_uuid(key or name.strip("<>").partition("@")[0]),
        sender=sender_of(fact).value,
    )
    found = rows[0] if rows else None
    return None if found is None or (ours and found["delivery_id"] is None) else found


async def place_text(desk: Desk, connection: Connection, fact: Fact) -> Matched | None:
    """Where a message from an address belongs that was left on the page of another thread, if our
    last reply there was that thread's."""
    capability = desk.capabilities.get(connection.channel)
    if capability is None or capability.reply_window is not None or sender_of(fact).kind != "phone":
        return None
    thread_id = await thread_answered(desk, connection.id, sender_of(fact).value)
    return (
        Matched(thread_id=thread_id, by="answer", claimed=True, because=UNPROVEN)
        if thread_id
        else None
    )


async def _unproven(desk: Desk, connection: Connection, fact: Fact, thread_id: UUID) -> str:
    claimed = await is_claimed(desk, connection.id, thread_id, sender_of(fact).value)
    return UNPROVEN if claimed else ""


async def _because(desk: Desk, thread_id: UUID) -> str:
    """Why people answer this: the assistant did so within the hour."""
    since = desk.now() - ONE_ANSWER_EACH
    return (
        LATELY if await desk.run(SQL["answered_lately"], thread_id=thread_id, since=since) else ""
    )


def _arrived(delivery: UUID, fact: Fact) -> Fact:
    return Fact(kind="receipt", key=str(delivery), state="delivered", at=fact.at)


def _mail(fact: Fact) -> Mail:
    assert fact.mail is not None, "only mails are matched"
    return fact.mail


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
