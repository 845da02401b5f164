"""A `bin/dev` of the test's own: started, read line by line, ended, and looked for afterwards."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Self

import psutil

from tests.stack import free_port

ROOT = Path(__file__).resolve().parents[2]
DEV = [str(ROOT / "bin" / "dev")]
COMMAND = [sys.executable, "-m", "shopbell.cli", "dev"]
START_S = 90.0


class Running:
    """One running `dev`; `lines` are stdout's up to the ready line, `said` is what stderr told."""

    def __init__(
        self, data: Path, *words: str, command: list[str] = COMMAND, port: int = 0
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [*command, "--data", str(data), "--port", str(self.port), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name not in _SERVICES},
        )
        self.lines: list[str] = []
        self.said: list[str] = []
        self._spoke = threading.Condition()
        self._listeners = [
            threading.Thread(target=self._listen, args=pair)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.said))
        ]
        for one in self._listeners:
            one.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)
        for pid in self.left():
            psutil.Process(pid).kill()

    def until_ready(self) -> Self:
        """Wait for the ready line, which is the last."""
        self._wait_for(self.lines, "ready ")
        assert self.lines[-1] == f"ready {self.address}"
        return self

    def until_said(self, words: str) -> str:
        """Wait for a line on stderr that holds these words; returns it."""
        return self._wait_for(self.said, words)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(START_S)
        for one in self._listeners:
            one.join(START_S)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code

    def pid_of(self, name: str) -> int:
        """The process id of `serve` or `work`."""
        file = self.data / "run" / f"{name}.pid"
        # For a moment after its child was started again the file is empty.
        while not (text := file.read_text()):
            time.sleep(0.01)
        return int(text)

    def processor_s(self) -> float:
        """How many seconds of a processor its processes have taken since they began."""
        taken = [psutil.Process(pid).cpu_times() for pid in self.left()]
        return sum(one.user + one.system + one.children_user for one in taken)

    def left(self) -> list[int]:
        """The processes that name this data folder."""
        return left(self.data)

    def _listen(self, pipe: IO[str], into: list[str]) -> None:
        for line in pipe:
            with self._spoke:
                into.append(line.rstrip("\n"))
                self._spoke.notify_all()
        with self._spoke:
            self._spoke.notify_all()

    def _wait_for(self, lines: list[str], words: str) -> str:
        def found() -> str | None:
            return next((line for line in lines if words in line), None)

        with self._spoke:
            self._spoke.wait_for(lambda: found() or self.process.poll() is not None, START_S)
        line = found()
        assert line is not None, "\n".join([*self.lines, *self.said])
        return line


_SERVICES = {"DATABASE_URL", "REDIS_URL"}


def left(data: Path) -> list[int]:
    """The processes whose arguments name a data folder."""
    found: list[int] = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            named = any(str(data) in word for word in one.cmdline())
            if named and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one.pid)
    return found
