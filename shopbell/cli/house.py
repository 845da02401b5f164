"""The services a command works with: given by settings, found running, or started for it."""

import contextlib
import sys
from collections.abc import Generator
from typing import Any

from shopbell.cli.embedded.services import Services, running_services
from shopbell.cli.room import check_room
from shopbell.settings import Settings, load


@contextlib.contextmanager
def services(*, alone: bool = False, redis: bool = True, **flags: Any) -> Generator[Services]:
    """Services that answer, for the length of the block; `flags` are settings by field name.

    With `alone` another command that runs them for this folder is a Failure; without `redis` a
    given REDIS_URL is not looked at. What it starts it says on stderr, unless `alone`.
    """
    settings = load(flags)
    check_services(settings, redis=redis)
    with running_services(settings, alone=alone) as found:
        started = [type(one).__name__ for one in (found.postgres, found.valkey) if one]
        if started and not alone:
            say(f"started {' and '.join(started)} for {settings.data}, none ran there.")
        yield found


def check_services(settings: Settings, *, redis: bool = True) -> None:
    """Raises Failure where the data folder or a given service cannot be used."""
    check_room(settings.data, embedded_database=settings.database_url is None)
    if settings.database_url or (settings.redis_url and redis):
        from shopbell.cli import reach

        if settings.database_url:
            reach.check_database(settings.database_url)
        if settings.redis_url and redis:
            reach.check_redis(settings.redis_url)


def say(text: str) -> None:
    """One line of what goes on, on stderr."""
    print(f"shopbell: {text}", file=sys.stderr, flush=True)
