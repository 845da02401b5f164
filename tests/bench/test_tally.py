import asyncio

from bench.tally import Counts, Tally, total
from shopbell.desk.ids import uuid7


def test_time_counts_from_when_it_was_meant_to_be_said() -> None:
    tally, message = Tally(), uuid7()
    tally.said(message, 10.0)

    tally.heard(message, 10.25)

    assert tally.took == [0.25]
    assert tally.counts() == Counts(said=1, heard=1, lost=0, doubled=0, reordered=0)


def test_what_never_comes_is_lost_and_what_comes_again_is_doubled_and_timed_once() -> None:
    tally, came, gone = Tally(), uuid7(), uuid7()
    tally.said(came, 0.0)
    tally.said(gone, 0.0)

    for at in (1.0, 2.0, 3.0):
        tally.heard(came, at)

    assert tally.missing == 1
    assert tally.took == [1.0]
    assert tally.counts() == Counts(said=2, heard=1, lost=1, doubled=2, reordered=0)


def test_order_is_kept_within_one_thread_and_not_between_two() -> None:
    tally, one, other = Tally(), uuid7(), uuid7()
    messages = [uuid7() for _ in range(4)]
    for message in messages:
        tally.said(message, 0.0)

    for message, (order, seq) in zip(
        messages, ((one, 1), (one, 3), (other, 1), (one, 2)), strict=True
    ):
        tally.heard(message, 1.0, order=order, seq=seq)

    assert tally.counts().reordered == 1


def test_what_others_say_is_nobodys_business() -> None:
    tally = Tally()

    tally.heard(uuid7(), 1.0)

    assert tally.counts().heard == 0


def test_the_refused_are_told_apart_from_the_lost() -> None:
    tally = Tally()
    tally.said(uuid7(), 0.0)
    tally.refused += 1

    counts = total([tally.counts(), Counts(said=2, heard=1, lost=1, doubled=0, reordered=0)])

    assert counts == Counts(said=3, heard=1, lost=1, doubled=0, reordered=0, refused=1)


async def test_waiting_ends_with_the_last_message_or_with_patience() -> None:
    tally, first, second = Tally(), uuid7(), uuid7()
    tally.said(first, 0.0)
    tally.said(second, 0.0)
    tally.heard(first, 1.0)
    waiting = asyncio.create_task(tally.complete(60))
    await asyncio.sleep(0)

    tally.heard(second, 1.0)
    await waiting

    tally.said(uuid7(), 0.0)
    await tally.complete(0.01)
    assert tally.missing == 1
