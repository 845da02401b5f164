"""The answer turn: one answer to a burst, fenced, honest, and never silent."""

import asyncio

from shopbell.desk.control.commands import take_over
from shopbell.desk.tickets.commands import resolve
from shopbell.desk.turns.reads import turn_for
from shopbell.realtime.frames import AnswerDraft
from shopbell.realtime.live import Live
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.jobs.conftest import (
    Mind,
    answered,
    handed_off,
    rows,
    said,
    say,
    turn_is,
    until,
    worker,
)


async def test_a_message_is_answered_and_its_trace_kept(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    mind.give(answered("It runs true to size."))
    async with worker(settings, mind):
        await say(shop, await shop.thread())
        await until(lambda: turn_is(shop, "answered"))
    assert await said(shop) == [
        ("customer", "Does it run small?"),
        ("assistant", "It runs true to size."),
    ]
    turn = (await rows(shop.desk, "SELECT id FROM turn"))[0]
    record = await turn_for(shop.desk, shop.ben, turn["id"])
    assert record.trace["why"] == "It says so."
    assert record.message_id is not None


async def test_three_quick_messages_get_one_answer(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    mind.give(answered("M fits."), answered("Never said."))
    async with worker(settings, mind):
        thread = await shop.thread()
        for text in ("Hi", "Does it run small?", "I am 180 cm"):
            await say(shop, thread, text)
        await until(lambda: turn_is(shop, "answered"))
    assert [author for author, _ in await said(shop)] == ["customer"] * 3 + ["assistant"]
    assert len(mind.contexts) == 1
    assert [one.text for one in mind.contexts[0].messages] == [
        "Hi",
        "Does it run small?",
        "I am 180 cm",
    ]


async def test_a_message_written_while_it_thinks_is_thought_of_too(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    async with worker(settings, mind):
        thread = await shop.thread()
        await say(shop, thread, "Does it run small?")
        await mind.wait_until_begun()
        await say(shop, thread, "The blue one")
        await mind.wait_until_begun()
        mind.give(answered("The blue one runs true to size."))
        await until(lambda: turn_is(shop, "answered"))
    assert [author for author, _ in await said(shop)] == ["customer", "customer", "assistant"]
    assert [len(context.messages) for context in mind.contexts] == [1, 2]


async def test_two_workers_give_one_answer(shop: Shop, settings: Settings, mind: Mind) -> None:
    mind.give(*(answered("Once.") for _ in range(6)))
    async with worker(settings, mind), worker(settings, mind):
        threads = [await shop.thread() for _ in range(3)]
        await asyncio.gather(*(say(shop, thread) for thread in threads for _ in range(3)))

        async def all_answered() -> bool:
            done = await rows(shop.desk, "SELECT 1 FROM turn WHERE status = 'answered'")
            return len(done) == 3

        await until(all_answered)
    assert [author for author, _ in await said(shop)].count("assistant") == 3


async def test_takeover_while_it_thinks_leaves_a_suggestion_and_says_nothing(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    async with worker(settings, mind):
        written = await say(shop, await shop.thread())
        await mind.wait_until_begun()
        await take_over(shop.desk, written.message.ticket_id, shop.ben)
        mind.give(answered("Too late."))
        await until(lambda: turn_is(shop, "suggested"))
    assert [author for author, _ in await said(shop)] == ["customer"]
    ticket = (await rows(shop.desk, "SELECT control, suggestion FROM ticket"))[0]
    assert (ticket["control"], ticket["suggestion"]["text"]) == ("agents", "Too late.")


async def test_a_handoff_is_one_message_and_one_event(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    mind.give(handed_off())
    async with worker(settings, mind):
        await say(shop, await shop.thread())
        await until(lambda: turn_is(shop, "handed_off"))
    assert await said(shop) == [
        ("customer", "Does it run small?"),
        ("assistant", "A person will help you."),
    ]
    ticket = (await rows(shop.desk, "SELECT * FROM ticket"))[0]
    assert (ticket["control"], ticket["epoch"]) == ("agents", 2)
    assert (ticket["handoff"]["reason"], ticket["handoff"]["suggested_reply"]) == (
        "no_answer",
        "Take M.",
    )
    turn = await rows(
        shop.desk, "SELECT t.id, m.id AS told FROM turn t JOIN message m ON m.turn_id = t.id"
    )
    assert (await turn_for(shop.desk, shop.ben, turn[0]["id"])).message_id == turn[0]["told"]


async def test_a_broken_thought_is_an_honest_handoff(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    mind.give(RuntimeError("no such thing"))
    async with worker(settings, mind):
        await say(shop, await shop.thread())
        await until(lambda: turn_is(shop, "handed_off"))
    messages = await said(shop)
    assert [author for author, _ in messages] == ["customer", "assistant"]
    assert "no such thing" not in messages[1][1]
    ticket = (await rows(shop.desk, "SELECT handoff, waiting_since FROM ticket"))[0]
    assert ticket["handoff"]["reason"] == "failed"
    assert ticket["waiting_since"] is not None


async def test_a_turn_that_never_ends_is_handed_off_after_three_tries(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    await say(shop, await shop.thread())
    await rows(shop.desk, "UPDATE turn SET attempts = 3, due_at = now() RETURNING 1")
    async with worker(settings, mind):
        await until(lambda: turn_is(shop, "handed_off"))
    assert mind.contexts == []


async def test_a_connection_that_only_suggests_says_nothing_itself(
    shop: Shop, settings: Settings, mind: Mind, shown: list[Live]
) -> None:
    await rows(shop.desk, "UPDATE connection SET answer_mode = 'suggest' RETURNING 1")
    mind.give(answered("Perhaps this."))
    async with worker(settings, mind):
        await say(shop, await shop.thread())
        await until(lambda: turn_is(shop, "suggested"))
    assert [author for author, _ in await said(shop)] == ["customer"]
    ticket = (await rows(shop.desk, "SELECT suggestion, waiting_since FROM ticket"))[0]
    assert ticket["suggestion"]["text"] == "Perhaps this."
    assert ticket["waiting_since"] is not None
    assert {live.to for live in shown} <= {"agents"}


async def test_drafts_begin_at_once_and_follow_the_thought(
    shop: Shop, settings: Settings, mind: Mind, shown: list[Live]
) -> None:
    async with worker(settings, mind):
        await say(shop, await shop.thread())
        await until(lambda: _shown(shown, ""))
        await mind.wait_until_begun()
        assert mind.draft is not None
        await mind.draft("We")
        await until(lambda: _shown(shown, "We"))
        for end in range(3, 200):
            await mind.draft("We ship on weekdays " + "x" * end)
        await until(lambda: _shown(shown, "We ship on weekdays " + "x" * 199))
        mind.give(answered("We ship on weekdays."))
        await until(lambda: turn_is(shop, "answered"))
    frames = [live.frame for live in shown if isinstance(live.frame, AnswerDraft)]
    turn = (await rows(shop.desk, "SELECT id, epoch FROM turn"))[0]
    assert {(one.turn_id, one.epoch) for one in frames} == {(turn["id"], turn["epoch"])}
    assert len(frames) < 12
    assert not any(one.done for one in frames)


async def test_the_draft_is_taken_away_when_no_message_comes_of_it(
    shop: Shop, settings: Settings, mind: Mind, shown: list[Live]
) -> None:
    async with worker(settings, mind):
        written = await say(shop, await shop.thread())
        await mind.wait_until_begun()
        await resolve(shop.desk, written.message.ticket_id, shop.ben)
        mind.give(answered("Too late."))

        async def withdrawn() -> bool:
            return any(isinstance(one.frame, AnswerDraft) and one.frame.done for one in shown)

        await until(withdrawn)
    assert [author for author, _ in await said(shop)] == ["customer"]


async def _shown(shown: list[Live], text: str) -> bool:
    return any(isinstance(one.frame, AnswerDraft) and one.frame.text == text for one in shown)
