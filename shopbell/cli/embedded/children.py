"""Child processes that end when we do: started, watched and stopped by signal."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shopbell.cli.failure import Failure

LOG_BYTES = 5_000_000
WRAPPER = Path(__file__).with_name("child.py")


class Child:
    """One program run as our child, in a session of its own so that Ctrl-C reaches only us.

    `start` must be called from a thread that lives as long as the child should: Linux ends a
    child with the thread that made it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        user: str | None = None,
        search: bool = False,
        death_signal: signal.Signals = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.argv = list(argv)
        self.log = log
        self._user = user
        self._search = search
        self._death_signal = death_signal
        self._env = dict(env) if env is not None else None
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running program."""
        assert self._process is not None, "the child has not been started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """True while the program lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """What the program ended with, negative for a signal; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start the program; its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        trim_log(self.log)
        wrapped = [
            *(sys.executable, "-I", "-S", str(WRAPPER)),
            *(str(os.getpid()), str(int(self._death_signal))),
            *(self._user or "-", "1" if self._search else "0"),
            *self.argv,
        ]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                wrapped,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._env,
                cwd=self._folder,
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal, to a program that may have ended already."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for the program's own end; returns what it ended with."""
        assert self._process is not None, "the child has not been started"
        return self._process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM, patience_s: float = 10) -> None:
        """End the program and wait for it, by force once the patience is spent."""
        if self._process is None:
            return
        self.send(number)
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()
        self._process = None

    def how_it_ended(self) -> str:
        """The exit code or the signal that ended the program, in words."""
        code = self.exit_code
        if code is not None and code < 0:
            return signal.Signals(-code).name
        return f"exit code {code}: {self.last_words(1)}" if code else "by itself"

    def last_words(self, lines: int = 3) -> str:
        """The end of the log in one line, to say why the program did not start."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return " · ".join(line.strip() for line in text.splitlines()[-lines:])


def trim_log(log: Path, limit: int = LOG_BYTES) -> None:
    """Keep a log small: past the limit it is copied to one older file and begun anew."""
    try:
        if log.stat().st_size < limit:
            return
    except FileNotFoundError:
        return
    shutil.copyfile(log, log.with_name(log.name + ".1"))
    os.truncate(log, 0)


def run_once(
    argv: Sequence[str], *, log: Path, user: str | None, search: bool, env: Mapping[str, str]
) -> None:
    """Run a program to its end; raises Failure with its last words when it fails."""
    child = Child(argv, log=log, user=user, search=search, death_signal=signal.SIGKILL, env=env)
    child.start()
    if child.wait():
        raise Failure(f"{Path(argv[0]).name} failed: {child.last_words()} (see {log})")
