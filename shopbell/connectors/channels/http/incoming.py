"""What the shop's own system posts: one event in one form for each kind of fact."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from shopbell.desk.inbound.types import Fact, FactKind, File, Sender

KIND = "http"


class Person(Struct, frozen=True, kw_only=True):
    """Who wrote, by the shop's own name for them."""

    id: str
    name: str = ""


class Attached(Struct, frozen=True, kw_only=True):
    """A file; `data` is base64 of its bytes."""

    name: str = "file"
    media_type: str = ""
    data: bytes


class Data(Struct, frozen=True, kw_only=True):
    """The event. `id` is the message's, in every kind; `state` is a receipt's, a reaction's or
    typing's; `place` is given back with each answer."""

    id: str = ""
    sender: Person | None = msgspec.field(default=None, name="from")
    text: str = ""
    at: datetime | None = None
    reply_to: str = ""
    state: str = ""
    place: str = ""
    key: str = ""
    attachments: list[Attached] = []


class Incoming(Struct, frozen=True, kw_only=True):
    """One event as it is posted."""

    type: Literal[
        "message.created",
        "message.edited",
        "message.removed",
        "reaction",
        "receipt",
        "typing",
        "echo",
        "opt_out",
    ]
    data: Data


_KINDS: dict[str, FactKind] = {
    "message.created": "message",
    "message.edited": "edit",
    "message.removed": "deletion",
    "reaction": "reaction",
    "receipt": "receipt",
    "typing": "typing",
    "echo": "echo",
    "opt_out": "opt_out",
}
_NAMED: tuple[FactKind, ...] = ("message", "edit", "deletion", "reaction", "echo")
_BY_SOMEBODY: tuple[FactKind, ...] = ("message", "reaction", "typing", "echo", "opt_out")


def fact_of(event: Any) -> Fact:
    """The event's fact; `other` with words for whatever is not of this form."""
    try:
        told = msgspec.convert(event, Incoming, str_keys=True)
    except msgspec.ValidationError as wrong:
        return Fact(kind="other", words=str(wrong))
    kind, data = _KINDS[told.type], told.data
    if kind in _NAMED and not data.id:
        return Fact(kind="other", words=f"{told.type} without data.id")
    if kind in _BY_SOMEBODY and (data.sender is None or not data.sender.id):
        return Fact(kind="other", words=f"{told.type} without data.from.id")
    who = data.sender
    return Fact(
        kind=kind,
        external_id=data.id[:500],
        sender=Sender(kind=KIND, value=who.id[:500], name=who.name[:200]) if who else None,
        at=_utc(data.at),
        text=data.text,
        reply_to=data.reply_to[:500],
        state=data.state[:40],
        place=data.place[:500],
        key=data.key[:100],
        attachments=tuple(
            File(name=one.name, media_type=one.media_type, data=one.data, size=len(one.data))
            for one in data.attachments
        ),
    )


def _utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
