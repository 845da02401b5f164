"""The services of a data folder: one command owns them, every other one finds and uses them."""

import contextlib
import fcntl
import os
import time
from collections.abc import Generator
from pathlib import Path

import msgspec
import psycopg
import redis

from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.embedded.valkey import Valkey, ask
from shopbell.cli.failure import Failure
from shopbell.settings import Settings

WAIT_FOR_OWNER_S = 60.0


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the two services answer, and the process that owns the embedded ones."""

    database_url: str
    redis_url: str
    owner: int


class Services:
    """The running services; `settings` has their addresses filled in.

    `postgres` and `valkey` are set in the process that owns them, so that it can watch them.
    """

    def __init__(
        self, settings: Settings, postgres: Postgres | None = None, valkey: Valkey | None = None
    ) -> None:
        self.settings = settings
        self.postgres = postgres
        self.valkey = valkey

    def revive(self) -> list[str]:
        """Start again what has died; returns the names of what was started."""
        revived: list[str] = []
        for service in (self.postgres, self.valkey):
            if service is not None and not service.running:
                service.start()
                revived.append(type(service).__name__)
        return revived


@contextlib.contextmanager
def running_services(settings: Settings, *, alone: bool = False) -> Generator[Services]:
    """Run the embedded services that the settings leave unset, for the length of the block.

    Where another command runs them for this folder already they are used, not started;
    with `alone` that is a Failure. Start it in a thread that outlives the block.
    """
    if settings.database_url and settings.redis_url:
        yield Services(settings)
        return
    run = settings.data / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    card = run / "services.json"
    lock = _try_lock(run / "services.lock")
    if lock is None:
        addresses = _find(card)
        if alone:
            raise Failure(
                f"{settings.data} is in use by process {addresses.owner}: "
                "stop it first, or give another folder with --data."
            )
        yield Services(_filled(settings, addresses.database_url, addresses.redis_url))
        return
    with contextlib.ExitStack() as undo:
        undo.callback(os.close, lock)
        undo.callback(card.unlink, missing_ok=True)
        card.unlink(missing_ok=True)
        valkey = None if settings.redis_url else Valkey(settings.data)
        postgres = None if settings.database_url else Postgres(settings.data)
        for service in (valkey, postgres):
            if service is not None:
                undo.callback(service.stop)
                service.start()
        found = _filled(
            settings,
            postgres.url() if postgres else settings.database_url,
            valkey.url() if valkey else settings.redis_url,
        )
        _write(card, found)
        yield Services(found, postgres, valkey)


def _filled(settings: Settings, database_url: str | None, redis_url: str | None) -> Settings:
    return msgspec.structs.replace(
        settings,
        database_url=settings.database_url or database_url,
        redis_url=settings.redis_url or redis_url,
    )


def _try_lock(path: Path) -> int | None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _write(card: Path, settings: Settings) -> None:
    assert settings.database_url is not None
    assert settings.redis_url is not None
    addresses = Addresses(
        database_url=settings.database_url, redis_url=settings.redis_url, owner=os.getpid()
    )
    draft = card.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(addresses))
    draft.rename(card)


def _find(card: Path) -> Addresses:
    """The services another command runs, once they answer."""
    until = time.monotonic() + WAIT_FOR_OWNER_S
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            addresses = msgspec.json.decode(card.read_bytes(), type=Addresses)
            if _answer(addresses):
                return addresses
        time.sleep(0.1)
    raise Failure(
        f"Another command holds {card.parent.parent} but its services do not answer: stop it first."
    )


def _answer(addresses: Addresses) -> bool:
    try:
        psycopg.connect(addresses.database_url, connect_timeout=3).close()
        ask(addresses.redis_url, "PING")
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True
