"""Everything of Shopbell under one command, ended together."""

import contextlib
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from shopbell.cli.children import command
from shopbell.cli.embedded.services import Services, running_services
from shopbell.cli.failure import Failure
from shopbell.cli.watch import server_ready
from shopbell.settings import Settings

READY_S = 60.0
LOOK_EVERY_S = 0.1
LONGEST_BACKOFF_S = 10.0
STEADY_S = 30.0


def run(settings: Settings, prepare: Callable[[Settings], list[str]]) -> None:
    """Start services, server and worker, print the ready line, then watch until a signal.

    Call `check_port` first. `prepare` is called once the services answer and returns lines to print before the ready line.
    """
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    with contextlib.ExitStack() as undo:
        services = undo.enter_context(running_services(settings, alone=True))
        lines = prepare(services.settings)
        kept = [_Kept(name, services.settings) for name in ("serve", "work")]
        for one in kept:
            undo.callback(one.child.stop)
            one.child.start()
        address = f"http://{_reached(settings.host)}:{settings.port}"
        if _wait_until_ready(address, kept, stop):
            for line in (f"inbox {address}/inbox", f"demo {address}/demo", f"help {address}/help"):
                print(line)
            print(*lines, f"ready {address}", sep="\n", flush=True)
        while not stop.wait(LOOK_EVERY_S):
            _keep_up(services, kept)


class _Kept:
    """A command that is started again when it ends, later each time while it keeps ending."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.child = command(name, settings)
        self.started = time.monotonic()
        self.backoff = 0.5

    def look(self) -> None:
        """Start it again once its time has come."""
        now = time.monotonic()
        if self.child.running or now - self.started < self.backoff:
            return
        steady = now - self.started > STEADY_S
        self.backoff = 0.5 if steady else min(self.backoff * 2, LONGEST_BACKOFF_S)
        print(
            f"shopbell: {self.name} ended, starting it again: {self.child.last_words(1)}",
            file=sys.stderr,
            flush=True,
        )
        self.started = now
        self.child.start()


def _keep_up(services: Services, kept: list[_Kept]) -> None:
    for name in services.revive():
        print(f"shopbell: {name} had ended and runs again.", file=sys.stderr, flush=True)
    for one in kept:
        one.look()


def _wait_until_ready(address: str, kept: list[_Kept], stop: threading.Event) -> bool:
    """True once the server says it is ready, False where a signal came first."""
    until = time.monotonic() + READY_S
    while not server_ready(address):
        if stop.wait(LOOK_EVERY_S):
            return False
        for one in kept:
            if not one.child.running:
                raise Failure(
                    f"{one.name} did not start: {one.child.last_words(1)} (see {one.child.log})"
                )
        if time.monotonic() > until:
            raise Failure(f"The server was not ready within 60 s (see {kept[0].child.log}).")
    return True


def _reached(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared only


def check_port(settings: Settings) -> None:
    """Raise Failure where the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError:
        raise Failure(
            f"Port {settings.port} on {settings.host} cannot be used: "
            "another program may hold it. Give another one with --port."
        ) from None
