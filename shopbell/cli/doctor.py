"""`shopbell doctor`: each part is checked by using it, and each line says what to do."""

import asyncio
import contextlib
import json
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import redis.asyncio
from arq.constants import result_key_prefix
from psycopg.types.json import Jsonb
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from shopbell.cli import house, prepare
from shopbell.cli.address import at_server
from shopbell.cli.children import command
from shopbell.cli.embedded.children import Child
from shopbell.cli.failure import Failure
from shopbell.cli.watch import WorkerWatch, server_ready
from shopbell.desk.attachments.storage import new_key, open_storage
from shopbell.desk.attachments.types import StorageAway
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.commands import token_hash
from shopbell.jobs.queue import Call, enqueue
from shopbell.jobs.triggers import ANSWER
from shopbell.realtime.relay import stream_key
from shopbell.server.doors import COOKIE
from shopbell.settings import Settings

START_S = 40.0
ROUND_TRIP_S = 15.0
SESSION_S = 120


class Wrong(Exception):
    """A part that failed; the words say what to do."""


def examine(*, data: Path | None, port: int | None) -> int:
    """Print a line for each part, `ok` or `FAILED`; returns 0 where all are well, else 1.

    A server and a worker are started for the check where none run, and stopped after it.
    """
    with house.services(data=data, port=port) as found:
        prepare.migrate(found.settings)
        with contextlib.ExitStack() as undo:
            settings = _with_server(at_server(found.settings, port=port), undo)
            _with_worker(settings, undo)
            return asyncio.run(look(settings))


async def look(settings: Settings, *, patience_s: float = ROUND_TRIP_S) -> int:
    """Check a desk whose server and worker run, each part for so long at most; see `examine`."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    maker: Any = redis.asyncio.Redis
    client: Any = maker.from_url(settings.redis_url)
    async with open_desk(settings.database_url, size=2) as desk, client:
        checks: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("database", lambda: _database(desk)),
            ("stream", lambda: _stream(desk, client)),
            ("server", lambda: _server(settings)),
            ("websocket", lambda: _websocket(desk, settings)),
            ("jobs", lambda: _jobs(desk, client)),
            ("files", lambda: _files(settings)),
            ("web build", lambda: _web(settings)),
            ("knowledge", lambda: _knowledge(desk)),
        ]
        return 0 if all([await _line(name, check, patience_s) for name, check in checks]) else 1


async def _line(name: str, check: Callable[[], Awaitable[str]], patience_s: float) -> bool:
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience_s):
            said = await check()
    except TimeoutError:
        print(f"FAILED  {name}: no answer within {patience_s:.0f} s. See the data folder's logs.")
        return False
    except (Wrong, psycopg.Error, redis.RedisError, httpx.HTTPError, OSError) as wrong:
        print(f"FAILED  {name}: {' '.join(str(wrong).split()) or type(wrong).__name__}")
        return False
    print(f"ok      {name}: {said} ({(time.monotonic() - began) * 1000:.0f} ms)", flush=True)
    return True


async def _database(desk: Desk) -> str:
    async with desk.pool.connection() as db:
        try:
            await db.execute(
                "SELECT '[1,2]'::vector <=> '[2,1]'::vector, similarity('bell', 'belt')"
            )
        except psycopg.errors.UndefinedObject:
            raise Wrong("pgvector is missing: run CREATE EXTENSION vector in it.") from None
        except psycopg.errors.UndefinedFunction:
            raise Wrong("pg_trgm is missing: run CREATE EXTENSION pg_trgm in it.") from None
        major = db.info.server_version // 10000
    return f"Postgres {major} with pgvector and pg_trgm, schema up to date"


async def _stream(desk: Desk, client: Any) -> str:
    """One event that concerns nobody, through outbox and relay into the stream of Redis."""
    mark = Event(
        kind="session.revoked", at=desk.now(), actor=Author(kind="system"), session_id=uuid7()
    )
    async with desk.pool.connection() as db:
        epoch = await _epoch(desk)
        entries = await client.xrevrange(stream_key(epoch), count=1)
        last = entries[0][0] if entries else "0-0"
        await db.execute(
            "INSERT INTO outbox (kind, payload, at) VALUES (%s, %s, %s)",
            (mark.kind, Jsonb(mark), mark.at),
        )
    wanted = str(mark.session_id).encode()
    while True:
        read: list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]
        read = await client.xread({stream_key(epoch): last}, block=1000)
        for position, fields in read[0][1] if read else []:
            last = position
            if any(wanted in value for value in fields.values()):
                return "an event came through the relay into Redis"


async def _server(settings: Settings) -> str:
    async with httpx.AsyncClient(base_url=settings.public_url) as web:
        for path in ("/healthz", "/readyz"):
            answer = await web.get(path)
            if answer.status_code != 200:
                raise Wrong(f"{path} answers {answer.status_code}: {answer.text[:200]}")
    return f"{settings.public_url} is ready"


async def _websocket(desk: Desk, settings: Settings) -> str:
    """An agent's socket with a session of its own for two minutes: hello, welcome, ping, pong."""
    address = "ws" + settings.public_url.removeprefix("http") + "/ws/agent"
    token, session_id = secrets.token_urlsafe(32), uuid7()
    async with desk.pool.connection() as db:
        made = await db.execute(
            "INSERT INTO agent_session (token_hash, id, agent_id, expires_at)"
            " SELECT %s, %s, id, now() + make_interval(secs => %s) FROM agent"
            " WHERE disabled_at IS NULL LIMIT 1",
            (token_hash(token), session_id, SESSION_S),
        )
        anybody = made.rowcount == 1
    headers = {"Cookie": f"{COOKIE}={token}"} if anybody else {}
    try:
        async with connect(
            address, origin=Origin(settings.public_url), additional_headers=headers, proxy=None
        ) as ws:
            await ws.send('{"type":"hello"}')
            await _until(ws, "welcome")
            await ws.send('{"type":"ping"}')
            await _until(ws, "pong")
    except InvalidStatus as refused:
        if not anybody and refused.response.status_code in (401, 403):
            return "refuses who is not signed in; there is no agent yet to sign in"
        raise Wrong(
            f"the upgrade was answered {refused.response.status_code}:"
            " a proxy in front must pass websockets on."
        ) from None
    except ConnectionClosed as closed:
        if not anybody and closed.rcvd is not None and closed.rcvd.code == 4401:
            return "refuses who is not signed in; there is no agent yet to sign in"
        raise Wrong(f"the socket was closed: {closed}") from None
    finally:
        async with desk.pool.connection() as db:
            await db.execute("DELETE FROM agent_session WHERE id = %s", (session_id,))
    return "hello, welcome, ping, pong"


async def _until(ws: Any, kind: str) -> None:
    async for text in ws:
        if json.loads(text)["type"] == kind:
            return


async def _jobs(desk: Desk, client: Any) -> str:
    """A job about a ticket that is not there: a worker takes it, finds nothing to do, and ends it."""
    call = Call(id=f"doctor:{uuid7()}", function=ANSWER, args=(str(uuid7()),))
    await enqueue(client, await _epoch(desk), [call])
    try:
        while True:
            if await client.exists(result_key_prefix + call.id):
                break
            await asyncio.sleep(0.02)
    finally:
        await client.delete(result_key_prefix + call.id)
    return "a worker took a job and ended it"


async def _files(settings: Settings) -> str:
    """A few bytes put, got and deleted again."""
    storage, key, mark = open_storage(settings.files, settings.data), new_key(), b"bell"
    try:
        await storage.put(key, BytesIO(mark))
        got = b"".join([piece async for piece in await storage.get(key)])
        await storage.delete(key)
    except StorageAway as away:
        why = str(away.__cause__).partition("\n")[0]
        raise Wrong(f"the storage says no: {why}") from None
    if got != mark:
        raise Wrong("the storage gave back other bytes than it was given.")
    place = settings.files or settings.data / "files"
    return f"kept, read and let go of a file in {place}"


async def _web(settings: Settings) -> str:
    missing = [
        name
        for name in ("widget.js", "inbox/index.html", "widget")
        if not (settings.web_dist / name).exists()
    ]
    if missing:
        raise Wrong(f"{settings.web_dist} has no {', '.join(missing)}: run bin/setup.")
    async with httpx.AsyncClient(base_url=settings.public_url) as web:
        for path in ("/", "/widget.js"):
            answer = await web.get(path)
            if answer.status_code != 200:
                raise Wrong(f"{path} answers {answer.status_code}.")
    return "inbox and widget are built and served"


async def _knowledge(desk: Desk) -> str:
    async with desk.pool.connection() as db:
        found = await db.execute(
            "SELECT count(*) AS chunks, count(e5) AS ready, (SELECT count(*) FROM article) AS articles"
            " FROM chunk"
        )
        row = await found.fetchone()
    assert row is not None
    if row["ready"] < row["chunks"]:
        raise Wrong(
            f"{row['chunks'] - row['ready']} of {row['chunks']} pieces are not searchable by meaning"
            " yet: start a worker and wait, or run `shopbell ask` once."
        )
    return f"{row['articles']} articles in {row['chunks']} pieces, all searchable"


async def _epoch(desk: Desk) -> Any:
    async with desk.pool.connection() as db:
        row = await (await db.execute("SELECT epoch FROM stream WHERE partition = 0")).fetchone()
    assert row is not None
    return row["epoch"]


def _with_server(settings: Settings, undo: contextlib.ExitStack) -> Settings:
    """The settings, leading to a server that answers: the one that runs, else one for the check."""
    if server_ready(settings.public_url):
        return settings
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    own = msgspec.structs.replace(
        settings, host="127.0.0.1", port=port, public_url=f"http://127.0.0.1:{port}"
    )
    house.say(f"no server answers at {settings.public_url}, starting one for the check.")
    child = command("serve", own, log="doctor-serve")
    _start(child, undo, lambda: server_ready(own.public_url))
    return own


def _with_worker(settings: Settings, undo: contextlib.ExitStack) -> None:
    watch = WorkerWatch(settings)
    if watch.ready():
        return
    house.say("no worker runs, starting one for the check.")
    _start(command("work", settings, log="doctor-work"), undo, watch.ready)


def _start(child: Child, undo: contextlib.ExitStack, ready: Callable[[], bool]) -> None:
    undo.callback(child.stop)
    child.start()
    until = time.monotonic() + START_S
    while not ready():
        if not child.running or time.monotonic() > until:
            raise Failure(
                f"{child.log.stem} did not start: {child.last_words(1)} (see {child.log})"
            )
        time.sleep(0.05)
