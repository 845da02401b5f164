"""What was said elsewhere before: whole conversations as another desk or a platform hands them over."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.messages.types import AuthorKind
from shopbell.desk.tickets.types import Priority


class PastMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message as it was said. `external_id` is the other side's name for it, by which it is
    written once; `agent_id` one of our people, where `author` is an agent who is known here."""

    external_id: str
    author: AuthorKind
    at: datetime
    text: str
    html: str | None = None
    name: str = ""
    agent_id: UUID | None = None
    note: bool = False


class PastTicket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A matter that is over, with its messages in their order; `external_id` names it for good."""

    external_id: str
    messages: tuple[PastMessage, ...]
    subject: str = ""
    status: Literal["resolved", "closed"] = "closed"
    priority: Priority = "normal"
    tags: tuple[str, ...] = ()


class PastThread(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that one customer and the shop said. `kind` and `value` are who they are, as a channel
    vouches for them; `place` is where an answer goes by the connection, empty where none can."""

    kind: str
    value: str
    tickets: tuple[PastTicket, ...]
    name: str = ""
    language: str | None = None
    place: str = ""


class Brought(Struct, kw_only=True):
    """What an import wrote, and how many of its messages stood already. `elsewhere` counts messages
    of tickets that are by now another customer's: they are left out."""

    customers: int = 0
    tickets: int = 0
    messages: int = 0
    known: int = 0
    elsewhere: int = 0

    def add(self, other: "Brought") -> None:
        """Count another import's in."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
