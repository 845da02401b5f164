"""The answer turn: claimed by lease, thought, and written only while nothing overtook it.

The `turn` row is the guard of every effect. A customer who writes more while the assistant thinks
sets the row back to due, so this thought ends and the next begins with all that was said. A
takeover drops the row: the thought goes on unseen and its answer becomes a suggestion.
"""

import asyncio
from functools import partial
from uuid import UUID

import structlog

from shopbell.assistant.types import Answer, HandOff, Prove, Thought
from shopbell.desk.control.commands import hand_off
from shopbell.desk.errors import Fenced, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import answer
from shopbell.desk.messages.types import Draft
from shopbell.desk.turns import commands as turns
from shopbell.desk.turns import reads
from shopbell.desk.turns.types import Called, Material, Turn
from shopbell.desk.verification.commands import ask_code_in_turn
from shopbell.jobs.context import blind_handoff, citations_of, context_of, gave_up, handoff_of
from shopbell.jobs.drafts import Drafts
from shopbell.jobs.leases import LEASE, beating, new_holder
from shopbell.jobs.room import DATABASE_AWAY, Room
from shopbell.realtime.frames import AnswerDraft

log = structlog.get_logger()

LONGEST = 45.0
"""Seconds a thought may take, all its tries included."""
MOST_TRIES = 3
ENOUGH_WORDS = 4


async def answer_ticket(room: Room, ticket_id: UUID) -> None:
    """Run the ticket's turn once its time has come, if it has one that nobody else took."""
    called = await reads.called(room.desk, ticket_id)
    if called is None:
        return
    if called.status == "due":
        _interrupt(room, ticket_id)
        room.start(("typing", called.id), _show_begun(room, called))
    while True:
        if called.due_in > 0:
            await asyncio.sleep(called.due_in)
        async with room.slots:
            holder = new_holder()
            turn = await turns.claim(room.desk, ticket_id, holder, LEASE)
            if turn is not None:
                await _run(room, turn, holder)
                return
        called = await reads.called(room.desk, ticket_id)
        if called is None or called.status == "running" or called.due_in <= 0:
            return


async def _run(room: Room, turn: Turn, holder: str) -> None:
    try:
        material = await reads.material(room.desk, turn)
    except NotFound:
        return
    except DATABASE_AWAY:
        raise
    except Exception as broken:
        log.exception("turn unreadable", turn=str(turn.id))
        handoff, told = blind_handoff(f"The ticket could not be read: {type(broken).__name__}.")
        await hand_off(
            room.desk, turn.ticket_id, handoff, told, epoch=turn.epoch, turn=turn, holder=holder
        )
        return
    quiet = material.answer_mode != "first"
    drafts = Drafts(partial(_show, room, turn, quiet))
    thinking = asyncio.create_task(_think(room, turn, material, drafts))
    room.thinking[turn.ticket_id] = thinking

    async def overtaken() -> None:
        drafts.mute()
        found = await reads.called(room.desk, turn.ticket_id)
        if found is not None:
            thinking.cancel()

    spoke = False
    try:
        async with beating(partial(turns.beat, room.desk, turn, holder, LEASE), overtaken):
            thought = await _thought(thinking, turn, material)
            if thought is not None:
                spoke = await _conclude(room, turn, holder, material, thought)
        if spoke and thought is not None and len(thought.trace.query.split()) >= ENOUGH_WORDS:
            await turns.learn_language(room.desk, turn, material.customer, thought.language)
    except (asyncio.CancelledError, *DATABASE_AWAY):
        await asyncio.shield(turns.let_go(room.desk, turn, holder))
        raise
    finally:
        thinking.cancel()
        if room.thinking.get(turn.ticket_id) is thinking:
            del room.thinking[turn.ticket_id]
        going_on = await _goes_on(room, turn)
        await drafts.close(withdrawn=not spoke and not going_on)


async def _think(room: Room, turn: Turn, material: Material, drafts: Drafts) -> Thought:
    await drafts.say("")
    if turn.attempts > MOST_TRIES:
        return gave_up(material, f"It was begun {MOST_TRIES} times and never came to an end.")
    return await room.think(context_of(turn, material), room.ports, drafts.say)


async def _thought(
    thinking: asyncio.Task[Thought], turn: Turn, material: Material
) -> Thought | None:
    """What was thought; an honest handoff where thinking broke, None where more was said."""
    done, _ = await asyncio.wait({thinking}, timeout=LONGEST)
    if not done:
        thinking.cancel()
        return gave_up(material, f"It took longer than {LONGEST:.0f} s.")
    if thinking.cancelled():
        return None
    broken = thinking.exception()
    if isinstance(broken, DATABASE_AWAY):
        raise broken
    if broken is not None:
        log.error("turn broke", turn=str(turn.id), exc_info=broken)
        return gave_up(material, f"The assistant failed: {type(broken).__name__}.")
    return thinking.result()


async def _conclude(
    room: Room, turn: Turn, holder: str, material: Material, thought: Thought
) -> bool:
    """Write what came of it; True when the customer got a message."""
    desk, decision = room.desk, thought.decision
    await turns.keep_trace(desk, turn, holder, thought.trace)
    citations = citations_of(decision.citations) if isinstance(decision, Answer | HandOff) else ()
    if material.answer_mode != "first":
        held_back = decision.suggested_reply if isinstance(decision, HandOff) else decision.text
        await turns.suggest(desk, turn, holder, held_back or "", citations)
        return False
    if isinstance(decision, HandOff):
        told = Draft(id=uuid7(), text=decision.text)
        handoff = handoff_of(decision, material)
        message = await hand_off(
            desk, turn.ticket_id, handoff, told, epoch=turn.epoch, turn=turn, holder=holder
        )
        return message is not None
    try:
        if isinstance(decision, Prove):
            await ask_code_in_turn(desk, turn, holder, decision.address)
            return True
        await answer(
            desk, turn, decision.text, citations=citations, holder=holder, why=thought.trace.why
        )
    except Fenced:
        await turns.became_suggestion(desk, turn, holder)
        return False
    return True


def _interrupt(room: Room, ticket_id: UUID) -> None:
    """End a thought of this process that more words have overtaken."""
    thinking = room.thinking.get(ticket_id)
    if thinking is not None:
        thinking.cancel()


async def _goes_on(room: Room, turn: Turn) -> bool:
    """Whether the same turn will be thought again, so that its draft stays on the screens."""
    try:
        called = await reads.called(room.desk, turn.ticket_id)
    except DATABASE_AWAY:
        return True
    return called is not None and called.id == turn.id


async def _show(room: Room, turn: Turn, quiet: bool, text: str, done: bool) -> None:
    frame = AnswerDraft(
        turn_id=turn.id, epoch=turn.epoch, text=text, done=done, ticket_id=turn.ticket_id
    )
    await room.show(turn.thread_id, frame, agents_only=quiet)


async def _show_begun(room: Room, called: Called) -> None:
    frame = AnswerDraft(turn_id=called.id, epoch=called.epoch, text="", ticket_id=called.ticket_id)
    await room.show(called.thread_id, frame, agents_only=called.answer_mode != "first")
