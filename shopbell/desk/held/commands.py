"""Holding a reply for a moment, taking it back, and sending it when its time has come.

The row is the promise that it goes: whether the page that wrote it is open or not. It becomes the
message in one transaction (`held.claiming`), so it goes once, or was taken back, and never both.
"""

from datetime import timedelta
from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from shopbell.desk.control.rules import take
from shopbell.desk.database import Desk
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.held.claiming import Undone
from shopbell.desk.held.reads import SQL, held_for, held_from
from shopbell.desk.held.types import LONGEST_S, HeldProblem, HeldReply, Sending
from shopbell.desk.messages.commands import Written, check_draft, check_free, reply
from shopbell.desk.people.commands import AGENT_COLUMNS, agent_from
from shopbell.desk.people.types import Agent
from shopbell.desk.work import work

KEPT_FOR = timedelta(days=1)


async def hold(
    desk: Desk,
    ticket_id: UUID,
    agent: Agent,
    sending: Sending,
    *,
    seconds: int,
    take_on_purpose: bool = False,
) -> HeldReply | None:
    """Have a reply go in so many seconds; the same id again is answered with what stands, None once
    it is a message. The ticket is taken over at once, so that nobody else answers meanwhile.

    Raises what taking over raises, Invalid for an unfit draft, and Undone for one that was taken back.
    """
    draft = check_draft(sending.draft, brings_files=sending.template is not None)
    if draft.visibility != "public" or not 0 < seconds <= LONGEST_S:
        raise Invalid(f"Only replies wait, and for at most {LONGEST_S} seconds", "Send it at once.")
    try:
        async with work(desk, ticket_id=ticket_id, message_id=draft.id) as unit:
            if unit.written is not None:
                return None
            known = await (
                await unit.connection.execute(SQL["one"].encode(), {"id": draft.id})
            ).fetchone()
            if known is not None:
                if known["agent_id"] != agent.id:
                    raise NotFound("The ticket")
                if known["undone_at"] is not None:
                    raise Undone
                return held_from(known, unit.at)
            if unit.ticket.control == "assistant" or unit.ticket.assignee_id != agent.id:
                await check_free(unit, agent, on_purpose=take_on_purpose)
                await take(unit, agent)
            kept = msgspec.structs.replace(sending, draft=draft)
            unit.write(
                "hold_reply",
                id=draft.id,
                ticket_id=unit.ticket.id,
                agent_id=agent.id,
                epoch=unit.ticket.epoch,
                what=Jsonb(kept),
                due_at=unit.at + timedelta(seconds=seconds),
            )
    except UniqueViolation as doubled:
        raise NotFound("The ticket") from doubled
    return HeldReply(ticket_id=unit.ticket.id, sending=kept, left_s=float(seconds))


async def take_back(desk: Desk, agent: Agent, held: HeldReply) -> None:
    """Have a reply of one's own not go. Raises NotFound once it went."""
    rows = await desk.run(SQL["take_back"], id=held.sending.draft.id, at=desk.now())
    if not rows:
        await held_for(desk, agent, held.sending.draft.id)


async def send_held(desk: Desk, held_id: UUID) -> Written | None:
    """Send a held reply now, as its author would; None where it went or was taken back meanwhile.

    What is refused stays, with the problem that its author is shown; it is raised too.
    """
    rows = await desk.run(SQL["one"], id=held_id)
    if not rows or rows[0]["undone_at"] is not None:
        return None
    sending = msgspec.convert(rows[0]["what"], Sending)
    try:
        author = await _author(desk, rows[0]["agent_id"])
        return await reply(
            desk,
            rows[0]["ticket_id"],
            author,
            sending.draft,
            by=sending.by,
            template=sending.template,
            resolve=sending.resolve,
            held=True,
        )
    except Undone:
        return None
    except DeskError as refusal:
        problem = HeldProblem(
            type=refusal.kind,
            title=refusal.title,
            status=refusal.status,
            detail=refusal.detail,
            holder=refusal.holder,
        )
        await desk.run(SQL["keep_problem"], id=held_id, problem=Jsonb(problem))
        raise


async def _author(desk: Desk, agent_id: UUID) -> Agent:
    query = f"SELECT {AGENT_COLUMNS} FROM agent a WHERE a.id = %(id)s"  # noqa: S608  our own columns
    (row,) = await desk.run(query, id=agent_id)
    agent = agent_from(row)
    if agent.disabled or agent.role == "viewer":
        raise MayNotSend
    return agent


class MayNotSend(DeskError):
    """Its author may write no more by now."""

    kind = "role"
    status = 403

    def __init__(self) -> None:
        super().__init__("Its author may not write any more", "Ask an admin for the role agent.")


async def set_undo(desk: Desk, agent: Agent, seconds: int) -> None:
    """Say how long this agent's replies wait; 0 for not at all. Raises Invalid."""
    if not 0 <= seconds <= LONGEST_S:
        raise Invalid(f"Replies wait for 0 to {LONGEST_S} seconds", "Choose another time.")
    await desk.run(SQL["set_undo"], agent=agent.id, seconds=seconds)


async def forget_held(desk: Desk) -> None:
    """Remove what was taken back a day ago."""
    await desk.run(SQL["forget"], before=desk.now() - KEPT_FOR)
