"""A customer's thread as the desk would have left it, without asking the desk.

Each step does to the rows what the command of the same name in `shopbell/desk` does: `seq`,
counters, `epoch` and `version` included. A test plays the same steps to both and compares.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any, Literal

import msgspec

from shopbell.connectors.commerce.demo.history.cast import House, Person, Staff
from shopbell.connectors.commerce.demo.history.citing import found
from shopbell.connectors.commerce.demo.world import uuid7_at
from shopbell.desk.messages.types import Author, Citation, Message, Page
from shopbell.desk.sla.clocks import Happened, advance, due_of, gone_off
from shopbell.desk.sla.thanks import only_thanks
from shopbell.desk.sla.types import Clock
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Handoff, Preview, Suggestion, Ticket

ASSISTANT = Author(kind="assistant", name="Assistant")
REOPENS_WITHIN = dt.timedelta(days=14)

StepKind = Literal[
    "receive", "answer", "hand_off", "reply", "note", "assign", "tags", "priority", "take",
    "resolve", "snooze", "suggest",
]  # fmt: skip


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a thread's ticket."""

    kind: StepKind
    at: dt.datetime
    text: str = ""
    channel: str = "webchat"
    subject: str = ""
    external_id: str = ""
    page: Page | None = None
    citations: tuple[Citation, ...] = ()
    why: str = ""
    by: Staff | None = None
    handoff: Handoff | None = None
    team: str = ""
    tags: tuple[str, ...] = ()
    until: dt.datetime | None = None


class Turned(msgspec.Struct, kw_only=True):
    """A finished run of the assistant."""

    id: uuid.UUID
    ticket_id: uuid.UUID
    epoch: int
    status: str
    due_at: dt.datetime
    from_seq: int
    upto_seq: int
    message_id: uuid.UUID | None
    trace: dict[str, Any]
    finished_at: dt.datetime


class Sent(msgspec.Struct, kw_only=True):
    """The sending of a message."""

    id: uuid.UUID
    status: str = "sent"
    error: str | None = None
    at: dt.datetime


class Spoken(msgspec.Struct, kw_only=True):
    """A message with what only its row holds."""

    message: Message
    connection_id: uuid.UUID
    external_id: str
    delivery: Sent | None


class Record:
    """One thread: `play` steps into it in the order they happened."""

    def __init__(self, house: House, who: Person, dice: random.Random) -> None:
        self.house, self.who, self._dice = house, who, dice
        self.thread = Thread(id=who.thread_id, customer_id=who.id)
        self.tickets: list[Ticket] = []
        self.spoken: list[Spoken] = []
        self.turns: list[Turned] = []
        self.steps: list[Step] = []
        self.clocks: dict[uuid.UUID, Clock] = {}

    @property
    def ticket(self) -> Ticket:
        """The thread's current ticket."""
        return self.tickets[-1]

    def play(self, step: Step) -> None:
        """Let a step happen."""
        getattr(self, f"_{step.kind}")(step)
        self._count(step)
        self._thread(version=self.thread.version + 1)
        self.steps.append(step)

    def ring(self, at: dt.datetime) -> None:
        """All alarms that were due by now have gone off."""
        for clock in self._open():
            self.clocks[clock.id] = gone_off(clock, at)
        self._due(self._open())

    def _count(self, step: Step) -> None:
        """Move the ticket's clocks as the desk does with each commit."""
        of_ticket = [one for one in self.clocks.values() if one.ticket_id == self.ticket.id]
        what = Happened(
            at=step.at,
            asked=step.kind == "receive" and not only_thanks(step.text),
            answered=step.kind in ("answer", "reply"),
            by_person=step.kind == "reply",
            picked_up=step.kind in ("take", "reply"),
            handed_off=step.kind == "hand_off",
            answered_before=any(one.kind == "first_response" for one in of_ticket),
        )
        now = advance(self._open(), self.ticket, what, self.house.rules)
        for clock in now:
            new = clock.id not in self.clocks
            named = uuid7_at(step.at, self._dice) if new else clock.id
            self.clocks[named] = msgspec.structs.replace(clock, id=named)
        self._due(self._open())

    def _open(self) -> list[Clock]:
        return [
            one
            for one in self.clocks.values()
            if one.ticket_id == self.ticket.id and one.ended_at is None
        ]

    def _due(self, clocks: list[Clock]) -> None:
        self.tickets[-1] = msgspec.structs.replace(self.ticket, due=due_of(clocks))

    def read(self, agents_seq: int) -> None:
        """The customer has seen all there is, agents up to `agents_seq`."""
        self._thread(
            customer_read_seq=self.thread.last_seq,
            customer_read_out=self.thread.out_count,
            agents_read_seq=agents_seq,
            version=self.thread.version + 1,
        )

    def deliver(self, status: str, at: dt.datetime, error: str | None = None) -> None:
        """What the outside said about the last message that went out."""
        last = next(one for one in reversed(self.spoken) if one.delivery is not None)
        assert last.delivery is not None
        last.delivery.status, last.delivery.error, last.delivery.at = status, error, at
        last.message = msgspec.structs.replace(last.message, version=last.message.version + 1)

    def _receive(self, step: Step) -> None:
        self.who.identify(step.channel, self._dice)
        opened = self._ticket_for(step)
        author = Author(kind="customer", id=self.who.id, name=self.who.name)
        self._say(step, author, rise=not opened)
        waiting = self.ticket.waiting_since
        self._change(
            step,
            rise=False,
            last_customer_seq=self.thread.last_seq,
            status="open",
            snoozed_until=None,
            channel=step.channel,
            connection_id=self.house.connections[step.channel],
            waiting_since=waiting or step.at if self.ticket.control == "agents" else waiting,
        )

    def _ticket_for(self, step: Step) -> bool:
        if self.tickets:
            ticket = self.ticket
            if ticket.status != "resolved":
                return False
            assert ticket.resolved_at is not None
            if step.at - ticket.resolved_at <= REOPENS_WITHIN:
                self._hand_back(step)
                self._change(
                    step,
                    rise=False,
                    resolved_at=None,
                    assignee_id=None,
                    engaged_from_seq=self.thread.last_seq + 1,
                )
                return True
        self.tickets.append(
            Ticket(
                id=uuid7_at(step.at, self._dice),
                number=0,
                thread_id=self.thread.id,
                customer_id=self.who.id,
                brand_id=self.house.brand_id,
                connection_id=self.house.connections[step.channel],
                channel=step.channel,
                subject=step.subject or _subject(step.text),
                engaged_from_seq=self.thread.last_seq + 1,
                created_at=step.at,
                updated_at=step.at,
            )
        )
        return False

    def _answer(self, step: Step) -> None:
        turn = self._turn(step, "answered")
        message = self._say(step, ASSISTANT, turn_id=turn.id)
        turn.message_id = message.id

    def _hand_off(self, step: Step) -> None:
        turn = self._turn(step, "handed_off")
        message = self._say(step, ASSISTANT)
        turn.message_id = message.id
        self._change(
            step,
            rise=False,
            control="agents",
            epoch=self.ticket.epoch + 1,
            status="open",
            handoff=step.handoff,
            waiting_since=self.ticket.waiting_since or step.at,
        )

    def _reply(self, step: Step) -> None:
        assert step.by is not None
        mine = self.ticket.control == "agents" and self.ticket.assignee_id == step.by.id
        if not mine:
            self._take(step)
        self._say(step, step.by.author, rise=mine)
        self._change(
            step,
            rise=False,
            waiting_since=None,
            status="pending",
            snoozed_until=None,
            suggestion=None,
        )

    def _take(self, step: Step) -> None:
        assert step.by is not None
        ticket = self.ticket
        self._change(
            step,
            control="agents",
            epoch=ticket.epoch + 1,
            assignee_id=step.by.id,
            status="open" if ticket.status in ("resolved", "snoozed") else ticket.status,
            snoozed_until=None,
            resolved_at=None,
        )

    def _note(self, step: Step) -> None:
        assert step.by is not None
        self._say(step, step.by.author, note=True)

    def _assign(self, step: Step) -> None:
        self._change(step, team_id=self.house.teams[step.team])

    def _tags(self, step: Step) -> None:
        self._change(step, tags=step.tags)

    def _priority(self, step: Step) -> None:
        self._change(step, priority=step.text)

    def _resolve(self, step: Step) -> None:
        self._change(
            step, status="resolved", resolved_at=step.at, waiting_since=None, snoozed_until=None
        )

    def _snooze(self, step: Step) -> None:
        self._change(step, status="snoozed", snoozed_until=step.until)

    def _suggest(self, step: Step) -> None:
        turn = self._turn(step, "suggested")
        self._change(
            step,
            suggestion=Suggestion(
                text=step.text, citations=step.citations, turn_id=turn.id, at=step.at
            ),
        )

    def _say(
        self,
        step: Step,
        author: Author,
        *,
        note: bool = False,
        turn_id: uuid.UUID | None = None,
        rise: bool = True,
    ) -> Message:
        outgoing = not note and author.kind != "customer"
        thread = self._thread(
            last_seq=self.thread.last_seq + 1, out_count=self.thread.out_count + outgoing
        )
        channel = step.channel if author.kind == "customer" else self.ticket.channel
        message = Message(
            id=uuid7_at(step.at, self._dice),
            thread_id=thread.id,
            ticket_id=self.ticket.id,
            seq=thread.last_seq,
            author=author,
            visibility="note" if note else "public",
            channel=channel,
            text=step.text,
            citations=step.citations,
            page=step.page,
            why=step.why,
            turn_id=turn_id,
            at=step.at,
        )
        sent = Sent(id=uuid7_at(step.at, self._dice), at=step.at) if outgoing else None
        self.spoken.append(
            Spoken(
                message=message,
                connection_id=self.house.connections[channel],
                external_id=step.external_id,
                delivery=sent,
            )
        )
        preview = Preview(author=author.kind, text=step.text[:140], at=step.at, note=note)
        self._change(step, rise=rise, last_seq=message.seq, preview=preview)
        return message

    def _turn(self, step: Step, status: str) -> Turned:
        ticket = self.ticket
        asked = [
            one.message.text
            for one in self.spoken
            if one.message.seq >= ticket.engaged_from_seq and one.message.author.kind == "customer"
        ]
        turn = Turned(
            id=uuid7_at(step.at, self._dice),
            ticket_id=ticket.id,
            epoch=ticket.epoch,
            status=status,
            due_at=step.at - dt.timedelta(seconds=1),
            from_seq=ticket.engaged_from_seq,
            upto_seq=ticket.last_customer_seq,
            message_id=None,
            trace=self._trace(step, asked[-1] if asked else ""),
            finished_at=step.at,
        )
        self.turns.append(turn)
        return turn

    def _trace(self, step: Step, asked: str) -> dict[str, Any]:
        handed = step.kind == "hand_off"
        sure = self._dice.uniform(0.18, 0.52) if handed else self._dice.uniform(0.71, 0.97)
        times = {"embed": (1.1, 3.0), "search": (4.0, 15.0), "extract": (0.6, 2.2)}
        steps = [
            {"name": name, "ms": round(self._dice.uniform(*range_), 2)}
            for name, range_ in times.items()
            if not (handed and name == "extract")
        ]
        return {
            "query": asked[:400],
            "language": self.who.language,
            "decision": "handoff" if handed else "answer",
            "why": step.why,
            "confidence": round(sure, 4),
            "latency_ms": round(sum(float(one["ms"]) for one in steps) + 1.2, 2),
            "intent": None,
            "found": self._found(step, asked, sure),
            "steps": steps,
            "usage": None,
            "cut": [],
        }

    def _found(self, step: Step, asked: str, sure: float) -> list[dict[str, Any]]:
        if step.citations or step.kind == "hand_off":
            return found(step.citations, asked, self.who.language, sure=sure)
        return []

    def _hand_back(self, step: Step) -> None:
        self._change(
            step,
            control="assistant",
            epoch=self.ticket.epoch + 1,
            waiting_since=None,
            handoff=None,
            suggestion=None,
        )

    def _change(self, step: Step, *, rise: bool = True, **changes: Any) -> None:
        """Replace fields of the ticket; with `rise` this is the first change of a transaction."""
        self.tickets[-1] = msgspec.structs.replace(
            self.ticket, updated_at=step.at, version=self.ticket.version + rise, **changes
        )

    def _thread(self, **changes: Any) -> Thread:
        current = self.tickets[-1].id if self.tickets else None
        self.thread = msgspec.structs.replace(self.thread, current_ticket_id=current, **changes)
        return self.thread


def _subject(text: str) -> str:
    first = text.strip().splitlines()[0]
    return first if len(first) <= 80 else first[:79].rstrip() + "…"
