"""The whole of Shopbell as its own processes: server, worker and embedded services, with the demo shop.

`stack` is started once for a run (once a worker of pytest-xdist) and shared: leave it as whole as
you found it. `own_stack` is one test's own, to break for good. Each begins with a copy of the one demo
shop that a run makes: whoever needs it first makes it, in a folder that all workers know.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from shopbell import settings as settings_module
from shopbell.assistant.knowledge.embed import LocalEmbedder, Vectors
from shopbell.cli.children import command
from shopbell.cli.embedded.children import Child
from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.embedded.valkey import Valkey, ask
from shopbell.cli.knowledge import make_searchable
from shopbell.cli.migrations import migrate
from shopbell.cli.watch import WorkerWatch, server_ready
from shopbell.connectors.commerce.demo.seed import Login, SeedReport, seed
from shopbell.settings import Settings
from tests.services import QUICK

ROOT = Path(__file__).resolve().parent.parent
START_S = 120.0
KILLED_SAFELY = {**QUICK, "synchronous_commit": "on"}
"""What Postgres has committed is with the kernel by then: `kill -9` loses nothing of it."""
RUN = "SHOPBELL_TEST_RUN_FOLDER"


class Stack:
    """A running Shopbell. Its parts are `server`, `worker`, `postgres` and `valkey`, and what `second_server` adds.

    `kill`, `pause`, `resume` and `restart` take a part's name; `restart` returns when it is ready.
    """

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, str] | None = None,
        seeded: SeedReport | None = None,
    ) -> None:
        self.postgres = Postgres(folder, KILLED_SAFELY)
        self.valkey = Valkey(folder)
        self.folder = folder
        self._given: dict[str, str] = dict(variables or {})
        self.settings = self._settings(free_port())
        self.server = command("serve", self.settings)
        self.worker = command("work", self.settings)
        self._servers: dict[str, Settings] = {"server": self.settings}
        self._parts: dict[str, Child | Postgres | Valkey] = {
            "server": self.server,
            "worker": self.worker,
            "postgres": self.postgres,
            "valkey": self.valkey,
        }
        self._seeded = seeded

    @property
    def base_url(self) -> str:
        """Where the server answers, such as `http://127.0.0.1:40123`."""
        return self.settings.public_url

    @property
    def database_url(self) -> str:
        """The stack's own database."""
        return self.postgres.url()

    @property
    def redis_url(self) -> str:
        """The stack's own Valkey."""
        return self.valkey.url()

    @property
    def logins(self) -> Sequence[Login]:
        """The demo people, admin first; each has `email`, `password` and `role`."""
        assert self._seeded is not None
        return self._seeded.logins

    @property
    def widget_key(self) -> str:
        """The public key of the demo shop's web chat."""
        assert self._seeded is not None
        return self._seeded.widget_key

    @property
    def parts(self) -> Mapping[str, Child | Postgres | Valkey]:
        """Everything that was started, by name."""
        return self._parts

    def address(self, name: str) -> str | None:
        """Where the server of this name answers; None for what is no server."""
        settings = self._servers.get(name)
        return settings.public_url if settings else None

    def start(self) -> None:
        """Start everything over what the folder holds."""
        self.valkey.start()
        self.postgres.start()
        self.server.start()
        self.worker.start()
        for name in ("server", "worker"):
            self.wait_until_ready(name)

    def stop(self) -> None:
        """Stop every part, frozen or ended ones too."""
        for name in list(self._parts):
            self.resume(name)
        for part in (*self._commands(), self.valkey, self.postgres):
            part.stop()

    def second_server(self, name: str = "server-2") -> str:
        """Start one more server over the same services; returns its address."""
        settings = self._settings(free_port())
        child = command("serve", settings, log=name)
        child.start()
        self._parts[name], self._servers[name] = child, settings
        self.wait_until_ready(name)
        return settings.public_url

    def kill(self, name: str) -> None:
        """End a part as `kill -9` would; returns once it is gone."""
        part = self._parts[name]
        if isinstance(part, Child):
            part.stop(signal.SIGKILL)
        else:
            part.kill()

    def restart(self, name: str) -> None:
        """Start a part again, after stopping it where it still runs."""
        part = self._parts[name]
        part.stop()
        if name == "worker":
            WorkerWatch(self.settings).forget()
        part.start()
        self.wait_until_ready(name)

    def revive(self, name: str) -> None:
        """Start an ended part again, without waiting until a server or worker is ready."""
        self._parts[name].start()

    def pause(self, name: str) -> None:
        """Freeze a part, as a stalled machine would; for Postgres, its main process alone."""
        os.kill(self._parts[name].pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Go on after `pause`."""
        part = self._parts[name]
        if part.running:
            os.kill(part.pid, signal.SIGCONT)

    def wipe_redis(self) -> None:
        """Empty Valkey, as a restart without a disk would."""
        ask(self.redis_url, "FLUSHALL")

    def wait_until_ready(self, name: str) -> None:
        """Wait for a server's `/readyz`, for the worker's first sign of life."""
        if name in self._servers:
            address = self._servers[name].public_url
            self._wait(name, lambda: server_ready(address))
        elif name == "worker":
            self._wait(name, WorkerWatch(self.settings).ready)

    def log_of(self, name: str, lines: int = 40) -> str:
        """The end of what a part logged."""
        file = {"server": "serve", "worker": "work"}.get(name, name)
        text = (self.folder / "logs" / f"{file}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def whole(self) -> None:
        """Start again whatever an earlier test left ended or frozen."""
        for name, part in self._parts.items():
            if not part.running:
                self.restart(name)
            self.resume(name)

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        child, until = self._parts[name], time.monotonic() + START_S
        while not ready():
            if not child.running or time.monotonic() > until:
                raise AssertionError(f"{name} did not start:\n{self.log_of(name)}")
            time.sleep(0.05)

    def _commands(self) -> list[Child]:
        return [part for part in self._parts.values() if isinstance(part, Child)]

    def _settings(self, port: int) -> Settings:
        fields = {
            "data": self.folder,
            "port": port,
            "database_url": self.postgres.url(),
            "redis_url": self.valkey.url(),
        }
        return settings_module.load(fields, self._given)


class KeptEmbedder(LocalEmbedder):
    """The embedder that ships, remembering across runs what it once worked out for a text."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def quick(self, texts: Sequence[str]) -> Vectors:
        file = self._file("quick", texts)
        if not file.exists():
            self._keep(file, await super().quick(texts))
        return np.load(file)

    async def passages(self, texts: Sequence[str]) -> Vectors:
        file = self._file("passages", texts)
        if not file.exists():
            self._keep(file, await super().passages(texts))
        return np.load(file)

    def _file(self, kind: str, texts: Sequence[str]) -> Path:
        mark = hashlib.sha256(msgspec.json.encode([kind, *texts])).hexdigest()
        return self._folder / f"{mark}.npy"

    def _keep(self, file: Path, vectors: Vectors) -> None:
        draft = file.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as out:
            np.save(out, vectors)
        draft.rename(file)


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder; the workers of pytest-xdist inherit its name."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = tempfile.mkdtemp(prefix="shopbell-run-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the run's folder away."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(RUN))


def demo_shop() -> tuple[Path, SeedReport]:
    """The run's data folder with the demo shop, which the assistant can search; to be copied."""
    run = Path(os.environ[RUN])
    shop, report = run / "shop", run / "report.json"
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not report.exists():
            shutil.rmtree(shop, ignore_errors=True)
            report.write_bytes(msgspec.json.encode(_furnish(shop)))
    return shop, msgspec.json.decode(report.read_bytes(), type=SeedReport)


def _furnish(folder: Path) -> SeedReport:
    """Write the demo shop into a new data folder, and leave its Postgres stopped."""
    stack = Stack(folder)
    try:
        stack.postgres.start()
        migrate(stack.database_url)
        return asyncio.run(_fill(stack.settings))
    finally:
        stack.postgres.stop()


async def _fill(settings: Settings) -> SeedReport:
    assert settings.database_url is not None
    report = await seed(settings.database_url, settings)
    embedder = KeptEmbedder(ROOT / ".pytest_cache" / "vectors")
    try:
        await make_searchable(settings.database_url, embedder)
    finally:
        embedder.close()
    return report


def free_port() -> int:
    """A port of this machine that nobody holds just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def new_stack(variables: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A started stack with these environment variables as settings, gone afterwards."""
    shop, seeded = demo_shop()
    folder = Path(tempfile.mkdtemp(prefix="shopbell-stack-"))
    # Unlike Python's own copy, this one keeps whose the files of Postgres are.
    subprocess.run(["cp", "-a", *shop.iterdir(), folder], check=True)
    stack = Stack(folder, variables, seeded)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[Stack]:
    """The run's one stack; tests take `stack`, which is whole again whatever the last test did."""
    yield from new_stack()


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """The run's running Shopbell with the demo shop, as whole as it was started."""
    shared_stack.whole()
    return shared_stack


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    """A Shopbell of the test's own: three seconds that only a test that breaks it should spend."""
    yield from new_stack()
