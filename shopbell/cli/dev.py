"""Everything of Shopbell under one command, ended together."""

import contextlib
import fcntl
import signal
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType

from shopbell.cli.address import check_port
from shopbell.cli.children import command
from shopbell.cli.embedded.leftovers import end_leftover
from shopbell.cli.embedded.services import Services
from shopbell.cli.failure import Failure
from shopbell.cli.house import say, services
from shopbell.cli.prepare import fill, first_admin, is_seeded, migrate
from shopbell.cli.watch import WorkerWatch, server_ready
from shopbell.settings import Settings, load

READY_S = 60.0
LOOK_EVERY_S = 0.1
LONGEST_BACKOFF_S = 10.0
STEADY_S = 30.0


def run(*, empty: bool, data: Path | None, host: str | None, port: int | None) -> None:
    """Start services, server and worker, print the ready line, then watch until a signal."""
    settings = load({"data": data, "host": host, "port": port})
    stop = _Stop()
    with contextlib.ExitStack() as undo:
        undo.callback(stop.ignore)
        undo.enter_context(_alone(settings.data))
        for name in ("serve", "work"):
            end_leftover(_pid_file(settings, name), "python", settings.data, signal.SIGKILL)
        check_port(settings)
        found = undo.enter_context(services(alone=True, data=data, host=host, port=port))
        settings = found.settings
        migrate(settings)
        kept = [_Kept(name, settings, undo) for name in ("serve", "work")]
        server, worker = kept
        server.start()
        seen = WorkerWatch(settings)
        seen.forget()
        # A worker looks once whether there is a demo shop to read orders from.
        early = empty or is_seeded(settings)
        if early:
            worker.start()
        lines = [] if empty else fill(settings)
        lines += first_admin(settings)
        if not early:
            worker.start()
        address = settings.public_url
        _wait_until(lambda: server_ready(address), server)
        _wait_until(seen.ready, worker)
        print(f"inbox {address}/", *([] if empty else [f"demo {address}/demo"]), sep="\n")
        print(*lines, f"ready {address}", sep="\n", flush=True)
        stop.begin_waiting()
        while not stop.wait(LOOK_EVERY_S):
            _keep_up(found, kept)


class _Stop:
    """SIGINT and SIGTERM: an end at once while things start, an orderly one once they run."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._waiting = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._leave)

    def begin_waiting(self) -> None:
        self._waiting = True

    def wait(self, seconds: float) -> bool:
        return self._asked.wait(seconds)

    def ignore(self) -> None:
        """From now on everything is being stopped, and a second Ctrl-C must not cut that short."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def _leave(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()
        if not self._waiting:
            self.ignore()
            raise SystemExit(0)


class _Kept:
    """A command that is started again when it ends, later each time while it keeps ending."""

    def __init__(self, name: str, settings: Settings, undo: contextlib.ExitStack) -> None:
        self.name = name
        self.child = command(name, settings)
        self.started = 0.0
        self.backoff = 0.5
        self._pid_file = _pid_file(settings, name)
        undo.callback(self._stop)

    def start(self) -> None:
        self.started = time.monotonic()
        self.child.start()
        self._pid_file.write_text(f"{self.child.pid}\n")

    def look(self) -> None:
        """Start it again once its time has come."""
        now = time.monotonic()
        if self.child.running or now - self.started < self.backoff:
            return
        steady = now - self.started > STEADY_S
        self.backoff = 0.5 if steady else min(self.backoff * 2, LONGEST_BACKOFF_S)
        say(f"{self.name} ended ({self.child.how_it_ended()}), starting it again.")
        self.start()

    def _stop(self) -> None:
        self.child.stop()
        self._pid_file.unlink(missing_ok=True)


def _keep_up(found: Services, kept: list[_Kept]) -> None:
    for name in found.revive():
        say(f"{name} had ended and runs again.")
    for one in kept:
        one.look()


def _wait_until(ready: Callable[[], bool], kept: _Kept) -> None:
    until = time.monotonic() + READY_S
    while not ready():
        if not kept.child.running:
            raise Failure(
                f"{kept.name} did not start: {kept.child.last_words(1)} (see {kept.child.log})"
            )
        if time.monotonic() > until:
            raise Failure(f"{kept.name} was not ready within 60 s (see {kept.child.log}).")
        time.sleep(0.02)


@contextlib.contextmanager
def _alone(data: Path) -> Generator[None]:
    """Hold the folder for this run; the system lets go of it whenever and however we end."""
    run = data / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    with (run / "dev.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(
                f"Shopbell already runs on {data}: stop that first,"
                " or give another folder with --data."
            ) from None
        yield


def _pid_file(settings: Settings, name: str) -> Path:
    return settings.data / "run" / f"{name}.pid"
