"""`kill -9` of a worker that is sending, and a takeover before it sends."""

import signal
import sys
from collections.abc import AsyncGenerator, Iterator

import pytest

from shopbell.cli.children import variables
from shopbell.cli.embedded.children import Child
from shopbell.demo.peers.http_shop import HttpShop, http_shop
from tests.chaos.conftest import House, until
from tests.chaos.outside import outside
from tests.stack import ROOT

MOTHS = "How do I keep moths away from my knitwear?"


@pytest.fixture
async def peer() -> AsyncGenerator[HttpShop]:
    async with http_shop() as peer:
        yield peer


@pytest.fixture
def forgetful(house: House) -> Iterator[Child]:
    """A worker in place of the stack's, for a channel that cannot tell a repeat."""
    house.stack.kill("worker")
    given = {**variables(house.stack.settings), "PYTHONPATH": str(ROOT)}
    worker = Child(
        [sys.executable, "-m", "tests.chaos.forgetful_worker"],
        log=house.stack.folder / "logs" / "forgetful.log",
        env=given,
        folder=ROOT,
    )
    worker.start()
    yield worker
    worker.stop()


async def test_what_a_killed_worker_was_sending_is_sent_again_under_its_key_and_taken_once(
    house: House, peer: HttpShop
) -> None:
    peer.mood = "silent"
    ben = await house.agent(1)
    mia = await outside(house, peer, "Is it warm?")
    await ben.answered(await ben.reply(str(mia.ticket), "It is."))
    await until(lambda: _asked(peer, 1))
    house.stack.kill("worker")
    peer.mood = "takes"
    house.stack.revive("worker")
    await mia.delivery_is("It is.", "sent")
    assert peer.texts == ["It is."]
    assert len(peer.calls) == 2
    assert len(set(peer.calls)) == 1


async def test_what_was_being_sent_where_no_repeat_can_be_told_is_uncertain_and_shown_so(
    house: House, peer: HttpShop, forgetful: Child
) -> None:
    peer.mood = "silent"
    ben = await house.agent(1)
    mia = await outside(house, peer, "Is it warm?")
    sent = await ben.reply(str(mia.ticket), "It is.")
    await ben.answered(sent)
    await until(lambda: _asked(peer, 1))
    forgetful.stop(signal.SIGKILL)
    peer.mood = "takes"
    forgetful.start()
    await mia.delivery_is("It is.", "uncertain")
    await ben.until(lambda: ben.messages[sent].get("delivery", {}).get("status") == "uncertain")
    assert "may or may not have arrived" in ben.messages[sent]["delivery"]["error"]
    await ben.answered(await ben.reply(str(mia.ticket), "Did it arrive?"))
    await mia.delivery_is("Did it arrive?", "sent")
    assert peer.texts == ["It is.", "Did it arrive?"]
    assert len(peer.calls) == 2


async def test_what_the_assistant_has_queued_is_withheld_by_a_takeover_and_never_sent(
    house: House, peer: HttpShop
) -> None:
    peer.mood = "busy"
    ben = await house.agent(1)
    mia = await outside(house, peer, MOTHS)
    await until(lambda: _asked(peer, 1))
    async with ben.inbox(house.urls[0]) as inbox:

        async def put_off() -> bool:
            return bool(
                await house.rows(
                    "SELECT 1 FROM delivery WHERE ticket_id = %s AND status = 'queued'"
                    " AND attempts > 0",
                    mia.ticket,
                )
            )

        await until(put_off)
        taken = await inbox.post(f"/api/tickets/{mia.ticket}/take-over", json={})
        assert taken.status_code == 200
    peer.mood = "takes"
    await ben.answered(await ben.reply(str(mia.ticket), "Ben here."))
    await mia.delivery_is("Ben here.", "sent")
    rows = await house.rows(
        "SELECT d.status FROM delivery d JOIN message m ON m.id = d.message_id"
        " WHERE m.ticket_id = %s AND m.author_kind = 'assistant'",
        mia.ticket,
    )
    assert [row["status"] for row in rows] == ["withheld"]
    assert peer.texts == ["Ben here."]
    shown = [one for one in ben.messages.values() if one["author"]["kind"] == "assistant"]
    assert [one["delivery"]["status"] for one in shown] == ["withheld"]


async def _asked(peer: HttpShop, count: int) -> bool:
    return len(peer.calls) >= count
