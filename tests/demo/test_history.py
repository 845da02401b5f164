"""The demo shop's past: believable, the same each time, and such as the desk would have left it."""

import datetime as dt
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row

from shopbell.assistant.types import Trace
from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.history import stories
from shopbell.connectors.commerce.demo.history.cast import CHANNELS, House
from shopbell.connectors.commerce.demo.history.hours import local
from shopbell.connectors.commerce.demo.history.record import Record, Step
from shopbell.connectors.commerce.demo.history.write import PAST, tell
from shopbell.connectors.commerce.demo.orders import orders, variants
from shopbell.connectors.commerce.demo.seed import DICE, SHOPPERS, house_of, seed
from shopbell.connectors.commerce.demo.world import shoppers
from shopbell.desk.connections.types import Connection
from shopbell.desk.control import commands as control
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import answer, receive, reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.sla.policies import Rules
from shopbell.desk.sla.reads import rules_of
from shopbell.desk.tickets import commands as tickets
from shopbell.desk.tickets.reads import ticket_for
from shopbell.desk.turns.types import Turn
from shopbell.settings import Settings

KEPT = (
    "channel status priority team_id assignee_id control epoch engaged_from_seq last_seq"
    " last_customer_seq waiting_since snoozed_until created_at updated_at resolved_at version"
)
PROMISED = Rules()
TODAY = dt.datetime(2026, 11, 24, 13, 0, tzinfo=dt.UTC)


def told(today: dt.datetime = TODAY, rules: Rules = PROMISED) -> tuple[House, list[Record]]:
    dice = random.Random(DICE)
    people, shelf = shoppers(SHOPPERS, today, dice), variants(today, dice)
    placed = orders(people, shelf, today, dice)
    house = msgspec.structs.replace(house_of(today, dice), rules=rules)
    return house, tell(house, people, placed, shelf, today, dice)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return told()[1]


def test_the_same_day_gives_the_same_rows(records: list[Record]) -> None:
    again = told()[1]
    assert [one.thread for one in again] == [one.thread for one in records]
    assert [one.tickets for one in again] == [one.tickets for one in records]
    assert [m.message for one in again for m in one.spoken] == [
        m.message for one in records for m in one.spoken
    ]


@pytest.mark.parametrize(
    "today",
    [
        dt.datetime(2026, 12, 27, 2, 11, tzinfo=dt.UTC),
        dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC),
        dt.datetime(2027, 7, 3, 18, 0, 0, 123456, tzinfo=dt.UTC),
    ],
)
def test_any_day_gives_a_full_desk_and_nothing_from_the_future(today: dt.datetime) -> None:
    found = told(today)[1]
    made = [ticket for one in found for ticket in one.tickets]
    assert sum(one.status == "resolved" for one in made) == PAST
    assert sum(one.status != "resolved" for one in made) >= 15
    assert max(step.at for one in found for step in one.steps) <= today
    for one in found:
        times = [spoken.message.at for spoken in one.spoken]
        assert times == sorted(times)


def test_every_channel_language_and_outcome_is_there(records: list[Record]) -> None:
    made = [ticket for one in records for ticket in one.tickets]
    past = [one for one in made if one.status == "resolved"]
    assert len(past) == PAST
    assert {one.channel for one in past} == set(CHANNELS)
    assert {one.who.language for one in records} == {"en", "de", "es", "fr"}
    outcomes = Counter("assistant" if one.control == "assistant" else "people" for one in past)
    assert outcomes["assistant"] > outcomes["people"] > 40
    tags = Counter(tag for one in past for tag in one.tags)
    for tag in ("refund", "exchange", "fit-runs-small", "where-is-my-order", "return", "mending"):
        assert tags[tag] >= 5, tag
    kinds = {step.kind for one in records for step in one.steps}
    assert {"hand_off", "reply", "note", "snooze", "suggest", "take", "priority"} <= kinds
    reasons = {step.handoff.reason for one in records for step in one.steps if step.handoff}
    assert {"asked", "policy", "approval", "failed", "no_answer"} <= reasons
    reopened = sum(
        step.kind == "receive"
        and before.kind == "resolve"
        and step.at - before.at < dt.timedelta(14)
        for one in records
        for before, step in zip(one.steps, one.steps[1:], strict=False)
    )
    assert reopened >= 3


def test_why_shows_what_each_answer_was_found_in(records: list[Record]) -> None:
    cited = {one.message.id: one.message.citations for rec in records for one in rec.spoken}
    traces = [
        (cited.get(turn.message_id, ()) if turn.message_id else (), turn.trace)
        for one in records
        for turn in one.turns
    ]
    for citations, trace in traces:
        shown = msgspec.convert(trace, Trace).found
        read = [one.title for one in citations if one.kind != "order"]
        assert [one.title for one in shown][: len(read)] == read
        assert not read or len(shown) > len(read)
        scores = [one.score for one in shown]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= trace["confidence"] for score in scores)
        assert len({one.chunk_id for one in shown}) == len(shown)
        assert bool(shown) or trace["decision"] == "answer"
    assert sum(bool(trace["found"]) for _, trace in traces) > len(traces) // 2
    assert any(one["section"] for _, trace in traces for one in trace["found"])


def test_one_carrier_rises_this_week(records: list[Record]) -> None:
    ages = [
        (TODAY - ticket.created_at).days // 7
        for one in records
        for ticket in one.tickets
        if "nordpost" in ticket.tags
    ]
    weeks = Counter(ages)
    assert weeks[0] >= 10
    assert weeks[0] > 3 * max(weeks[week] for week in range(1, 8))


def test_people_work_in_business_hours_and_shoppers_at_any(records: list[Record]) -> None:
    past = [
        step
        for one in records
        for step in one.steps
        if step.kind == "reply" and TODAY - step.at > dt.timedelta(days=3)
    ]
    outside = [
        one for one in past if local(one.at).weekday() == 6 or not 8 <= local(one.at).hour < 21
    ]
    assert len(outside) <= len(past) // 50
    asked = Counter(
        local(step.at).hour for one in records for step in one.steps if step.kind == "receive"
    )
    assert sum(asked[hour] for hour in range(9, 22)) > 4 * sum(asked[hour] for hour in range(7))


def test_no_two_neighbours_read_the_same(records: list[Record]) -> None:
    first = [
        next(one.message.text for one in record.spoken if one.message.ticket_id == ticket.id)
        for record in records
        for ticket in record.tickets
    ]
    by_time = [
        text
        for _, text in sorted(
            zip((t.created_at for r in records for t in r.tickets), first, strict=True)
        )
    ]
    assert all(one != other for one, other in pairwise(by_time))
    assert len(set(first)) > 0.8 * len(first)
    assert not [text for text in first if "{" in text]


def test_citations_quote_their_articles_word_for_word(records: list[Record]) -> None:
    bodies = {library.help_path(one): one for one in library.articles()}
    seen: set[str] = set()
    for record in records:
        for spoken in record.spoken:
            for cited in spoken.message.citations:
                assert cited.url
                if cited.kind != "article":
                    continue
                article = bodies[cited.url]
                seen.add(article.slug)
                plain = " ".join(article.body.translate({ord(c): "" for c in "*_`"}).split())
                assert cited.quote in plain
                assert (cited.title, cited.language) == (article.title, article.language)
    assert len(seen) > 25


def test_stories_name_articles_products_and_teams_that_are_there() -> None:
    handles = {one.handle for group in library.collections() for one in group.product}
    for story in (*stories.past(), *stories.live()):
        assert set(story.about) <= handles, story.key
        assert set(story.channels) <= set(CHANNELS), story.key
        assert story.lines[0].kind in ("c", "a"), story.key
    keys = [one.key for one in (*stories.past(), *stories.live())]
    assert len(keys) == len(set(keys))


INVARIANTS = {
    "seq is gap-free from 1 and counted": """
        SELECT t.id FROM thread t LEFT JOIN message m ON m.thread_id = t.id GROUP BY t.id
        HAVING count(m.id) <> t.last_seq OR min(m.seq) <> 1 OR max(m.seq) <> t.last_seq""",
    "out_count counts public words to the customer": """
        SELECT t.id FROM thread t WHERE out_count <> (SELECT count(*) FROM message m WHERE
        m.thread_id = t.id AND visibility = 'public' AND author_kind <> 'customer')""",
    "read positions are no further than the thread": """
        SELECT id FROM thread WHERE customer_read_seq > last_seq OR agents_read_seq > last_seq
        OR customer_read_out > out_count""",
    "customer_read_out is what lies before customer_read_seq": """
        SELECT t.id FROM thread t WHERE customer_read_out <> (SELECT count(*) FROM message m WHERE
        m.thread_id = t.id AND visibility = 'public' AND author_kind <> 'customer'
        AND m.seq <= t.customer_read_seq)""",
    "agents_read_seq is the furthest agent": """
        SELECT t.id FROM thread t WHERE agents_read_seq <> coalesce((SELECT max(seq) FROM agent_read r
        WHERE r.thread_id = t.id), 0)""",
    "the current ticket is the newest": """
        SELECT t.id FROM thread t WHERE current_ticket_id <> (SELECT id FROM ticket k
        WHERE k.thread_id = t.id ORDER BY created_at DESC LIMIT 1)""",
    "at most one ticket of a thread is not resolved": """
        SELECT thread_id FROM ticket WHERE status <> 'resolved' GROUP BY 1 HAVING count(*) > 1""",
    "a ticket's last_seq, last_customer_seq and preview are its messages'": """
        SELECT k.id FROM ticket k JOIN LATERAL (SELECT * FROM message m WHERE m.ticket_id = k.id
        ORDER BY seq DESC LIMIT 1) m ON true WHERE k.last_seq <> m.seq
        OR k.last_customer_seq <> (SELECT max(seq) FROM message c WHERE c.ticket_id = k.id
                                   AND author_kind = 'customer')
        OR k.preview->>'text' <> left(m.text, 140) OR k.preview->>'author' <> m.author_kind
        OR (k.preview->>'note')::bool <> (m.visibility = 'note')
        OR (k.preview->>'at')::timestamptz <> m.at""",
    "the engagement begins with a customer's words": """
        SELECT k.id FROM ticket k JOIN message m ON m.thread_id = k.thread_id
        AND m.seq = k.engaged_from_seq WHERE m.author_kind <> 'customer' OR m.ticket_id <> k.id""",
    "status and its times belong together": """
        SELECT id FROM ticket WHERE (status = 'resolved') <> (resolved_at IS NOT NULL)
        OR (status = 'snoozed') <> (snoozed_until IS NOT NULL)
        OR (status = 'resolved' AND waiting_since IS NOT NULL)""",
    "under the assistant nobody waits and nothing is handed off": """
        SELECT id FROM ticket WHERE control = 'assistant' AND (waiting_since IS NOT NULL
        OR handoff IS NOT NULL OR suggestion IS NOT NULL OR assignee_id IS NOT NULL)""",
    "a customer who wrote last to people waits": """
        SELECT k.id FROM ticket k JOIN message m ON m.thread_id = k.thread_id AND m.seq = k.last_seq
        WHERE k.control = 'agents' AND k.status = 'open' AND m.author_kind = 'customer'
        AND k.waiting_since IS NULL""",
    "what goes out has a delivery and nothing else has": """
        SELECT m.id FROM message m LEFT JOIN delivery d ON d.message_id = m.id
        WHERE (d.id IS NOT NULL) <> (visibility = 'public' AND author_kind <> 'customer')""",
    "a failed delivery says what to do": """
        SELECT id FROM delivery WHERE (status = 'failed') <> (error IS NOT NULL)""",
    "messages of a thread follow each other in time": """
        SELECT a.id FROM message a JOIN message b ON b.thread_id = a.thread_id AND b.seq = a.seq + 1
        WHERE b.at < a.at""",
    "numbers follow the order of opening": """
        SELECT a.id FROM ticket a JOIN ticket b ON b.number = a.number + 1
        WHERE b.created_at < a.created_at""",
    "the next number is free": """
        SELECT number FROM ticket, ticket_number WHERE number > last_value OR NOT is_called""",
    "turns belong to the messages they made": """
        SELECT t.id FROM turn t JOIN message m ON m.id = t.message_id
        WHERE m.ticket_id <> t.ticket_id OR t.status NOT IN ('answered', 'handed_off')""",
    "every answer of the assistant has its turn": """
        SELECT m.id FROM message m WHERE m.turn_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM turn t WHERE t.id = m.turn_id AND t.message_id = m.id)""",
    "every customer has an identity and a thread": """
        SELECT c.id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM identity i
        WHERE i.customer_id = c.id) OR NOT EXISTS (SELECT 1 FROM thread t WHERE t.customer_id = c.id)""",
    "what is due on a ticket is what its clocks say": """
        SELECT k.id FROM ticket k WHERE k.due_at IS DISTINCT FROM (SELECT min(o.due_at) FROM sla_clock o
        WHERE o.ticket_id = k.id AND o.ended_at IS NULL)""",
    "a resolved ticket has no open clock": """
        SELECT k.id FROM ticket k JOIN sla_clock o ON o.ticket_id = k.id AND o.ended_at IS NULL
        WHERE k.status = 'resolved'""",
    "every ticket has its clocks": """
        SELECT k.id FROM ticket k WHERE NOT EXISTS (SELECT 1 FROM sla_clock o WHERE o.ticket_id = k.id)""",
    "nothing waits to be relayed": "SELECT id FROM outbox",
}


async def test_the_seeded_desk_keeps_what_the_desk_keeps(
    database_url: str, settings: Settings
) -> None:
    report = await seed(database_url, settings, today=TODAY)
    assert report.tickets >= PAST + 15
    async with await psycopg.AsyncConnection[Any].connect(database_url) as db:
        for name, query in INVARIANTS.items():
            found = await (await db.execute(query.encode())).fetchall()
            assert not found, name
        counted = await (
            await db.execute("SELECT status, count(*) FROM delivery GROUP BY 1")
        ).fetchall()
    by_status = dict(counted)
    assert {"sent", "delivered", "read", "failed"} <= set(by_status)
    assert 2 <= by_status["failed"] <= 12


async def test_the_desk_itself_would_have_left_the_same(
    database_url: str, settings: Settings
) -> None:
    """Every kind of step of many threads, played through the desk's own commands."""
    await seed(database_url, settings, today=TODAY)
    async with await psycopg.AsyncConnection[Any].connect(database_url) as db:
        rules = await rules_of(db)
    house, made = told(rules=rules)
    kinds = Counter[str]()
    chosen = sorted(made, key=lambda one: -len({step.kind for step in one.steps}))[:24]
    async with open_desk(database_url) as desk:
        for one in chosen:
            kinds.update(step.kind for step in one.steps)
            await _replay(desk, house, one)
    assert kinds["hand_off"] > 10
    assert kinds["reply"] > 10


async def _replay(desk: Desk, house: House, record: Record) -> None:
    thread_id = await thread_of(desk, "visitor", str(uuid7()), name=record.who.name)
    for step in record.steps:
        desk.now = lambda at=step.at: at
        await _perform(desk, house, record, thread_id, step)
    async with desk.pool.connection() as db, db.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM thread WHERE id = %s", (thread_id,))
        thread: Any = await cursor.fetchone()
        await cursor.execute(
            "SELECT * FROM ticket WHERE thread_id = %s ORDER BY created_at", (thread_id,)
        )
        left: list[Any] = await cursor.fetchall()
    assert (thread["last_seq"], thread["out_count"]) == (
        record.thread.last_seq,
        record.thread.out_count,
    )
    async with desk.pool.connection() as db:
        found = await db.execute(
            "SELECT o.kind, o.started_at, o.ended_at, o.outcome, o.elapsed_s, o.due_at FROM sla_clock o"
            " JOIN ticket k ON k.id = o.ticket_id WHERE k.thread_id = %s ORDER BY 2, 1",
            (thread_id,),
        )
        clocks = [tuple(row.values()) for row in await found.fetchall()]
    assert clocks == sorted(
        (
            (one.kind, one.started_at, one.ended_at, one.outcome, one.elapsed_s, one.due_at)
            for one in record.clocks.values()
        ),
        key=lambda one: (one[1], one[0]),
    )
    assert clocks
    assert thread["version"] == record.thread.version - 1, "all but the customer's reading"
    assert len(left) == len(record.tickets)
    for row, mine in zip(left, record.tickets, strict=True):
        for name in KEPT.split():
            assert row[name] == getattr(mine, name), (record.who.name, mine.subject, name)
        assert tuple(row["tags"]) == mine.tags
        assert (row["handoff"] is None) == (mine.handoff is None)
        assert (row["suggestion"] is None) == (mine.suggestion is None)
        assert mine.preview is not None
        assert row["preview"]["text"] == mine.preview.text


async def _perform(desk: Desk, house: House, record: Record, thread_id: Any, step: Step) -> None:
    draft = Draft(id=uuid7(), text=step.text, page=step.page)
    if step.kind == "receive":
        connection = Connection(
            id=house.connections[step.channel],
            brand_id=house.brand_id,
            channel=step.channel,
            name=step.channel,
        )
        await receive(desk, thread_id, connection, draft)
        return
    ticket_id = await _current(desk, thread_id)
    ada = house.staff["ada"]
    by = Agent(id=(step.by or ada).id, email="", name=(step.by or ada).name, role="agent")
    ticket = await ticket_for(desk, by, ticket_id)
    match step.kind:
        case "answer":
            await answer(desk, await _turn(desk, ticket_id), step.text, holder="test")
        case "hand_off":
            assert step.handoff is not None
            await control.hand_off(desk, ticket_id, step.handoff, draft, epoch=ticket.epoch)
        case "reply":
            await reply(desk, ticket_id, by, draft, take_on_purpose=True)
        case "note":
            await reply(desk, ticket_id, by, Draft(id=uuid7(), text=step.text, visibility="note"))
        case "assign":
            await tickets.assign(desk, ticket_id, by, ticket.assignee_id, house.teams[step.team])
        case "tags":
            await tickets.set_tags(desk, ticket_id, by, step.tags)
        case "priority":
            await tickets.set_priority(desk, ticket_id, by, step.text)  # pyright: ignore[reportArgumentType]
        case "take":
            await control.take_over(desk, ticket_id, by, on_purpose=True)
        case "resolve":
            await tickets.resolve(desk, ticket_id, by)
        case "snooze":
            assert step.until is not None
            await tickets.snooze(desk, ticket_id, by, step.until)
        case _:
            fenced = Turn(
                id=uuid7(), ticket_id=ticket_id, thread_id=thread_id, epoch=0, from_seq=1,
                upto_seq=1, attempts=1, due_at=step.at,
            )  # fmt: skip
            with pytest.raises(Exception, match=r".*"):
                await answer(desk, fenced, step.text, holder="test")


async def _current(desk: Desk, thread_id: Any) -> Any:
    async with desk.pool.connection() as db:
        found = await db.execute("SELECT current_ticket_id FROM thread WHERE id = %s", (thread_id,))
        row = await found.fetchone()
    assert row is not None
    return row["current_ticket_id"]


async def _turn(desk: Desk, ticket_id: Any) -> Turn:
    async with desk.pool.connection() as db:
        found = await db.execute(
            "UPDATE turn SET status = 'running', lease_holder = 'test' WHERE ticket_id = %s"
            " AND status = 'due' RETURNING id, ticket_id, thread_id, epoch, from_seq, upto_seq,"
            " attempts, due_at",
            (ticket_id,),
        )
        row = await found.fetchone()
    assert row is not None
    return Turn(**row)
