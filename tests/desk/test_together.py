"""Messages that arrive while others are written: in one transaction, and none for another's fault."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from shopbell.desk.database import Desk, open_desk
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.gathered import AT_ONCE, MOST, Asked, Gathered
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.together import work_together
from shopbell.desk.work import SYSTEM, Work
from tests.desk.conftest import Shop

MANY = 24


@pytest.fixture
async def busy(database_url: str) -> AsyncIterator[Desk]:
    """A desk beside the shop's own, with fewer connections than there are messages."""
    async with open_desk(database_url, size=4) as desk:
        yield desk


def draft(text: str = "Does it run small?", message_id: UUID | None = None) -> Draft:
    return Draft(id=message_id or uuid7(), text=text)


async def seqs(shop: Shop, thread: UUID) -> list[int]:
    rows = await shop.desk.run(
        "SELECT seq FROM message WHERE thread_id = %(t)s ORDER BY seq", t=thread
    )
    return [row["seq"] for row in rows]


async def transactions(shop: Shop) -> int:
    """In how many transactions messages were written."""
    return (await shop.desk.run("SELECT count(DISTINCT xmin::text) AS n FROM message"))[0]["n"]


async def test_many_threads_messages_take_few_transactions(shop: Shop, busy: Desk) -> None:
    threads = [await shop.thread() for _ in range(MANY)]

    written = await asyncio.gather(
        *(receive(busy, thread, shop.connection, draft()) for thread in threads)
    )

    assert await transactions(shop) <= AT_ONCE + 1
    assert [one.message.thread_id for one in written] == threads
    assert len({one.ticket.number for one in written}) == MANY
    assert await shop.count("outbox") == MANY


async def test_one_threads_messages_keep_their_order_and_numbers(shop: Shop, busy: Desk) -> None:
    thread, others = await shop.thread(), [await shop.thread() for _ in range(MANY)]

    written = await asyncio.gather(
        *(receive(busy, thread, shop.connection, draft(str(n))) for n in range(MANY)),
        *(receive(busy, other, shop.connection, draft()) for other in others),
    )

    assert [one.message.seq for one in written[:MANY]] == list(range(1, MANY + 1))
    assert await seqs(shop, thread) == list(range(1, MANY + 1))
    told = await shop.desk.run(
        "SELECT payload #>> '{message,seq}' AS seq FROM outbox WHERE thread_id = %(t)s ORDER BY id",
        t=thread,
    )
    assert [int(row["seq"]) for row in told] == list(range(1, MANY + 1))


async def test_the_same_message_from_many_doors_is_written_once(shop: Shop, busy: Desk) -> None:
    thread, said = await shop.thread(), draft()

    written = await asyncio.gather(
        *(receive(busy, thread, shop.connection, said) for _ in range(MANY))
    )

    assert sorted(one.repeated for one in written) == [False] + [True] * (MANY - 1)
    assert await shop.count("message") == 1
    assert await shop.count("outbox") == 1


async def test_an_id_that_two_threads_claim_fails_one_of_them_alone(shop: Shop, busy: Desk) -> None:
    claimed = uuid7()
    rivals = [await shop.thread() for _ in range(2)]
    others = [await shop.thread() for _ in range(MANY)]

    came = await asyncio.gather(
        *(receive(busy, one, shop.connection, draft()) for one in others[:AT_ONCE]),
        *(receive(busy, one, shop.connection, draft(message_id=claimed)) for one in rivals),
        *(receive(busy, one, shop.connection, draft()) for one in others[AT_ONCE:]),
        return_exceptions=True,
    )

    failed = [one for one in came if isinstance(one, BaseException)]
    assert [type(one) for one in failed] == [NotFound]
    assert await shop.count("message") == MANY + 1
    assert await shop.count("outbox") == MANY + 1


async def test_what_fails_or_is_not_there_fails_nobody_else(shop: Shop, busy: Desk) -> None:
    threads = [await shop.thread() for _ in range(MANY)]
    broken = await shop.thread()

    async def refuse(unit: Work) -> None:
        unit.change_thread(last_seq=99)
        raise Invalid("No", "Not this one.")

    came = await asyncio.gather(
        *(receive(busy, one, shop.connection, draft()) for one in threads[:AT_ONCE]),
        work_together(busy, broken, uuid7(), refuse),
        receive(busy, uuid7(), shop.connection, draft()),
        *(receive(busy, one, shop.connection, draft()) for one in threads[AT_ONCE:]),
        return_exceptions=True,
    )

    failed = [one for one in came if isinstance(one, BaseException)]
    assert [type(one) for one in failed] == [Invalid, NotFound]
    assert await shop.count("message") == MANY
    assert await seqs(shop, broken) == []


async def test_a_thread_that_another_transaction_holds_keeps_nobody_else_waiting(
    shop: Shop, busy: Desk
) -> None:
    held, others = await shop.thread(), [await shop.thread() for _ in range(MANY)]
    async with shop.desk.pool.connection() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM thread WHERE id = %s FOR UPDATE", (held,))
        waiting = asyncio.create_task(receive(busy, held, shop.connection, draft()))
        await asyncio.gather(*(receive(busy, one, shop.connection, draft()) for one in others))

        assert not waiting.done()

    assert (await waiting).message.seq == 1


async def test_whoever_goes_away_takes_nobody_along(shop: Shop, busy: Desk) -> None:
    threads = [await shop.thread() for _ in range(MANY)]
    asking = [asyncio.create_task(receive(busy, one, shop.connection, draft())) for one in threads]
    await asyncio.sleep(0)
    for gone in asking[::2]:
        gone.cancel()

    came = await asyncio.gather(*asking, return_exceptions=True)

    stayed = [one for one in came[1::2] if not isinstance(one, BaseException)]
    assert len(stayed) == MANY // 2
    assert all(isinstance(one, asyncio.CancelledError) for one in came[::2])
    assert await receive(busy, threads[0], shop.connection, draft())


async def test_a_lost_connection_is_told_to_all_and_acks_none(shop: Shop, busy: Desk) -> None:
    threads = [await shop.thread() for _ in range(MANY)]

    async def cut(unit: Work) -> None:
        await unit.connection.close()
        unit.emit("ticket.updated", SYSTEM)

    came = await asyncio.gather(
        *(receive(busy, one, shop.connection, draft()) for one in threads[:AT_ONCE]),
        work_together(busy, threads[AT_ONCE], uuid7(), cut),
        *(receive(busy, one, shop.connection, draft()) for one in threads[AT_ONCE + 1 :]),
        return_exceptions=True,
    )

    failed = [one for one in came if isinstance(one, BaseException)]
    assert failed
    assert not any(isinstance(one, DeskError) for one in failed)
    assert await shop.count("message") == len(came) - len(failed)
    assert await receive(busy, threads[0], shop.connection, draft())


class Noted:
    """A `run` that notes its batches and ends when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.may_end = asyncio.Event()

    async def run(self, batch: Sequence[Asked[str]]) -> None:
        self.batches.append([one.work for one in batch])
        await self.may_end.wait()
        for one in batch:
            one.settle(done=True)


async def test_the_first_go_at_once_and_the_rest_together_but_never_two_of_one_key() -> None:
    gathered, noted = Gathered[str](), Noted()

    asking = [
        asyncio.create_task(gathered.ask(key, f"{key}{n}", noted.run))
        for n, key in enumerate("abcda")
    ]
    for _ in range(3):
        await asyncio.sleep(0)
    assert noted.batches == [["a0"], ["b1"]]
    noted.may_end.set()

    assert await asyncio.gather(*asking) == [True] * 5
    assert noted.batches == [["a0"], ["b1"], ["c2", "d3", "a4"]]


async def test_no_batch_is_longer_than_the_most() -> None:
    gathered, noted = Gathered[str](), Noted()
    asking = [
        asyncio.create_task(gathered.ask(n, "", noted.run)) for n in range(AT_ONCE + MOST + 1)
    ]
    await asyncio.sleep(0)
    noted.may_end.set()

    await asyncio.gather(*asking)

    assert [len(one) for one in noted.batches] == [1] * AT_ONCE + [MOST, 1]


async def test_what_is_left_unsettled_is_to_be_done_alone() -> None:
    async def nothing(_: object) -> None:
        """Settle none."""

    assert await Gathered[str]().ask("a", "", nothing) is False


async def test_who_was_kept_waiting_for_what_is_away_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gathered, gone = Gathered[str](), asyncio.Event()
    monkeypatch.setattr("shopbell.desk.gathered.PATIENCE_S", 0.0)
    ran: list[int] = []

    async def away(batch: Sequence[Asked[str]]) -> None:
        ran.append(len(batch))
        await gone.wait()
        raise OSError("away")

    asking = [asyncio.create_task(gathered.ask(n, "", away)) for n in range(AT_ONCE + 2 * MOST)]
    await asyncio.sleep(0)
    gone.set()

    came = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(one, OSError) for one in came)
    assert ran == [1] * AT_ONCE
