"""The fence under random interleavings, against the real database, pairs and threes truly at once.

Each example is a new customer's thread; what happens to it is drawn by hypothesis. After every step
the books are read again and every event since the last step is looked at, in its order:
`SHOPBELL_FENCE_EXAMPLES` says how many examples are tried.
"""

import asyncio
import inspect
import os
import textwrap
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shopbell.desk import work as work_module
from shopbell.desk.connections.types import Connection
from shopbell.desk.control import commands as control
from shopbell.desk.control import rules
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.deliveries.types import Outgoing
from shopbell.desk.errors import DeskError
from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages import commands as messages
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.tickets import commands as tickets
from shopbell.desk.tickets.types import Handoff, Ticket
from shopbell.desk.turns import commands as turns
from shopbell.desk.turns.types import Turn

EXAMPLES = int(os.environ.get("SHOPBELL_FENCE_EXAMPLES", "50"))
STEPS = 40
LEASE = timedelta(minutes=5)

Deed = tuple[str, int, bool]
DEEDS = (
    "says", "replies", "notes", "thinks", "answers", "hands_off", "asks_for_a_person", "takes",
    "releases", "assigns", "resolves", "reopens", "claims", "delivers", "puts_off", "lapses",
)  # fmt: skip
WAY = ("says", "thinks", "answers", "claims")
deeds: st.SearchStrategy[Deed] = st.tuples(st.sampled_from(DEEDS), st.integers(0, 5), st.booleans())


class Shop:
    """A desk with a channel that queues its messages and three agents, on a loop of its own."""

    def __init__(self, database_url: str) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.desk = self.run(self.stack.enter_async_context(open_desk(database_url, size=8)))
        self.connection = Connection(id=uuid7(), brand_id=uuid7(), channel="http", name="Custom")
        self.agents = [
            Agent(id=uuid7(), email=f"{name}@demo.shop", name=name, role="agent")
            for name in ("Ben", "Cleo", "Dan")
        ]
        self.tried = 0
        self.run(self._furnish())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def close(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.desk.pool.connection() as connection:
            found = await connection.execute(query.encode(), values)
            return await found.fetchall() if found.description else []

    async def _furnish(self) -> None:
        channel = self.connection
        await self.rows("INSERT INTO brand (id, name) VALUES (%s, 'Wetherfold')", channel.brand_id)
        await self.rows(
            "INSERT INTO connection (id, brand_id, channel, name) VALUES (%s, %s, %s, %s)",
            *(channel.id, channel.brand_id, channel.channel, channel.name),
        )
        for agent in self.agents:
            await self.rows(
                "INSERT INTO agent (id, email, name, role) VALUES (%s, %s, %s, %s)",
                *(agent.id, agent.email, agent.name, agent.role),
            )


class Fence(RuleBasedStateMachine):
    """One customer's thread, whatever is done to it."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.desk: Desk = shop.desk
        self.thread: UUID = shop.run(thread_of(shop.desk, "http", str(uuid7()), name="Mia"))
        self.ticket: UUID | None = None
        self.thoughts: list[tuple[Turn, str]] = []
        self.sendings: list[tuple[Outgoing, str]] = []
        self.on_purpose: set[UUID] = set()
        self.read_to = 0
        self.books = Books()

    @rule(deed=deeds)
    def one_thing(self, deed: Deed) -> None:
        self.do(deed)

    @rule(first=deeds, second=deeds)
    def two_at_once(self, first: Deed, second: Deed) -> None:
        self.do(first, second)

    @rule(first=deeds, second=deeds, third=deeds)
    def three_at_once(self, first: Deed, second: Deed, third: Deed) -> None:
        self.do(first, second, third)

    @rule(upto=st.integers(2, len(WAY)))
    def on_the_way_to_the_customer(self, upto: int) -> None:
        """What random deeds alone seldom come to: an answer that is being sent."""
        for name in WAY[:upto]:
            self.do((name, 0, False))

    @invariant()
    def holds(self) -> None:
        self.shop.run(self._look())

    def do(self, *chosen: Deed) -> None:
        self.on_purpose = {
            self._agent(number).id for name, number, flag in chosen if name in TAKES and flag
        }
        self.shop.tried += len(chosen)
        self.shop.run(self._at_once(chosen))

    async def _at_once(self, chosen: tuple[Deed, ...]) -> None:
        doing = (getattr(self, f"_{name}")(number, flag) for name, number, flag in chosen)
        for outcome in await asyncio.gather(*doing, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, DeskError):
                raise outcome

    def _agent(self, number: int) -> Agent:
        return self.shop.agents[number % len(self.shop.agents)]

    async def _says(self, number: int, again: bool) -> None:
        draft = Draft(id=uuid7(), text=f"Does it run small? {number}")
        written = await messages.receive(self.desk, self.thread, self.shop.connection, draft)
        self.ticket = written.message.ticket_id
        if again:
            await messages.receive(self.desk, self.thread, self.shop.connection, draft)

    async def _replies(self, number: int, flag: bool) -> None:
        if self.ticket is not None:
            draft = Draft(id=uuid7(), text="It does.")
            agent = self._agent(number)
            await messages.reply(self.desk, self.ticket, agent, draft, take_on_purpose=flag)

    async def _notes(self, number: int, _: bool) -> None:
        if self.ticket is not None:
            draft = Draft(id=uuid7(), text="Ask the mill", visibility="note")
            await messages.reply(self.desk, self.ticket, self._agent(number), draft)

    async def _thinks(self, _: int, __: bool) -> None:
        if self.ticket is None:
            return
        await self.shop.rows(
            "UPDATE turn SET due_at = clock_timestamp() WHERE ticket_id = %s AND status = 'due'",
            self.ticket,
        )
        holder = uuid7().hex
        turn = await turns.claim(self.desk, self.ticket, holder, LEASE)
        if turn is not None:
            self.thoughts.append((turn, holder))

    async def _answers(self, number: int, _: bool) -> None:
        if self.thoughts:
            turn, holder = self.thoughts[-1 - number % len(self.thoughts)]
            await messages.answer(self.desk, turn, "Take one size up.", holder=holder)

    async def _hands_off(self, number: int, _: bool) -> None:
        if self.thoughts:
            turn, holder = self.thoughts[-1 - number % len(self.thoughts)]
            handoff = Handoff(reason="no_answer", at=self.desk.now())
            told = Draft(id=uuid7(), text="A person will answer.")
            given: dict[str, Any] = {"epoch": turn.epoch, "turn": turn, "holder": holder}
            await control.hand_off(self.desk, turn.ticket_id, handoff, told, **given)

    async def _asks_for_a_person(self, _: int, __: bool) -> None:
        channel = self.shop.connection
        written = await control.ask_person(self.desk, self.thread, channel, message_id=uuid7())
        self.ticket = written.message.ticket_id

    async def _takes(self, number: int, flag: bool) -> None:
        if self.ticket is not None:
            agent = self._agent(number)
            await control.take_over(self.desk, self.ticket, agent, on_purpose=flag)

    async def _releases(self, number: int, flag: bool) -> None:
        if self.ticket is not None:
            note = "Refund agreed" if flag else ""
            await control.release(self.desk, self.ticket, self._agent(number), uuid7(), note)

    async def _assigns(self, number: int, flag: bool) -> None:
        if self.ticket is not None:
            given = self._agent(number).id if flag else None
            await tickets.assign(self.desk, self.ticket, self._agent(number + 1), given, None)

    async def _resolves(self, number: int, _: bool) -> None:
        if self.ticket is not None:
            await tickets.resolve(self.desk, self.ticket, self._agent(number))

    async def _reopens(self, number: int, _: bool) -> None:
        if self.ticket is not None:
            await tickets.reopen(self.desk, self.ticket, self._agent(number))

    async def _claims(self, _: int, flag: bool) -> None:
        holder = uuid7().hex
        outgoing = await deliveries.claim(
            self.desk, self.thread, holder, LEASE, repeatable=lambda _: flag
        )
        if outgoing is not None:
            self.sendings.append((outgoing, holder))

    async def _delivers(self, number: int, flag: bool) -> None:
        if self.sendings:
            outgoing, holder = self.sendings[-1 - number % len(self.sendings)]
            if flag:
                await deliveries.sent(self.desk, outgoing, holder, "outside")
            else:
                await deliveries.failed(self.desk, outgoing, holder, "The number is gone.")

    async def _puts_off(self, number: int, _: bool) -> None:
        if self.sendings:
            outgoing, holder = self.sendings[-1 - number % len(self.sendings)]
            await deliveries.put_off(self.desk, outgoing, holder, "Try later.", timedelta())

    async def _lapses(self, _: int, __: bool) -> None:
        """Whoever holds a lease on this thread stands still for longer than it lasts."""
        for table, status in (("turn", "running"), ("delivery", "sending")):
            await self.shop.rows(
                f"UPDATE {table} SET lease_until = clock_timestamp() - interval '1 second'"
                " WHERE thread_id = %s AND status = %s",
                *(self.thread, status),
            )

    async def _look(self) -> None:
        rows = await self.shop.rows(
            "SELECT id, payload::text AS payload FROM outbox WHERE thread_id = %s AND id > %s"
            " ORDER BY id",
            *(self.thread, self.read_to),
        )
        for row in rows:
            self.read_to = row["id"]
            self.books.read(msgspec.json.decode(row["payload"], type=Event), self.on_purpose)
        kept = await self.shop.rows(
            "SELECT m.*, d.status AS delivery, d.next_at IS NULL AS barred FROM message m"
            " LEFT JOIN delivery d ON d.message_id = m.id WHERE m.thread_id = %s ORDER BY m.seq",
            self.thread,
        )
        ticket_rows = await self.shop.rows(
            "SELECT k.*, c.name AS customer_name FROM ticket k"
            " JOIN customer c ON c.id = k.customer_id WHERE k.thread_id = %s",
            self.thread,
        )
        open_turns = await self.shop.rows(
            "SELECT t.epoch, k.epoch AS now, k.control FROM turn t JOIN ticket k"
            " ON k.id = t.ticket_id WHERE t.thread_id = %s AND t.status IN ('due', 'running')",
            self.thread,
        )
        self.books.compare(kept, [work_module.ticket_from(row) for row in ticket_rows])
        assert len(open_turns) <= 1
        assert all(one["control"] == "assistant" for one in open_turns), "a turn the agents have"


TAKES = ("replies", "takes")


class Books:
    """What the events say, and what must be true of them and of the tables beside them."""

    def __init__(self) -> None:
        self.tickets: dict[UUID, Ticket] = {}
        self.thread_version = 0
        self.order: list[UUID] = []
        self.versions: dict[UUID, int] = {}
        self.by_assistant: set[UUID] = set()
        self.barred: set[UUID] = set()

    def read(self, event: Event, on_purpose: set[UUID]) -> None:
        """Look at the next event of the thread, in the order of the commits."""
        assert event.ticket
        assert event.thread
        before, ticket = self.tickets.get(event.ticket.id), event.ticket
        self.tickets[ticket.id] = ticket
        if before is not None:
            self._control_moves_only_with_its_epoch(before, ticket)
        assert event.thread.version >= self.thread_version, "the thread went back"
        self.thread_version = event.thread.version
        if event.kind == "control.taken":
            self._taken(event, before, on_purpose)
        if event.kind == "control.released":
            assert (ticket.control, ticket.assignee_id) == ("assistant", None)
        if event.message:
            self._said(event, before)

    def compare(self, kept: list[dict[str, Any]], ticket_rows: list[Ticket]) -> None:
        """The tables hold what the events told, without a hole in the order."""
        assert [row["seq"] for row in kept] == list(range(1, len(kept) + 1)), "a hole in seq"
        assert [row["id"] for row in kept] == self.order, "events in another order than messages"
        assert {one.id: one for one in ticket_rows} == self.tickets, "a change nobody was told of"
        assert {row["id"]: row["version"] for row in kept} == self.versions
        for row in kept:
            if row["id"] in self.barred:
                assert row["delivery"] != "queued", "queued after the takeover"
                assert row["delivery"] != "sending" or row["barred"], "tried again after it"

    def _control_moves_only_with_its_epoch(self, before: Ticket, ticket: Ticket) -> None:
        assert ticket.epoch >= before.epoch, "the epoch went back"
        assert ticket.version >= before.version, "the ticket went back"
        if ticket.control != before.control:
            assert ticket.epoch > before.epoch, "control moved without a new epoch"

    def _taken(self, event: Event, before: Ticket | None, on_purpose: set[UUID]) -> None:
        assert event.ticket
        assert before is not None
        ticket, taker = event.ticket, event.actor.id
        assert (ticket.control, ticket.assignee_id) == ("agents", taker)
        assert ticket.epoch > before.epoch, "a takeover without a new epoch"
        if before.control == "agents" and before.assignee_id not in (None, taker):
            assert taker in on_purpose, "taken from another, and not on purpose"
        self.barred |= self.by_assistant

    def _said(self, event: Event, before: Ticket | None) -> None:
        assert event.message
        message = event.message
        if message.id in self.versions:
            assert message.version > self.versions[message.id], "a message went back"
            if message.id in self.barred and message.delivery is not None:
                assert message.delivery.status not in ("queued", "sending"), "sent after it"
        else:
            self.order.append(message.id)
        self.versions[message.id] = message.version
        if message.author.kind != "assistant" or message.id in self.by_assistant:
            return
        self.by_assistant.add(message.id)
        if message.turn_id is not None:
            assert before is not None
            assert before.control == "assistant", "the assistant spoke after the takeover"
            assert event.ticket
            if event.kind == "message.created":
                assert event.ticket.epoch == before.epoch, "spoken in another epoch"


@pytest.fixture
def fenced_shop(database_url: str) -> Iterator[Shop]:
    shop = Shop(database_url)
    yield shop
    shop.close()


def interleave(shop: Shop, examples: int, *phases: Phase) -> None:
    """Try this many threads of random deeds; raises what the first broken promise says."""

    class Here(Fence):
        def __init__(self) -> None:
            super().__init__(shop)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases or (Phase.generate,),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            report_multiple_bugs=False,
            print_blob=False,
        ),
    )


@pytest.mark.timeout(max(120, EXAMPLES * 3))
def test_no_interleaving_gets_past_the_fence(fenced_shop: Shop) -> None:
    interleave(fenced_shop, EXAMPLES)
    print(f"\n{fenced_shop.tried} commands in {EXAMPLES} threads, in random interleavings")
    assert fenced_shop.tried >= EXAMPLES * STEPS // 2


Break = Callable[[pytest.MonkeyPatch], None]


def mutant(function: Any, *changes: tuple[str, str]) -> Any:
    """The function with parts of its source replaced, living in the module it came from."""
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in changes:
        assert old in source, f"{function.__name__} no longer says {old!r}"
        source = source.replace(old, new)
    made: dict[str, Any] = {}
    exec(compile(source, f"<mutant {function.__name__}>", "exec"), function.__globals__, made)  # noqa: S102
    return made[function.__name__]


def no_epoch_check(patch: pytest.MonkeyPatch) -> None:
    """Takeovers let turns live, and answers look neither at control nor at the epoch."""
    unfenced = ('ticket.control != "assistant" or ticket.epoch != turn.epoch', "False")
    patch.setattr(messages, "answer", mutant(messages.answer, unfenced))
    patch.setitem(work_module.SQL, "drop_turns", "SELECT %(ticket_id)s, %(at)s")


def nothing_withheld(patch: pytest.MonkeyPatch) -> None:
    """A takeover leaves what the assistant has queued to be sent."""
    patch.setitem(
        rules.SQL,
        "withhold_queued",
        "SELECT id AS message_id FROM message WHERE id = %(ticket_id)s AND at = %(at)s",
    )


def same_epoch(patch: pytest.MonkeyPatch) -> None:
    """A takeover keeps the epoch."""
    same = mutant(rules.seize, ("epoch=ticket.epoch + 1", "epoch=ticket.epoch"))
    patch.setattr(rules, "seize", same)


def sent_again(patch: pytest.MonkeyPatch) -> None:
    """What was refused for now is queued again, whoever took over meanwhile."""
    blind = deliveries.SQL["one"].replace("d.next_at IS NULL AS barred", "false AS barred")
    patch.setitem(deliveries.SQL, "one", blind)


def taken_without_asking(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes second has the ticket."""

    async def free(*_: Any, **__: Any) -> None:
        return None

    for module in (control, messages):
        patch.setattr(module, "check_free", free)


def unlocked(patch: pytest.MonkeyPatch) -> None:
    """Commands on one thread do not wait for each other."""
    for name in ("lock_thread", "lock_thread_of_ticket"):
        patch.setitem(work_module.SQL, name, work_module.SQL[name].split("FOR UPDATE")[0])


def untold(patch: pytest.MonkeyPatch) -> None:
    """A change that no event tells of."""
    silent = ('unit.emit("ticket.assigned", _author(by))', "assert by")
    patch.setattr(tickets, "assign", mutant(tickets.assign, silent))


MUTANTS: tuple[Break, ...] = (
    no_epoch_check,
    nothing_withheld,
    same_epoch,
    sent_again,
    taken_without_asking,
    unlocked,
    untold,
)


@pytest.mark.parametrize("broken", MUTANTS, ids=lambda one: one.__name__)
def test_a_fence_with_a_gap_is_found(
    fenced_shop: Shop, monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    broken(monkeypatch)
    # What goes wrong only when two meet may not go wrong twice: hypothesis then says Flaky.
    with pytest.raises((AssertionError, psycopg.Error, Flaky)):
        interleave(fenced_shop, EXAMPLES * 4)
