"""The `shopbell` command: one line for every error, and services started where none run."""

import contextlib
import errno
import signal
import sys
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from shopbell.cli.failure import Failure
from shopbell.settings import Settings, SettingsError, load

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A help desk for shops: an assistant answers first, people take over live.",
)

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder that holds all state (./.shopbell).")
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on (8000).")]


def main() -> None:
    """Run the command line; a Failure becomes one line on stderr and exit code 1."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        app()
    except (Failure, SettingsError) as failure:
        _end(str(failure))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _end("The disk is full: free some space, then start again.")


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database up to this version's schema."""
    with _services(data=data) as settings:
        applied = _migrate(settings)
    print(f"migrated {', '.join(applied)}" if applied else "nothing to migrate")


@app.command()
def seed(data: Data = None) -> None:
    """Fill the database with the demo shop, once."""
    with _services(data=data) as settings:
        _migrate(settings)
        report = _seed(settings)
        print(f"{'seeded' if report.written else 'already seeded'}: {report.orders} orders")


@app.command()
def serve(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Serve the inbox, the widget and the API until Ctrl-C."""
    create_app = _part("shopbell.server.app", "create_app")
    with _services(data=data, host=host, port=port) as settings:
        from shopbell.cli.serving import serve as serve_until_stopped

        serve_until_stopped(create_app(settings), settings)


@app.command()
def work(data: Data = None) -> None:
    """Run the jobs, such as the assistant's turns, until Ctrl-C."""
    run = _part("shopbell.jobs.worker", "run")
    with _services(data=data) as settings:
        run(settings)


@app.command()
def dev(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    empty: Annotated[bool, typer.Option("--empty", help="Start without the demo shop.")] = False,
) -> None:
    """Run everything until Ctrl-C: services, schema, demo shop, server and worker."""
    from shopbell.cli.dev import check_port, run

    settings = load({"data": data, "host": host, "port": port})
    check_port(settings)
    _part("shopbell.server.app", "create_app")
    _part("shopbell.jobs.worker", "run")
    run(settings, prepare=lambda found: _prepare(found, empty))


def _prepare(settings: Settings, empty: bool) -> list[str]:
    """Schema and demo shop; returns the login lines."""
    _check_redis(settings)
    _migrate(settings)
    if empty:
        return []
    return [f"login {one.email} {one.password} {one.role}" for one in _seed(settings).logins]


def _migrate(settings: Settings) -> list[str]:
    import psycopg

    from shopbell.cli import migrations

    assert settings.database_url is not None
    try:
        return migrations.migrate(settings.database_url)
    except psycopg.errors.DiskFull:
        raise Failure("The database's disk is full: free some space, then start again.") from None
    except psycopg.OperationalError:
        raise Failure(
            "The database does not answer: check DATABASE_URL, or unset it to use the embedded one."
        ) from None


def _check_redis(settings: Settings) -> None:
    import redis

    from shopbell.cli.embedded.valkey import ask

    assert settings.redis_url is not None
    try:
        ask(settings.redis_url, "PING")
    except redis.RedisError:
        raise Failure(
            "Redis does not answer: check REDIS_URL, or unset it to use the embedded one."
        ) from None


def _seed(settings: Settings) -> Any:
    import asyncio

    fill = _part("shopbell.connectors.commerce.demo.seed", "seed")
    return asyncio.run(fill(settings.database_url, settings))


@contextlib.contextmanager
def _services(**flags: Any) -> Generator[Settings]:
    from shopbell.cli.embedded.services import running_services

    with running_services(load(flags)) as services:
        yield services.settings


def _part(module: str, name: str) -> Any:
    """A part loaded when it is needed, so that the other commands start fast."""
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not module.startswith(missing.name):
            raise
        raise Failure(f"This build of Shopbell has no {module}: this command needs it.") from None


def _leave(number: int, _frame: FrameType | None) -> None:
    """End on a signal as on an exit, so that whatever was started is stopped."""
    raise SystemExit(128 + number)


def _end(line: str) -> None:
    print(f"shopbell: {line}", file=sys.stderr)
    raise SystemExit(1)
