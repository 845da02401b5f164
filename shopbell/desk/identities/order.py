"""The order of two threads as one: by time, and each in its own order.

Pure, so that it can be tried on anything. What a thread holds keeps the order it had there,
whatever its clocks said: a message counts as no older than those before it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Line(Struct, frozen=True, kw_only=True):
    """As much of a message as its place depends on."""

    id: UUID
    thread_id: UUID
    ticket_id: UUID
    seq: int
    at: datetime
    home_id: UUID
    author_kind: str
    visibility: str
    connection_id: UUID | None = None
    sender: str = ""


def merged(kept: Sequence[Line], come: Sequence[Line]) -> list[tuple[Line, int]]:
    """Both lists, each in the order of its seq, as one with the seq each message gets. Of two at one
    moment the kept one comes first. A kept message's seq never falls, so that what was read by
    number stays read."""
    found: list[tuple[Line, int]] = []
    last, theirs = 0, come[0].thread_id if come else None
    for line in _by_time(kept, come):
        last = max(last + 1, 0 if line.thread_id == theirs else line.seq)
        found.append((line, last))
    return found


def _by_time(kept: Sequence[Line], come: Sequence[Line]) -> Iterator[Line]:
    ours, theirs = deque(_no_older(kept)), deque(_no_older(come))
    while ours or theirs:
        first = ours if ours and (not theirs or ours[0][0] <= theirs[0][0]) else theirs
        yield first.popleft()[1]


def _no_older(lines: Sequence[Line]) -> Iterator[tuple[datetime, Line]]:
    at: datetime | None = None
    for line in lines:
        at = line.at if at is None or line.at > at else at
        yield at, line


def read_upto(lines: Sequence[tuple[Line, int]], kept_seq: int, come: tuple[UUID, int]) -> int:
    """How far somebody has read both as one, who read the kept thread to `kept_seq` and the other,
    named with its seq: what they read of the kept one, and on from there while nothing is unread."""
    thread_id, come_seq = come
    upto = 0
    for line, seq in lines:
        if line.thread_id != thread_id and line.seq <= kept_seq:
            upto = seq
    for line, seq in lines:
        read = line.seq <= (come_seq if line.thread_id == thread_id else kept_seq)
        if seq > upto and not read:
            break
        upto = max(upto, seq)
    return upto
