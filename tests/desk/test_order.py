"""Two threads as one, whatever their messages and clocks are."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from shopbell.desk.identities.order import Line, merged, read_upto

FIRST = datetime(2026, 11, 25, tzinfo=UTC)
OURS, THEIRS = UUID(int=1), UUID(int=2)


def lines(thread: UUID, steps: list[tuple[int, int]]) -> list[Line]:
    """A thread's messages: each so many seqs and minutes after the one before; clocks may go back."""
    found: list[Line] = []
    seq, minutes = 0, 0
    for ahead, later in steps:
        seq, minutes = seq + ahead, minutes + later
        found.append(
            Line(
                id=uuid5(thread, str(seq)),
                thread_id=thread,
                ticket_id=thread,
                seq=seq,
                at=FIRST + timedelta(minutes=minutes),
                home_id=thread,
                author_kind="customer",
                visibility="public",
            )
        )
    return found


threads = st.lists(st.tuples(st.integers(1, 3), st.integers(-2, 9)), max_size=12)


@given(threads, threads)
def test_each_keeps_its_order_and_nothing_is_lost_or_doubled(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    kept, come = lines(OURS, ours), lines(THEIRS, theirs)
    placed = merged(kept, come)
    assert [line for line, _ in placed if line.thread_id == OURS] == kept
    assert [line for line, _ in placed if line.thread_id == THEIRS] == come
    seqs = [seq for _, seq in placed]
    assert seqs == sorted(set(seqs))
    assert all(seq >= line.seq for line, seq in placed if line.thread_id == OURS)


@given(threads, threads)
def test_where_clocks_go_on_it_is_the_order_of_time(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    forward = [[(ahead, abs(later)) for ahead, later in one] for one in (ours, theirs)]
    placed = merged(lines(OURS, forward[0]), lines(THEIRS, forward[1]))
    times = [line.at for line, _ in placed]
    assert times == sorted(times)


@given(threads, threads, st.integers(0, 40), st.integers(0, 40))
def test_what_was_read_of_the_kept_thread_stays_read(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]], ours_read: int, theirs_read: int
) -> None:
    placed = merged(lines(OURS, ours), lines(THEIRS, theirs))
    upto = read_upto(placed, ours_read, (THEIRS, theirs_read))
    assert all(
        seq <= upto for line, seq in placed if line.thread_id == OURS and line.seq <= ours_read
    )
    unread = [seq for line, seq in placed if line.thread_id == OURS and line.seq > ours_read]
    assert all(seq > upto for seq in unread)
