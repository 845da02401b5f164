"""Keeping saved replies, and running macros."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from shopbell.desk.database import Desk
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.messages.commands import reply as say
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.replies.checking import check_saved
from shopbell.desk.replies.filling import fill, marks
from shopbell.desk.replies.reads import SQL, may_change, reply_for, reply_from
from shopbell.desk.replies.types import (
    MOST_OF_ALL,
    MOST_OF_ONE_AGENT,
    AssignStep,
    Facts,
    MacroRun,
    NoteStep,
    PriorityStep,
    ReplyStep,
    ReplyText,
    SavedDraft,
    SavedReply,
    SnoozeStep,
    Step,
    Stopped,
    TagStep,
)
from shopbell.desk.tickets import commands as tickets
from shopbell.desk.tickets.reads import ticket_for


class NotYours(DeskError):
    """Somebody else's saved reply may be used, not changed."""

    kind = "not_yours"
    status = 403

    def __init__(self) -> None:
        super().__init__("Somebody else wrote this one", "Save a copy, or ask an admin.")


class Changed(DeskError):
    """It is not as this agent saw it."""

    kind = "changed"

    def __init__(self) -> None:
        super().__init__("Somebody changed it just now", "Look at it again.")


async def save_reply(desk: Desk, agent: Agent, reply_id: UUID, wanted: SavedDraft) -> SavedReply:
    """Keep a new saved reply of this agent's; the same id again is answered with what stands.

    Raises Invalid for what cannot be kept, and NotFound for an id that is somebody else's.
    """
    values = _columns(check_saved(agent, wanted))
    async with desk.pool.connection() as connection, connection.transaction():
        await connection.execute(SQL["lock"].encode())
        found = await connection.execute(SQL["tallied"].encode(), {"agent": agent.id})
        held = await found.fetchone() or {}
        if held["own"] >= MOST_OF_ONE_AGENT or held["all_told"] >= MOST_OF_ALL:
            raise Invalid(
                f"At most {MOST_OF_ONE_AGENT} saved replies of one agent fit, {MOST_OF_ALL:,} in all",
                "Remove some that nobody uses.",
            )
        values |= {"id": reply_id, "owner_id": agent.id, "at": desk.now()}
        try:
            made = await connection.execute(SQL["insert"].encode(), values)
        except ForeignKeyViolation as gone:
            raise NotFound("The team") from gone
        row = await made.fetchone()
    return reply_from(row) if row else await _own(desk, agent, reply_id)


async def _own(desk: Desk, agent: Agent, reply_id: UUID) -> SavedReply:
    found = await reply_for(desk, agent, reply_id)
    if found.owner_id != agent.id:
        raise NotFound("The saved reply")
    return found


async def change_reply(
    desk: Desk, agent: Agent, known: SavedReply, wanted: SavedDraft, version: int
) -> SavedReply:
    """Write it anew, if it still is at this version. Raises NotYours, Changed and Invalid."""
    if not may_change(agent, known):
        raise NotYours
    values = _columns(check_saved(agent, wanted))
    try:
        rows = await desk.run(SQL["change"], id=known.id, version=version, at=desk.now(), **values)
    except ForeignKeyViolation as gone:
        raise NotFound("The team") from gone
    if not rows:
        raise Changed
    return reply_from(rows[0])


async def remove_reply(desk: Desk, agent: Agent, known: SavedReply) -> None:
    """Remove it for good. Raises NotYours."""
    if not may_change(agent, known):
        raise NotYours
    await desk.run(SQL["remove"], id=known.id)


async def count_use(desk: Desk, reply: SavedReply) -> None:
    """Note that it was put into an answer, or run."""
    await desk.run(SQL["count_use"], id=reply.id, at=desk.now())


async def run_macro(
    desk: Desk,
    ticket_id: UUID,
    agent: Agent,
    macro: SavedReply,
    facts: Facts,
    *,
    version: int,
    language: str,
    message_id: UUID,
    note_id: UUID,
    by: UUID | None = None,
) -> MacroRun:
    """Do the macro's steps one after the other, each as the desk's own command in the agent's name.

    The first that is refused ends it. `message_id` and `note_id` are the ids of what it says, so a
    run that is asked for again says nothing twice; `by` is the connection its reply goes by. Raises
    Changed where the macro is not at this `version`, the one whose preview was seen.
    """
    if macro.version != version:
        raise Changed
    if not macro.steps:
        raise Invalid("This saved reply has no steps", "Put it into an answer instead.")
    await count_use(desk, macro)
    ids = (message_id, note_id)
    stopped = None
    done = 0
    for step in macro.steps:
        try:
            await _do(desk, ticket_id, agent, macro, step, facts, language, ids, by)
        except DeskError as refusal:
            stopped = Stopped(
                step=done,
                kind=refusal.kind,
                title=refusal.title,
                detail=refusal.detail,
                holder=refusal.holder,
            )
            break
        done += 1
    return MacroRun(done=done, stopped=stopped, ticket=await ticket_for(desk, agent, ticket_id))


async def _do(
    desk: Desk,
    ticket_id: UUID,
    agent: Agent,
    macro: SavedReply,
    step: Step,
    facts: Facts,
    language: str,
    ids: tuple[UUID, UUID],
    by: UUID | None,
) -> None:
    match step:
        case ReplyStep():
            text = next((one for one in macro.texts if one.language == language), macro.texts[0])
            said = _whole(whole_text(text), facts.within(text.language))
            await say(desk, ticket_id, agent, Draft(id=ids[0], text=said), by=by)
        case NoteStep():
            told = fill(step.text, facts.within("en"))
            await say(desk, ticket_id, agent, Draft(id=ids[1], text=told, visibility="note"))
        case TagStep():
            await tickets.retag(desk, ticket_id, agent, add=step.add, remove=step.remove)
        case AssignStep():
            to = agent.id if step.to_me else step.agent_id
            await tickets.assign(desk, ticket_id, agent, to, step.team_id)
        case SnoozeStep():
            until = desk.now() + timedelta(hours=step.hours)
            await tickets.snooze(desk, ticket_id, agent, until)
        case PriorityStep():
            await tickets.set_priority(desk, ticket_id, agent, step.priority)
        case _:
            await tickets.resolve(desk, ticket_id, agent)


def whole_text(text: ReplyText) -> str:
    """Opening, middle and close, as they go into an answer: the middle word for word."""
    return "\n\n".join(part for part in (text.opening, text.middle, text.close) if part.strip())


def _whole(text: str, values: dict[str, str]) -> str:
    said = fill(text, values)
    if lacking := marks(said):
        raise Invalid(
            f"Not known here: {', '.join(lacking)}",
            "Put the text into an answer, and write it yourself.",
        )
    return said


def _columns(wanted: SavedDraft) -> dict[str, Any]:
    return {
        "title": wanted.title,
        "shortcut": wanted.shortcut,
        "texts": Jsonb(wanted.texts),
        "steps": Jsonb(wanted.steps),
        "visibility": wanted.visibility,
        "team_id": wanted.team_id,
    }
