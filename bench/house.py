"""A Shopbell to measure: its own services and processes, in a folder that goes afterwards."""

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
from msgspec import Struct

from bench.ports import free_port
from shopbell import settings as settings_module
from shopbell.cli.children import command, variables
from shopbell.cli.embedded.children import Child
from shopbell.cli.embedded.postgres import DATABASE, Postgres
from shopbell.cli.embedded.services import running_services
from shopbell.cli.migrations import migrate
from shopbell.cli.watch import WorkerWatch, server_ready
from shopbell.desk.connections.types import Connection
from shopbell.desk.customers.types import Visitor
from shopbell.desk.database import now
from shopbell.desk.ids import uuid7
from shopbell.desk.people.commands import token_hash
from shopbell.server.widget.tokens import make_token
from shopbell.settings import Settings

START_S = 60.0
BESIDE = "beside"
SESSION_SOCKETS = 20
"""How many sockets one agent's session may hold (`shopbell/server/sockets/crowd.py`)."""


class Use(Struct, frozen=True, kw_only=True):
    """What the server's processes have used so far: CPU seconds, and memory now in MiB."""

    cpu_s: float
    memory: float


class House:
    """Real services with one brand and two empty web chats, and the processes run over them.

    In `quiet` the assistant keeps out, in `answered` it answers first. `beside_url` is a copy of
    the database that no Shopbell looks into, for bare statements and for peers.
    """

    def __init__(self, settings: Settings, postgres: Postgres) -> None:
        assert settings.database_url is not None
        assert settings.redis_url is not None
        self.settings = settings
        self.url = settings.public_url
        self.database_url = settings.database_url
        self.redis_url = settings.redis_url
        self.beside_url = postgres.url(BESIDE)
        self._admin_url = postgres.url("postgres")
        self.brand, self.quiet, self.answered = uuid7(), uuid7(), uuid7()

    def fill(self) -> None:
        """The brand and its chats, and the copy beside."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute("INSERT INTO brand (id, name) VALUES (%s, 'Bench')", (self.brand,))
            for chat, mode in ((self.quiet, "off"), (self.answered, "first")):
                connection.execute(
                    "INSERT INTO connection (id, brand_id, channel, name, public_key, answer_mode)"
                    " VALUES (%s, %s, 'webchat', 'Chat', %s, %s)",
                    (chat, self.brand, mode, mode),
                )
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {BESIDE} TEMPLATE {DATABASE}".encode())

    def shoppers(self, count: int, *, chat: UUID | None = None) -> list[str]:
        """Tokens of this many new visitors of a chat (None: the quiet one)."""
        web = Connection(id=chat or self.quiet, brand_id=self.brand, channel="webchat", name="Chat")
        return [
            make_token(self.settings, Visitor(id=uuid7(), connection=web), now())
            for _ in range(count)
        ]

    def agents(self, sockets: int) -> list[str]:
        """Session cookies for this many agents' sockets, as many a session as one may hold."""
        with psycopg.connect(self.database_url) as connection:
            cookies = [
                self._signed_in(connection, uuid7()) for _ in range(-(-sockets // SESSION_SOCKETS))
            ]
        return [cookies[index // SESSION_SOCKETS] for index in range(sockets)]

    @contextlib.contextmanager
    def serving(self, by: str = "") -> Generator[Child]:
        """A running server: `shopbell serve`, or another way of `bench/served.py`."""
        settings = self.settings
        server = module("bench.served", by, settings=settings) if by else command("serve", settings)
        with running(server):
            wait_until(lambda: server_ready(settings.public_url), server)
            yield server

    @contextlib.contextmanager
    def working(self) -> Generator[Child]:
        """A running `shopbell work` that takes jobs."""
        watch = WorkerWatch(self.settings)
        watch.forget()
        worker = command("work", self.settings)
        with running(worker):
            wait_until(watch.ready, worker)
            yield worker

    def _signed_in(self, connection: psycopg.Connection, agent: UUID) -> str:
        token = secrets.token_urlsafe(32)
        connection.execute(
            "INSERT INTO agent (id, email, name, role) VALUES (%s, %s, 'Bench agent', 'agent')",
            (agent, f"{agent}@bench.example"),
        )
        connection.execute(
            "INSERT INTO agent_session (token_hash, id, agent_id, expires_at)"
            " VALUES (%s, %s, %s, now() + interval '1 day')",
            (token_hash(token), uuid7(), agent),
        )
        return token


@contextlib.contextmanager
def open_house(**flags: Any) -> Generator[House]:
    """Services in a folder that goes at the end; `flags` are settings by field name."""
    folder = Path(tempfile.mkdtemp(prefix="shopbell-bench-"))
    try:
        settings = settings_module.load({"data": folder, "port": free_port(), **flags}, {})
        with running_services(settings, alone=True) as services:
            assert services.postgres is not None
            house = House(services.settings, services.postgres)
            migrate(house.database_url)
            house.fill()
            yield house
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(child: Child) -> Generator[Child]:
    """The child, started, and stopped at the end."""
    child.start()
    try:
        yield child
    except Exception:
        print(child.last_words(20), file=sys.stderr)
        raise
    finally:
        child.stop()


def use_of(child: Child) -> Use:
    """What a child and its own children have used until now."""
    top = psutil.Process(child.pid)
    spent = held = 0.0
    for process in (top, *top.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent += times.user + times.system
            held += process.memory_info().rss / 2**20
    return Use(cpu_s=spent, memory=held)


def module(name: str, *words: str, settings: Settings) -> Child:
    """A module of the benchmarks as a child process with these settings, not started yet."""
    return Child(
        [sys.executable, "-m", name, *words],
        log=settings.data / "logs" / f"{name}.log",
        env={**os.environ, **variables(settings)},
        folder=Path(__file__).resolve().parent.parent,
    )


def wait_until(ready: Callable[[], bool], child: Child) -> None:
    """Wait for a child to be up. Raises RuntimeError with its last words."""
    until = time.monotonic() + START_S
    while not ready():
        if not child.running or time.monotonic() > until:
            raise RuntimeError(f"{child.argv} did not start: {child.last_words(20)}")
        time.sleep(0.05)
