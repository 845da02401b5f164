"""An answer that streams from a model: its worker killed in the middle, and a takeover of it."""

from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta

import pytest

from shopbell.jobs.leases import BEAT, LEASE
from shopbell.jobs.sweeping import WORK_EVERY
from tests.chaos.agreement import everyone_agrees
from tests.chaos.clients import Frame, Shopper
from tests.chaos.conftest import House, until
from tests.chaos.talk import ticket_of
from tests.peers.openai_peer import KEY, MODEL, OpenAIPeer, openai_peer
from tests.stack import Stack, new_stack

MOTHS = "How do I keep moths away from my knitwear?"
FIRST = {"say": "Wash or air everything before it goes away for the summer.", "cite": ["S1"]}
THEN = {"say": "Cedar works for about 3 months, then needs a light sanding.", "cite": ["S1"]}
DECIDED = {"decision": "answer", "why": "the first source says so"}
PIECES_BEFORE_CEDAR = 6


@pytest.fixture(scope="module")
def peer() -> Iterator[OpenAIPeer]:
    with openai_peer() as peer:
        yield peer


@pytest.fixture(scope="module")
def thinking_stack(peer: OpenAIPeer) -> Iterator[Stack]:
    """A stack whose assistant thinks with the peer's model."""
    yield from new_stack(
        {
            "SHOPBELL_MODEL": f"openai/{MODEL}",
            "SHOPBELL_MODEL_KEY": KEY,
            "SHOPBELL_MODEL_API_BASE": peer.url,
        }
    )


@pytest.fixture
async def thinking(thinking_stack: Stack, peer: OpenAIPeer) -> AsyncGenerator[House]:
    peer.script.clear()
    peer.go_on.clear()
    thinking_stack.whole()
    house = House(thinking_stack)
    yield house
    peer.go_on.set()
    await house.leave()


def drafts(frames: list[Frame]) -> list[str]:
    return [one["text"] for one in frames if one["type"] == "draft"]


def answers(shopper: Shopper) -> list[str]:
    return [one["text"] for one in shopper.messages.values() if one["author"]["kind"] != "customer"]


async def test_a_worker_killed_in_the_middle_of_a_turn_leaves_exactly_one_answer(
    thinking: House, peer: OpenAIPeer
) -> None:
    peer.says_lines(FIRST, THEN, DECIDED, waits_after=[PIECES_BEFORE_CEDAR])
    peer.says_lines(FIRST, THEN, DECIDED)
    ben, mia = await thinking.agent(1), await thinking.shopper()
    await mia.answered(await mia.say(MOTHS))
    await mia.until(lambda: FIRST["say"] in drafts(mia.frames))
    thinking.stack.kill("worker")
    assert answers(mia) == []
    thinking.stack.revive("worker")
    await mia.until(lambda: answers(mia), within=60)
    await everyone_agrees(thinking)
    assert answers(mia) == [f"{FIRST['say']} {THEN['say']}"]
    ticket = await ticket_of(ben, mia)
    turns = await thinking.rows("SELECT status FROM turn WHERE ticket_id = %s", ticket)
    assert [turn["status"] for turn in turns] == ["answered"]


def test_what_a_dead_worker_held_is_taken_up_within_15_s() -> None:
    latest = LEASE + timedelta(seconds=BEAT + 1.2 * WORK_EVERY)
    assert latest < timedelta(seconds=15)


async def test_after_a_takeover_in_mid_stream_the_shopper_sees_neither_draft_nor_answer(
    thinking: House, peer: OpenAIPeer
) -> None:
    peer.says_lines(FIRST, THEN, DECIDED, waits_after=[PIECES_BEFORE_CEDAR])
    ben, mia = await thinking.agent(1), await thinking.shopper()
    await mia.answered(await mia.say(MOTHS))
    await mia.until(lambda: FIRST["say"] in drafts(mia.frames))
    ticket = await ticket_of(ben, mia)
    async with ben.inbox(thinking.urls[0]) as inbox:
        taken = await inbox.post(f"/api/tickets/{ticket}/take-over", json={})
        assert (taken.status_code, taken.json()["control"]) == (200, "agents")
    await mia.until(
        lambda: any(one.get("thread", {}).get("answering") == "agents" for one in mia.heard)
    )
    seen = len(mia.frames)
    peer.go_on.set()

    async def suggested() -> bool:
        rows = await thinking.rows("SELECT suggestion FROM ticket WHERE id = %s", ticket)
        return rows[0]["suggestion"] is not None

    await until(suggested)
    await ben.answered(await ben.reply(ticket, "Ben here."))
    await everyone_agrees(thinking)
    assert drafts(mia.frames[seen:]) == []
    assert answers(mia) == ["Ben here."]
    rows = await thinking.rows("SELECT suggestion, status FROM ticket k WHERE id = %s", ticket)
    assert rows[0]["suggestion"] is None
    turns = await thinking.rows("SELECT status FROM turn WHERE ticket_id = %s", ticket)
    assert [turn["status"] for turn in turns] == ["suggested"]
    offered = [
        event["ticket"]["suggestion"]["text"]
        for event in ben.heard
        if event["kind"] == "ticket.suggested" and event["ticket_id"] == ticket
    ]
    assert offered == [f"{FIRST['say']} {THEN['say']}"]
