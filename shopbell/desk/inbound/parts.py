"""What the parts of a fact mean to the desk: who, where, what was said, and of which message."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shopbell.desk.connections.types import Connection, Place
from shopbell.desk.database import Desk
from shopbell.desk.inbound.types import Fact, Sender
from shopbell.desk.messages.types import MAX_TEXT

CUT = "\n… (cut here: the whole text is in the original)"
WORDLESS = "(a message without words)"


class TooEarly(Exception):
    """What the fact is about is not there yet: read it again later."""


def sender_of(fact: Fact) -> Sender:
    """Who a fact is about; a connector that leaves it out is at fault."""
    assert fact.sender is not None, f"a {fact.kind} without a sender"
    return fact.sender


def place_of(desk: Desk, fact: Fact) -> Place:
    """Where an answer goes, and until when it is free."""
    sender, at = sender_of(fact), fact.at or desk.now()
    hours = fact.window_hours
    return Place(
        place=fact.place or sender.value,
        identity=sender.value,
        community=fact.community,
        window_until=at + timedelta(hours=hours) if hours is not None else None,
    )


def text_of(fact: Fact) -> str:
    """What was said, cut to what a message may hold."""
    text = (fact.mail.reply_text or fact.text) if fact.mail else fact.text
    if len(text) > MAX_TEXT:
        return text[: MAX_TEXT - len(CUT)] + CUT
    return text if text.replace("\x00", "").strip() or fact.attachments else WORDLESS


def named_in(connection: Connection, fact: Fact) -> dict[str, Any]:
    """The values by which queries find the message that a fact is about."""
    try:
        key = UUID(fact.key) if fact.key else None
    except ValueError:
        key = None
    return {"connection_id": connection.id, "external_id": fact.external_id or None, "key": key}
