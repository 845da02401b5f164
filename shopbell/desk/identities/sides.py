"""Whose each message of a joined thread is, once its customers are parted again.

What stood before the joining goes where it stood. What came after it goes to whoever goes by the
address it came from; what we wrote, with the message that it answers. Pure.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from shopbell.desk.identities.order import Line
from shopbell.desk.tickets.types import Ticket


class Leaving(Struct, frozen=True, kw_only=True):
    """Who leaves: the threads they had, and the addresses that are theirs alone. `chats` says that
    of the two only they chat on the shop's page."""

    threads: frozenset[UUID]
    addresses: frozenset[str]
    since: datetime
    chats: bool = False


def leaving_lines(
    lines: Sequence[Line], leaving: Leaving, live: AbstractSet[UUID]
) -> frozenset[UUID]:
    """The messages that go with them. `live` are connections on which nobody has an address."""
    going: set[UUID] = set()
    last: dict[UUID | None, bool] = {}
    for line in lines:
        goes = _goes(line, leaving, live, last)
        if line.author_kind == "customer":
            last[line.connection_id] = goes
        if goes:
            going.add(line.id)
    return frozenset(going)


def _goes(
    line: Line, leaving: Leaving, live: AbstractSet[UUID], last: Mapping[UUID | None, bool]
) -> bool:
    if line.home_id in leaving.threads:
        return True
    if line.at < leaving.since:
        return False
    if line.author_kind != "customer":
        return last.get(line.connection_id, False)
    if line.sender:
        return line.sender in leaving.addresses
    return leaving.chats and line.connection_id in live


def leaving_tickets(
    tickets: Sequence[Ticket],
    homes: Mapping[UUID, UUID],
    lines: Mapping[UUID, Sequence[Line]],
    leaving: Leaving,
    going: AbstractSet[UUID],
) -> frozenset[UUID]:
    """The tickets that go with them: their own, and those since then that one of their messages
    opened."""
    found: set[UUID] = set()
    for ticket in tickets:
        own = lines.get(ticket.id, ())
        theirs = homes[ticket.id] in leaving.threads
        opened = ticket.created_at >= leaving.since and bool(own) and own[0].id in going
        if theirs or opened:
            found.add(ticket.id)
    return frozenset(found)
