"""What a client holds: taken whole through the reads behind the HTTP API, or grown from events alone.

An agent's client keeps tickets, threads, messages, customers, agents and read positions by id, the
higher version of each; its counts are those of the tickets it holds. A shopper's client keeps its
own thread and public messages. Two clients agree when all of that is equal.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from shopbell.desk.customers.reads import customer_in
from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Desk
from shopbell.desk.events.types import AgentRead, Event
from shopbell.desk.messages.types import Message
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.reads import messages_before, shopper_message, shopper_thread
from shopbell.desk.threads.types import ShopperMessage, ShopperThread, Thread
from shopbell.desk.tickets.reads import VIEWS, counts, ticket_for, tickets_in
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import work
from shopbell.realtime.audiences import shopper_event
from shopbell.realtime.frames import AgentOut, Events, ShopperEvent, ShopperEvents, ShopperOut

Entity = TypeVar("Entity", Ticket, Thread, Message, Customer, Agent, ShopperMessage)
Frame = TypeVar("Frame", Events, ShopperEvents)

ACTIVE = ("open", "pending")
IN_VIEW: dict[str, Callable[[Ticket, UUID], bool]] = {
    "mine": lambda k, me: k.status in ACTIVE and k.assignee_id == me,
    "unassigned": lambda k, _: (
        k.status in ACTIVE and k.control == "agents" and k.assignee_id is None
    ),
    "waiting": lambda k, _: k.status in ACTIVE and k.waiting_since is not None,
    "assistant": lambda k, _: k.status in ACTIVE and k.control == "assistant",
    "open": lambda k, _: k.status in ACTIVE,
    "snoozed": lambda k, _: k.status == "snoozed",
    "resolved": lambda k, _: k.status in ("resolved", "closed"),
    "due": lambda k, _: k.status in ACTIVE and k.due is not None and k.due.step >= 50,
}
"""Which ticket belongs in which view, as web/inbox/state/views.ts says it."""


def keep(table: dict[UUID, Entity], come: Entity) -> None:
    """Keep the higher version; two states of one version would make clients differ for ever."""
    held = table.get(come.id)
    if held is not None and held.version == come.version:
        assert held == come, f"version {come.version} of {type(come).__name__} has two states"
    if held is None or held.version < come.version:
        table[come.id] = come


@dataclass
class AgentClient:
    """The state of one agent's inbox."""

    me: Agent
    tickets: dict[UUID, Ticket] = field(default_factory=dict[UUID, Ticket])
    threads: dict[UUID, Thread] = field(default_factory=dict[UUID, Thread])
    messages: dict[UUID, Message] = field(default_factory=dict[UUID, Message])
    customers: dict[UUID, Customer] = field(default_factory=dict[UUID, Customer])
    people: dict[UUID, Agent] = field(default_factory=dict[UUID, Agent])
    reads: dict[UUID, int] = field(default_factory=dict[UUID, int])

    def see(self, event: Event) -> None:
        """Apply one event as web/inbox/state/live.ts does."""
        if event.ticket:
            keep(self.tickets, event.ticket)
        if event.message:
            keep(self.messages, event.message)
        if event.thread:
            keep(self.threads, event.thread)
        if event.customer:
            keep(self.customers, event.customer)
        if event.agent:
            keep(self.people, event.agent)
        if event.read:
            self.see_read(event.read)

    def read_lists(self, desk: "AgentClient") -> None:
        """Read every view anew, as web/inbox/state/live.ts does after an import."""
        for ticket in desk.tickets.values():
            keep(self.tickets, ticket)

    def see_read(self, read: AgentRead) -> None:
        """Read positions only move on, and only one's own are kept."""
        if read.agent_id == self.me.id:
            self.reads[read.thread_id] = max(read.seq, self.reads.get(read.thread_id, 0))

    def counts(self) -> dict[str, int]:
        """How many of the held tickets each view shows."""
        return {
            view: sum(holds(ticket, self.me.id) for ticket in self.tickets.values())
            for view, holds in IN_VIEW.items()
        }


@dataclass
class ShopperClient:
    """The state of one shopper's widget."""

    thread: ShopperThread = field(default_factory=ShopperThread)
    messages: dict[UUID, ShopperMessage] = field(default_factory=dict[UUID, ShopperMessage])

    def see(self, event: ShopperEvent) -> None:
        """Apply one event as web/widget/live.ts does."""
        if event.message:
            keep(self.messages, event.message)
        if event.thread is None:
            return
        if event.thread.version == self.thread.version:
            assert event.thread == self.thread, "one version of the shopper's thread, two states"
        if event.thread.version > self.thread.version:
            self.thread = event.thread


async def agent_state(desk: Desk, me: Agent, threads: Sequence[UUID]) -> AgentClient:
    """What an inbox holds that loaded every view and opened these threads."""
    client = AgentClient(me)
    for view in VIEWS:
        for ticket in await tickets_in(desk, me, view):
            assert await ticket_for(desk, me, ticket.id) == ticket
            keep(client.tickets, as_sent(ticket))
    for thread_id in threads:
        async with desk.pool.connection() as connection:
            found = await connection.execute("SELECT * FROM thread WHERE id = %s", (thread_id,))
            thread = msgspec.convert(await found.fetchone(), Thread)
            customer = await customer_in(connection, thread.customer_id)
        keep(client.threads, as_sent(thread))
        keep(client.customers, as_sent(customer))
        for message in await all_messages(desk, thread_id):
            keep(client.messages, as_sent(message))
    async with desk.pool.connection() as connection:
        found = await connection.execute("SELECT agent_id, thread_id, seq FROM agent_read")
        for row in await found.fetchall():
            client.see_read(msgspec.convert(row, AgentRead))
    assert await counts(desk, me) == client.counts(), "counts are not those of the tickets"
    return client


async def shopper_state(desk: Desk, thread_id: UUID) -> ShopperClient:
    """What a widget holds after a snapshot and scrolling back to the beginning."""
    async with work(desk, thread_id=thread_id) as unit:
        ticket = unit.ticket if unit.has_ticket else None
        thread = unit.thread
    client = ShopperClient(as_sent(shopper_thread(thread, ticket, await name_of(desk, ticket))))
    for message in await all_messages(desk, thread_id, public=True):
        shown = shopper_message(message)
        assert shown is not None
        keep(client.messages, as_sent(shown))
    return client


async def all_messages(desk: Desk, thread_id: UUID, *, public: bool = False) -> list[Message]:
    """The thread page by page, as scrolling back loads it."""
    found: list[Message] = []
    more = True
    while more:
        before = found[0].seq if found else None
        page, more = await messages_before(desk, thread_id, before, 2, public=public)
        found = [*page, *found]
    assert [one.seq for one in found] == sorted({one.seq for one in found})
    return found


async def name_of(desk: Desk, ticket: Ticket | None) -> str:
    """The assignee's name, where there is one."""
    if ticket is None or ticket.assignee_id is None:
        return ""
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT name FROM agent WHERE id = %s", (ticket.assignee_id,)
        )
        row = await found.fetchone()
    return row["name"] if row else ""


async def shopper_events(desk: Desk, thread_id: UUID, events: Iterable[Event]) -> ShopperEvents:
    """The frame that a shopper's socket gets for these events."""
    async with desk.pool.connection() as connection:
        found = await connection.execute("SELECT id, name FROM agent")
        names = {row["id"]: row["name"] for row in await found.fetchall()}
    told = [shopper_event(event, names) for event in events if event.thread_id == thread_id]
    shown = tuple(one for one in told if one is not None)
    return ShopperEvents(position=shown[-1].position if shown else 0, events=shown)


def over_the_wire(frame: Frame) -> Frame:
    """The frame as its receiver decodes it."""
    side: Any = AgentOut if isinstance(frame, Events) else ShopperOut
    return msgspec.json.decode(msgspec.json.encode(frame), type=side)


Value = TypeVar("Value", bound=msgspec.Struct)


def as_sent(value: Value) -> Value:
    """A value as its receiver decodes it from JSON."""
    return msgspec.json.decode(msgspec.json.encode(value), type=type(value))
