"""Replies that wait a moment before they go."""

from uuid import UUID

from msgspec import Struct

from shopbell.desk.connections.types import Filling
from shopbell.desk.messages.types import Draft

LONGEST_S = 30


class Sending(Struct, frozen=True, kw_only=True):
    """How a held reply is to go: what it says, by which connection, as which template, and whether
    that settles its ticket."""

    draft: Draft
    by: UUID | None = None
    template: Filling | None = None
    resolve: bool = False


class HeldProblem(Struct, frozen=True, kw_only=True):
    """Why it did not go when its time had come, as a problem document says it."""

    type: str
    title: str
    status: int
    detail: str = ""
    holder: str = ""


class HeldReply(Struct, frozen=True, kw_only=True):
    """A reply that waits. It goes in `left_s` seconds, unless a `problem` holds it. Its id is the
    draft's, and then the message's."""

    ticket_id: UUID
    sending: Sending
    left_s: float
    problem: HeldProblem | None = None
