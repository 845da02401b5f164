"""Intake: webhooks until they are written, payloads read again, and a past brought in at once."""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID

import httpx
import msgspec
import psycopg
import uvloop
from msgspec import Struct

from bench.bare import Loop, Looped
from bench.figures import Report, check, figure, report
from bench.hooks import Hook, Posted, Posting
from bench.house import House, open_house, use_of
from bench.process import run_part
from shopbell.connectors.channels.registry import channels
from shopbell.desk.attachments.storage import open_storage
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.ids import uuid7
from shopbell.desk.importing.commands import bring_in
from shopbell.desk.importing.types import Brought, PastMessage, PastThread, PastTicket
from shopbell.jobs.intake import Intake
from shopbell.jobs.replaying import replay
from shopbell.realtime.live import Live

WRITERS = 16
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
IN_A_THREAD, IN_A_TICKET = 10, 5
COPIED = ("connection", "customer", "identity", "thread", "ticket", "message")
COUNTED = ("customer", "identity", "thread", "ticket", "message", "outbox", "inbound", "contact")


class Scale(Struct, frozen=True, kw_only=True):
    """How long the writers write, at which rate answers are timed, and how much is brought in."""

    seconds: float = 8.0
    rate: float = 100.0
    customers: int = 400
    messages: int = 100_000
    rounds: int = 3


class Past(Struct, frozen=True, kw_only=True):
    """Seconds that bringing a past in took, the COPY of its rows, and reading payloads about it."""

    brought_s: float
    again_s: float
    copy_s: float
    replay_s: float
    short: int
    new_rows: int


class Round(Struct, frozen=True, kw_only=True):
    """One round: webhooks, the bare loop, and the past. `lost` were answered yes and not written."""

    posted: Posted
    bare: Looped
    past: Past
    lost: int
    doubled: int
    cpu_s: float


def intake(scale: Scale) -> Report:
    """Run it."""
    with open_house() as house:
        rounds = [_round(house, scale, f"r{number}") for number in range(scale.rounds)]
    return _report(scale, rounds)


def _round(house: House, scale: Scale, run: str) -> Round:
    made = uvloop.run(_connections(house, WRITERS))
    hooks = [Hook(path=f"/hooks/{one.id}", secret=secret) for one, secret in made]
    plan = Posting(
        url=house.url,
        hooks=hooks,
        customers=scale.customers,
        seconds=scale.seconds,
        rate=scale.rate,
        run=run,
    )
    with house.serving() as server:
        before = use_of(server).cpu_s
        posted = run_part("bench.hooks", plan, Posted, limit_s=600)
        cpu_s = use_of(server).cpu_s - before
    written, names = _written(house, [one.id for one, _ in made])
    loop = Loop(
        database_url=house.beside_url,
        writers=WRITERS,
        customers=scale.customers,
        seconds=scale.seconds,
        run=run,
    )
    return Round(
        posted=posted,
        bare=run_part("bench.bare", loop, Looped),
        past=uvloop.run(_past(house, scale, run)),
        lost=posted.taken - names,
        doubled=written - names,
        cpu_s=cpu_s,
    )


async def _connections(house: House, count: int) -> list[tuple[Connection, str]]:
    """Custom channels where nobody is answered: each hook has a limit of its own."""
    made: list[tuple[Connection, str]] = []
    settings = house.settings
    async with open_desk(house.database_url) as desk:
        for number in range(count):
            secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
            one = await connect(
                desk,
                Vault(settings.secret_key),
                house.brand,
                "http",
                f"Bench {number}",
                {"secret": secret},
                settings=ConnectionSettings(endpoint="http://127.0.0.1:1/"),
            )
            await desk.run("UPDATE connection SET answer_mode = 'off' WHERE id = %(id)s", id=one.id)
            made.append((one, secret))
    return made


def _written(house: House, connections: Sequence[UUID]) -> tuple[int, int]:
    """How many messages came by these, and how many names they have."""
    with psycopg.connect(house.database_url) as db:
        found = db.execute(
            "SELECT count(*), count(DISTINCT external_id) FROM message WHERE connection_id = ANY(%s)",
            (list(connections),),
        ).fetchone()
    assert found is not None
    return found[0], found[1]


async def _past(house: House, scale: Scale, run: str) -> Past:
    ((connection, _),) = await _connections(house, 1)
    async with open_desk(house.database_url) as desk, httpx.AsyncClient() as client:
        began = perf_counter()
        brought = await bring_in(desk, connection, _told(scale.messages, run))
        brought_s = perf_counter() - began
        began = perf_counter()
        again = await bring_in(desk, connection, _told(scale.messages, run))
        again_s = perf_counter() - began
        copy_s = await _copied(house, connection)
        await _store(house, connection, scale.messages, run)
        before = await _counts(desk)
        began = perf_counter()
        read = await replay(_intake(house, desk, client), status="unread")
        replay_s = perf_counter() - began
        new_rows = sum(await _counts(desk)) - sum(before)
    short = abs(scale.messages - brought.messages) + abs(scale.messages - read)
    return Past(
        brought_s=brought_s,
        again_s=again_s,
        copy_s=copy_s,
        replay_s=replay_s,
        short=short,
        new_rows=new_rows + _new(again),
    )


def _told(messages: int, run: str) -> Iterator[PastThread]:
    """So many messages, ten to a customer, five to a ticket."""
    for customer in range(messages // IN_A_THREAD):
        tickets: list[PastTicket] = []
        for ticket in range(IN_A_THREAD // IN_A_TICKET):
            first = customer * IN_A_THREAD + ticket * IN_A_TICKET
            said = tuple(
                PastMessage(
                    external_id=f"{run}-p{number}",
                    author="agent" if number % 2 else "customer",
                    name="Ben" if number % 2 else "Mia",
                    at=LONG_AGO + timedelta(minutes=number),
                    text=f"Does number {number} run small? I wear M in everything else of yours.",
                )
                for number in range(first, first + IN_A_TICKET)
            )
            tickets.append(PastTicket(external_id=f"{run}-t{first}", messages=said))
        yield PastThread(
            kind="http", value=f"{run}-past-{customer}", name="Mia", tickets=tuple(tickets)
        )


async def _copied(house: House, connection: Connection) -> float:
    """Seconds that COPY alone takes for the same rows, into the same tables elsewhere."""
    async with (
        await psycopg.AsyncConnection.connect(house.database_url) as source,
        await psycopg.AsyncConnection.connect(house.beside_url) as target,
    ):
        rows = {table: await _dump(source, table, connection.id) for table in COPIED}
        began = perf_counter()
        for table in COPIED:
            async with target.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                await copy.write(rows[table])
        await target.commit()
        return perf_counter() - began


async def _dump(
    source: "psycopg.AsyncConnection[tuple[object, ...]]", table: str, of: UUID
) -> bytes:
    customers = f"SELECT customer_id FROM ticket WHERE connection_id = '{of}'"
    which = {
        "connection": f"id = '{of}'",
        "customer": f"id IN ({customers})",
        "identity": f"customer_id IN ({customers})",
        "thread": f"customer_id IN ({customers})",
    }.get(table, f"connection_id = '{of}'")
    query = f"COPY (SELECT * FROM {table} WHERE {which}) TO STDOUT"
    async with source.cursor() as cursor, cursor.copy(query.encode()) as copy:
        return b"".join([bytes(part) async for part in copy])


async def _store(house: House, connection: Connection, messages: int, run: str) -> None:
    """A payload about each message of the past, as if its connector had not understood it."""
    about = '{"headers": {}, "query": {}, "method": "POST", "url": ""}'
    query = "COPY inbound (id, connection_id, digest, headers, body, status) FROM STDIN"
    async with await psycopg.AsyncConnection.connect(house.database_url) as db:
        async with db.cursor() as cursor, cursor.copy(query) as copy:
            for number in range(messages):
                data = {"id": f"{run}-p{number}", "text": "Again", "from": {"id": "c", "name": "M"}}
                body = msgspec.json.encode({"type": "message.created", "data": data})
                digest = hashlib.sha256(body).digest()
                await copy.write_row((uuid7(), connection.id, digest, about, body, "unread"))
        await db.commit()


async def _counts(desk: Desk) -> list[int]:
    return [(await desk.run(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in COUNTED]


def _intake(house: House, desk: Desk, client: httpx.AsyncClient) -> Intake:
    settings = house.settings

    async def unseen(_: Live) -> None:
        """Nobody watches."""

    files = open_storage(settings.files, settings.data)
    return Intake(desk, channels(client), Vault(settings.secret_key), files, unseen)


def _new(again: Brought) -> int:
    return again.customers + again.tickets + again.messages


def _report(scale: Scale, rounds: Sequence[Round]) -> Report:
    past = [one.past for one in rounds]
    checks = [
        check(
            "webhooks a second ÷ the bare loop's",
            [one.posted.a_second / one.bare.a_second for one in rounds],
            0.7,
            "×",
            at_least=True,
        ),
        check(
            "import ÷ COPY", [one.copy_s / one.brought_s for one in past], 0.4, "×", at_least=True
        ),
        check(f"answer at {scale.rate:.0f} a second, p99", [_p99(one) for one in rounds], 250),
        check(
            "lost", [max(one.lost + one.posted.refused + one.past.short for one in rounds)], 0, ""
        ),
        check("doubled", [max(one.doubled for one in rounds)], 0, ""),
        check(
            "new rows by replay and by importing again", [max(one.new_rows for one in past)], 0, ""
        ),
    ]
    figures = [
        figure("webhooks a second", [one.posted.a_second for one in rounds], ""),
        figure("bare loop: payloads a second", [one.bare.a_second for one in rounds], ""),
        figure("answer, p50", [one.posted.answer.p50 for one in rounds]),
        figure(
            "server CPU for 1,000 webhooks",
            [one.cpu_s / one.posted.said * 1000 for one in rounds],
            "s",
        ),
        figure("import", [one.brought_s for one in past], "s"),
        figure("COPY of the same rows", [one.copy_s for one in past], "s"),
        figure("the same import again", [one.again_s for one in past], "s"),
        figure("replay", [one.replay_s for one in past], "s"),
        figure("load generator behind its plan, p99", [one.posted.late_p99_ms for one in rounds]),
    ]
    about = (
        f"{WRITERS} writers, {scale.customers} customers, {scale.seconds:.0f} s a step; an import of"
        f" {scale.messages:,} messages and a replay of as many stored payloads."
    )
    return report("intake", about, checks, figures, rounds)


def _p99(one: Round) -> float:
    return one.posted.answer.p99
