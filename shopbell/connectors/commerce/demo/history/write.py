"""Put the demo shop's history into the desk's tables, by COPY, in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from shopbell.connectors.commerce.demo.history.cast import House, Person, people
from shopbell.connectors.commerce.demo.history.planning import DAYS, Planner
from shopbell.connectors.commerce.demo.history.record import Record
from shopbell.connectors.commerce.demo.history.telling import Plan, Teller
from shopbell.connectors.commerce.demo.orders import OrderRow, VariantRow
from shopbell.connectors.commerce.demo.world import KNOWN, Shopper, uuid7_at
from shopbell.desk.messages.types import MessageExtra
from shopbell.desk.tickets.types import Ticket

PAST = 300
STRANGERS = 150


def tell(
    house: House,
    shoppers: Sequence[Shopper],
    orders: Sequence[OrderRow],
    shelf: Sequence[VariantRow],
    today: dt.datetime,
    dice: random.Random,
) -> list[Record]:
    """Every thread with its tickets; the same for the same house, day and dice.

    The customers whom the storefront can sign in are left out: their threads begin when they write.
    """
    since = today - dt.timedelta(days=DAYS + 40)
    crowd = people(list(shoppers[len(KNOWN) :]), STRANGERS, since, dice)
    planner = Planner(crowd, orders, shelf, today, dice)
    live = planner.live()
    plans = sorted([*live, *planner.past(PAST)], key=lambda one: (one.who.id, one.start))
    records = {who: Record(house, plan.who, dice) for who, plan in ((p.who.id, p) for p in plans)}
    teller = Teller(house, today, dice)
    for plan in sorted(plans, key=lambda one: one.start):
        record = records[plan.who.id]
        plan.who.known_at = min(plan.who.known_at, plan.start)
        teller.tell(plan, record)
    last = {who: list(theirs)[-1] for who, theirs in groupby(plans, lambda one: one.who.id)}
    for who, record in records.items():
        record.read(_seen(record, last[who]))
        record.ring(today)
    return list(records.values())


def _seen(record: Record, last: Plan) -> int:
    """How far the agents have read: all of it, save the newest words of what is unread."""
    if not last.story.unread:
        return record.thread.last_seq
    newest = record.ticket.last_customer_seq
    people = [
        one.message.seq
        for one in record.spoken
        if one.message.author.kind in ("agent", "assistant")
    ]
    return max((seq for seq in people if seq < newest), default=0)


async def write(db: AsyncConnection[Any], records: Sequence[Record], house: House) -> None:
    """Write the threads with everything in them, and let the desk's numbers go on after them."""
    cursor = await db.execute("SELECT last_value + is_called::int FROM ticket_number")
    row = await cursor.fetchone()
    assert row is not None
    tickets = sorted(
        (one for record in records for one in record.tickets), key=lambda one: one.created_at
    )
    numbered = {one.id: number for number, one in enumerate(tickets, row[0])}
    dice = random.Random(len(tickets))  # noqa: S311 - ids of rows, no secrets
    await _customers(db, records, dice)
    await _copy(
        db,
        "thread",
        "id customer_id last_seq out_count customer_read_seq customer_read_out agents_read_seq"
        " current_ticket_id version",
        (msgspec.structs.astuple(record.thread) for record in records),
    )
    await _copy(db, "ticket", _TICKET, (_ticket(one, numbered[one.id]) for one in tickets))
    await db.execute("SELECT setval('ticket_number', %s)", [row[0] + len(tickets) - 1])
    await db.execute(_TAGS)
    await _messages(db, records)
    await _clocks(db, records, house)
    await _copy(
        db,
        "agent_read",
        "agent_id thread_id seq",
        (
            (one.id, record.thread.id, record.thread.agents_read_seq)
            for record in records
            for one in house.staff.values()
        ),
    )


async def _customers(
    db: AsyncConnection[Any], records: Sequence[Record], dice: random.Random
) -> None:
    await _copy(
        db,
        "customer",
        "id name language created_at",
        ((r.who.id, r.who.name, r.who.language, r.tickets[0].created_at) for r in records),
    )
    await _copy(
        db,
        "identity",
        "id customer_id kind value verified_at verified_by created_at",
        (
            (uuid7_at(since, dice), record.who.id, kind, value, since, "channel", since)
            for record in records
            for (kind, value), since in _known(record.who, record.tickets[0].created_at)
        ),
    )


def _known(who: Person, since: dt.datetime) -> list[tuple[tuple[str, str], dt.datetime]]:
    return [(one, since) for one in dict.fromkeys(who.identities.values())]


_TAGS = """
WITH named AS (SELECT DISTINCT unnest(tags) AS name FROM ticket),
made AS (INSERT INTO tag (id, name) SELECT gen_random_uuid(), name FROM named ON CONFLICT (name) DO NOTHING RETURNING id, name),
known AS (SELECT id, name FROM made UNION SELECT tag.id, tag.name FROM tag JOIN named USING (name)),
settled AS (INSERT INTO ticket_tagging (ticket_id, settled) SELECT id, true FROM ticket WHERE tags <> '{}')
INSERT INTO ticket_tag (ticket_id, tag_id, by_kind, by_id, by_name, at)
SELECT k.id, known.id, 'agent', a.id, a.name, k.updated_at
FROM ticket k JOIN known ON known.name = ANY (k.tags) CROSS JOIN (SELECT id, name FROM agent WHERE role = 'admin' ORDER BY name LIMIT 1) a
"""
"""Whoever signs in finds the tags of the past as rows, put on by the demo's admin."""

_TICKET = (
    "id number thread_id customer_id brand_id connection_id channel subject status priority team_id"
    " assignee_id tags control epoch engaged_from_seq last_seq last_customer_seq preview"
    " waiting_since handoff suggestion snoozed_until due due_at created_at updated_at resolved_at version"
)


def _ticket(ticket: Ticket, number: int) -> tuple[Any, ...]:
    values: dict[str, Any] = msgspec.structs.asdict(ticket)
    values |= {"number": number, "tags": list(ticket.tags)}
    values["due_at"] = ticket.due.at if ticket.due else None
    for name in ("preview", "handoff", "suggestion", "due"):
        values[name] = _json(values[name]) if values[name] is not None else None
    return tuple(values[name] for name in _TICKET.split())


async def _messages(db: AsyncConnection[Any], records: Sequence[Record]) -> None:
    spoken = [one for record in records for one in record.spoken]
    await _copy(
        db,
        "message",
        "id thread_id ticket_id seq author_kind author_id author_name visibility connection_id"
        " channel external_id text extra turn_id at version",
        (
            (m.id, m.thread_id, m.ticket_id, m.seq, m.author.kind, m.author.id, m.author.name,
             m.visibility, one.connection_id, m.channel, one.external_id or None, m.text,
             _json(MessageExtra(citations=m.citations, page=m.page, why=m.why)), m.turn_id, m.at,
             m.version)
            for one in spoken
            for m in (one.message,)
        ),
    )  # fmt: skip
    await _copy(
        db,
        "delivery",
        "id message_id thread_id ticket_id connection_id status attempts error updated_at",
        (
            (one.delivery.id, one.message.id, one.message.thread_id, one.message.ticket_id,
             one.connection_id, one.delivery.status, int(one.message.channel != "webchat"),
             one.delivery.error, one.delivery.at)
            for one in spoken
            if one.delivery is not None
        ),
    )  # fmt: skip
    await _copy(
        db,
        "turn",
        "id ticket_id thread_id epoch status due_at from_seq upto_seq attempts message_id trace"
        " created_at finished_at",
        (
            (one.id, one.ticket_id, record.thread.id, one.epoch, one.status, one.due_at,
             one.from_seq, one.upto_seq, 1, one.message_id, Jsonb(one.trace), one.due_at,
             one.finished_at)
            for record in records
            for one in record.turns
        ),
    )  # fmt: skip


async def _clocks(db: AsyncConnection[Any], records: Sequence[Record], house: House) -> None:
    await _copy(
        db,
        "sla_clock",
        "id ticket_id kind policy_id policy seconds calendar pauses started_at due_at alarm_at step"
        " segments earlier ended_at outcome elapsed_s rules",
        (
            (one.id, one.ticket_id, one.kind, one.policy_id, one.policy, one.seconds,
             _json(one.calendar), list(one.pauses), one.started_at, one.due_at, one.alarm_at,
             one.step, Jsonb(msgspec.to_builtins(one.segments)),
             Jsonb(msgspec.to_builtins(one.earlier)), one.ended_at, one.outcome, one.elapsed_s,
             house.rules.version)
            for record in records
            for one in record.clocks.values()
        ),
    )  # fmt: skip


def _json(value: msgspec.Struct) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


async def _copy(
    db: AsyncConnection[Any], table: str, columns: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns.split())
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    async with db.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            await copy.write_row(row)
