"""One or more cases for each command of the desk: what is done before, and then the command.

A case is an async generator over a `Scene`: what stands before its `yield` is the past that both
clients have already seen, what follows is the command. `quiet` cases change nothing.
"""

import importlib
import inspect
import pkgutil
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from shopbell import desk as desk_package
from shopbell.desk.attachments.commands import by_agent
from shopbell.desk.control.commands import ask_person, hand_off, release, take_over
from shopbell.desk.database import now
from shopbell.desk.errors import DeskError, Fenced, Taken
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import answer, receive, reply
from shopbell.desk.messages.types import Citation, Draft, Message, Page
from shopbell.desk.people.types import Agent
from shopbell.desk.tickets.commands import (
    assign,
    let_go,
    reopen,
    resolve,
    set_priority,
    set_tags,
    snooze,
)
from shopbell.desk.tickets.types import Handoff, Ticket
from shopbell.desk.turns.types import Turn
from shopbell.desk.work import SYSTEM
from tests.desk.conftest import Shop

LATER = timedelta(hours=3)


@dataclass
class Scene:
    """A shop with one shopper, and short words for what happens in it."""

    shop: Shop
    thread: UUID
    ticket: UUID = field(default_factory=uuid7)
    others: list[UUID] = field(default_factory=list[UUID])

    @property
    def ben(self) -> Agent:
        return self.shop.ben

    @property
    def cleo(self) -> Agent:
        return self.shop.cleo

    async def says(self, text: str = "Does it run small?", message: UUID | None = None) -> Message:
        """The shopper writes."""
        page = Page(url="https://shop.example/p/1", title="Fell jumper")
        draft = Draft(id=message or uuid7(), text=text, page=page)
        written = await receive(self.shop.desk, self.thread, self.shop.connection, draft)
        self.ticket = written.message.ticket_id
        return written.message

    async def replies(
        self, agent: Agent, text: str = "It does.", *, take: bool = False, note: bool = False
    ) -> Message:
        """An agent replies, or writes a note."""
        draft = Draft(id=uuid7(), text=text, visibility="note" if note else "public")
        written = await reply(self.shop.desk, self.ticket, agent, draft, take_on_purpose=take)
        return written.message

    async def brings(self, uploader: str) -> UUID:
        """Somebody brings a file that goes on no message yet."""
        file_id = uuid7()
        async with self.shop.desk.pool.connection() as connection:
            await connection.execute(
                "INSERT INTO attachment (id, uploader, name, media_type, size, storage_key, stored_at)"
                " VALUES (%s, %s, 'coat.png', 'image/png', 9, 'ab/cd', now())",
                (file_id, uploader),
            )
        return file_id

    async def thinks(self) -> Turn:
        """A worker claims the ticket's turn and reads the epoch."""
        async with self.shop.desk.pool.connection() as connection:
            found = await connection.execute(
                "UPDATE turn SET status = 'running', lease_holder = 'w1'"
                " WHERE ticket_id = %s AND status = 'due' RETURNING *",
                (self.ticket,),
            )
            row = await found.fetchone()
        assert row is not None, "the assistant was not called"
        return Turn(**{name: row[name] for name in Turn.__struct_fields__})

    async def answers(self, turn: Turn) -> Message:
        """The assistant says what it found."""
        cited = (Citation(title="Sizes", quote="Take one up", url="/help/sizes"),)
        text = "Take one size up."
        return await answer(self.shop.desk, turn, text, citations=cited, holder="w1", why="sure")

    async def hands_off(self, **how: Any) -> Message | None:
        """The assistant gives the ticket to people."""
        handoff = Handoff(
            reason="asked",
            at=self.shop.desk.now(),
            summary="Wants a size",
            tried=("sizes",),
            promised_by=self.shop.desk.now() + LATER,
        )
        told = Draft(id=uuid7(), text="A person will answer.")
        return await hand_off(self.shop.desk, self.ticket, handoff, told, **how)

    async def asks_for_a_person(self) -> Message:
        """The shopper presses *Talk to a person*."""
        desk, connection = self.shop.desk, self.shop.connection
        written = await ask_person(desk, self.thread, connection, message_id=uuid7())
        self.ticket = written.message.ticket_id
        return written.message

    async def takes(self, agent: Agent, *, on_purpose: bool = False) -> Ticket:
        return await take_over(self.shop.desk, self.ticket, agent, on_purpose=on_purpose)

    async def releases(self, agent: Agent, note: str = "") -> Ticket:
        return await release(self.shop.desk, self.ticket, agent, uuid7(), note)

    async def team(self) -> UUID:
        """A new team."""
        made = uuid7()
        await self.run("INSERT INTO team (id, name) VALUES (%s, 'Returns')", made)
        return made

    def pass_days(self, days: int) -> None:
        """Let the desk's clock go on."""
        self.shop.desk.now = lambda: now() + timedelta(days=days)

    async def older_ticket(self) -> None:
        """Two tickets, the older one resolved, and work on the older one."""
        await self.says()
        older = self.ticket
        await self.replies(self.ben)
        await resolve(self.shop.desk, self.ticket, self.ben)
        self.pass_days(15)
        await self.says("A new matter")
        self.ticket = older

    async def run(self, query: str, *values: Any) -> None:
        """Change what no command changes yet."""
        async with self.shop.desk.pool.connection() as connection:
            await connection.execute(query.encode(), values)


Steps = AsyncGenerator[None]
Case = Callable[[Scene], Steps]


@dataclass(frozen=True)
class Told:
    """A case with the command it is about."""

    command: str
    run: Case
    quiet: bool

    def __str__(self) -> str:
        return f"{self.command}-{self.run.__name__}"


CASES: list[Told] = []


def of(command: Callable[..., Any], *, quiet: bool = False) -> Callable[[Case], Case]:
    """Say which command a case is about."""

    def keep(case: Case) -> Case:
        CASES.append(Told(name_of(command), case, quiet))
        return case

    return keep


def name_of(command: Callable[..., Any]) -> str:
    """A command by its noun: `messages.receive`."""
    return f"{command.__module__.split('.')[2]}.{command.__name__}"


WRITING = ("commands", "facts", "files")


def commands() -> set[str]:
    """Every public command of the desk."""
    found: set[str] = set()
    for noun in pkgutil.iter_modules(desk_package.__path__):
        if not noun.ispkg:
            continue
        within = importlib.import_module(f"shopbell.desk.{noun.name}")
        for part in pkgutil.iter_modules(within.__path__):
            if part.name in WRITING:
                found |= _public(importlib.import_module(f"{within.__name__}.{part.name}"))
    return found


def _public(module: ModuleType) -> set[str]:
    return {
        name_of(function)
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if not name.startswith("_")
        and function.__module__ == module.__name__
        and "desk" in inspect.signature(function).parameters
    }


@of(receive)
async def a_first_message(scene: Scene) -> Steps:
    yield
    await scene.says()


@of(receive)
async def a_second_message(scene: Scene) -> Steps:
    await scene.says()
    yield
    await scene.says("In green, I mean")


@of(receive)
async def a_message_of_a_picture_alone(scene: Scene) -> Steps:
    await scene.says()
    files = (await scene.brings("visitor:mia"), await scene.brings("visitor:mia"))
    draft = Draft(id=uuid7(), text="", attachments=files)
    yield
    await receive(
        scene.shop.desk, scene.thread, scene.shop.connection, draft, uploader="visitor:mia"
    )


@of(receive, quiet=True)
async def a_repeated_message(scene: Scene) -> Steps:
    first = await scene.says()
    yield
    await scene.says(message=first.id)


@of(receive)
async def a_message_to_the_agent_who_replied(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    yield
    await scene.says("Thanks, and in red?")


@of(receive)
async def a_message_that_reopens(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    yield
    await scene.says("One more thing")


@of(receive)
async def a_message_long_after_that_opens_a_new_ticket(scene: Scene) -> Steps:
    await scene.says()
    for _ in range(4):
        await scene.replies(scene.ben)
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    scene.pass_days(15)
    yield
    await scene.says("A new matter")


@of(receive)
async def a_message_that_wakes_a_snoozed_ticket(scene: Scene) -> Steps:
    await scene.says()
    await snooze(scene.shop.desk, scene.ticket, scene.ben, scene.shop.desk.now() + LATER)
    yield
    await scene.says("Are you there?")


@of(reply)
async def a_reply_with_a_file(scene: Scene) -> Steps:
    await scene.says()
    draft = Draft(
        id=uuid7(), text="The chart", attachments=(await scene.brings(by_agent(scene.ben.id)),)
    )
    yield
    await reply(scene.shop.desk, scene.ticket, scene.ben, draft)


@of(reply)
async def a_reply_that_takes_over(scene: Scene) -> Steps:
    await scene.says()
    yield
    await scene.replies(scene.ben)


@of(reply)
async def a_second_reply(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    yield
    await scene.replies(scene.ben, "And warm.")


@of(reply, quiet=True)
async def a_reply_to_a_ticket_that_another_has(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    with pytest.raises(Taken):
        await scene.replies(scene.cleo)


@of(reply)
async def a_reply_that_takes_on_purpose(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    yield
    await scene.replies(scene.cleo, take=True)


@of(reply)
async def a_note(scene: Scene) -> Steps:
    await scene.says()
    yield
    await scene.replies(scene.ben, "Ask the mill", note=True)


@of(reply)
async def a_reply_to_a_resolved_ticket(scene: Scene) -> Steps:
    await scene.says()
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    yield
    await scene.replies(scene.ben)


@of(reply)
async def a_reply_on_an_older_ticket(scene: Scene) -> Steps:
    await scene.older_ticket()
    yield
    await scene.replies(scene.ben, "The refund is on its way.")


@of(reply)
async def a_note_on_an_older_ticket(scene: Scene) -> Steps:
    await scene.older_ticket()
    yield
    await scene.replies(scene.ben, "The mill called", note=True)


@of(answer)
async def an_answer(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    yield
    await scene.answers(turn)


@of(answer)
async def an_answer_after_a_takeover_becomes_a_suggestion(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    await scene.takes(scene.ben)
    yield
    with pytest.raises(Fenced):
        await scene.answers(turn)


@of(answer, quiet=True)
async def an_answer_to_an_older_message(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    await scene.says("In green, I mean")
    yield
    with pytest.raises(Fenced):
        await scene.answers(turn)


@of(take_over)
async def a_takeover(scene: Scene) -> Steps:
    await scene.says()
    yield
    await scene.takes(scene.ben)


@of(take_over)
async def a_takeover_of_what_waits_for_a_person(scene: Scene) -> Steps:
    await scene.says()
    await scene.hands_off()
    yield
    await scene.takes(scene.ben)


@of(take_over)
async def a_takeover_from_another_on_purpose(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    await scene.takes(scene.cleo, on_purpose=True)


@of(take_over, quiet=True)
async def a_takeover_that_is_refused(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    with pytest.raises(Taken):
        await scene.takes(scene.cleo)


@of(take_over)
async def a_takeover_of_a_snoozed_ticket(scene: Scene) -> Steps:
    await scene.says()
    await snooze(scene.shop.desk, scene.ticket, scene.ben, scene.shop.desk.now() + LATER)
    yield
    await scene.takes(scene.ben)


@of(release)
async def a_release_with_a_note(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    yield
    await scene.releases(scene.ben, "Refund agreed")


@of(release)
async def a_release_without_a_note(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    await scene.releases(scene.ben)


@of(release, quiet=True)
async def a_release_of_what_the_assistant_has(scene: Scene) -> Steps:
    await scene.says()
    yield
    await scene.releases(scene.ben, "Nothing")


@of(hand_off)
async def a_handoff(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    yield
    await scene.hands_off(epoch=turn.epoch)


@of(hand_off, quiet=True)
async def a_handoff_after_a_takeover(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    await scene.takes(scene.ben)
    yield
    await scene.hands_off(epoch=turn.epoch)


@of(ask_person)
async def a_wish_for_a_person_before_any_word(scene: Scene) -> Steps:
    yield
    await scene.asks_for_a_person()


@of(ask_person)
async def a_wish_for_a_person(scene: Scene) -> Steps:
    await scene.says()
    yield
    await scene.asks_for_a_person()


@of(ask_person, quiet=True)
async def a_wish_for_a_person_pressed_again(scene: Scene) -> Steps:
    await scene.says()
    await scene.asks_for_a_person()
    yield
    await scene.asks_for_a_person()


@of(ask_person)
async def a_wish_for_a_person_after_all_was_resolved(scene: Scene) -> Steps:
    await scene.says()
    await scene.asks_for_a_person()
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    yield
    await scene.asks_for_a_person()


@of(ask_person)
async def a_wish_for_a_person_while_one_reads(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    await scene.asks_for_a_person()


@of(let_go)
async def a_ticket_of_an_agent_who_leaves(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    ticket = await let_go(scene.shop.desk, scene.ticket, SYSTEM, scene.ben.id)
    assert (ticket.control, ticket.assignee_id) == ("agents", None)
    assert ticket.waiting_since is not None


@of(let_go)
async def a_ticket_whose_customer_was_answered_before_they_left(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    yield
    ticket = await let_go(scene.shop.desk, scene.ticket, SYSTEM, scene.ben.id)
    assert (ticket.status, ticket.assignee_id) == ("pending", None)
    assert ticket.waiting_since is None


@of(let_go, quiet=True)
async def a_ticket_that_another_took_first(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.cleo)
    yield
    await let_go(scene.shop.desk, scene.ticket, SYSTEM, scene.ben.id)


@of(let_go, quiet=True)
async def a_ticket_that_was_done_before_they_left(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    yield
    await let_go(scene.shop.desk, scene.ticket, SYSTEM, scene.ben.id)


@of(assign)
async def an_assignment_to_an_agent(scene: Scene) -> Steps:
    await scene.says()
    await scene.hands_off()
    yield
    await assign(scene.shop.desk, scene.ticket, scene.ben, scene.cleo.id, None)


@of(assign)
async def an_assignment_to_a_team(scene: Scene) -> Steps:
    await scene.says()
    team = await scene.team()
    yield
    await assign(scene.shop.desk, scene.ticket, scene.ben, None, team)


@of(assign)
async def an_assignment_to_nobody(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    await assign(scene.shop.desk, scene.ticket, scene.ben, None, None)


@of(assign, quiet=True)
async def an_assignment_to_nobody_known(scene: Scene) -> Steps:
    await scene.says()
    yield
    with pytest.raises(DeskError):
        await assign(scene.shop.desk, scene.ticket, scene.ben, uuid7(), None)


@of(resolve)
async def a_resolution(scene: Scene) -> Steps:
    await scene.says()
    await scene.hands_off()
    yield
    await resolve(scene.shop.desk, scene.ticket, scene.ben)


@of(reopen)
async def a_reopening(scene: Scene) -> Steps:
    await scene.says()
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    yield
    await reopen(scene.shop.desk, scene.ticket, scene.ben)


@of(snooze)
async def a_snooze(scene: Scene) -> Steps:
    await scene.says()
    yield
    await snooze(scene.shop.desk, scene.ticket, scene.ben, scene.shop.desk.now() + LATER)


@of(set_priority)
async def a_priority_of_an_older_ticket(scene: Scene) -> Steps:
    await scene.older_ticket()
    yield
    await set_priority(scene.shop.desk, scene.ticket, scene.ben, "low")


@of(set_priority)
async def a_priority(scene: Scene) -> Steps:
    await scene.says()
    yield
    await set_priority(scene.shop.desk, scene.ticket, scene.ben, "urgent")


@of(set_tags)
async def tags(scene: Scene) -> Steps:
    await scene.says()
    yield
    await set_tags(scene.shop.desk, scene.ticket, scene.ben, ("Sizing", "return"))
