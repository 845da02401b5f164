"""What became of a command that a frame asked for: its ack, a refusal, or nothing to say."""

from collections.abc import Awaitable
from typing import TypeVar
from uuid import UUID

from shopbell.realtime.frames import Refusal
from shopbell.server.audit import note_refusal
from shopbell.server.doors import FORESEEN, problem_in

Ack = TypeVar("Ack")


async def acked_or_refused(sent_id: UUID, command: Awaitable[Ack], who: str) -> Ack | Refusal:
    """The ack of what was sent under an id, once it stands, or why it was not done. While the
    database is away that is a refusal with `retry_after`, never an ack."""
    try:
        return await command
    except FORESEEN as error:
        note_refusal(error, who=who, door="socket")
        return Refusal(id=sent_id, problem=problem_in(error))


async def done_or_dropped(command: Awaitable[None], who: str) -> None:
    """Do what has no answer of its own: read positions, typing, viewing."""
    try:
        await command
    except FORESEEN as error:
        note_refusal(error, who=who, door="socket")
