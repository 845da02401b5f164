"""The address of a data folder's server: whether it can be listened on, and how other commands find it."""

import contextlib
import errno
import os
import socket
from collections.abc import Generator

import msgspec

from shopbell.cli.failure import Failure
from shopbell.cli.watch import server_ready
from shopbell.settings import Settings


@contextlib.contextmanager
def told(settings: Settings) -> Generator[None]:
    """Have the other commands of this folder find the server for the length of the block."""
    file = settings.data / "run" / "address"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_text(settings.public_url)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            if file.read_text() == settings.public_url:
                file.unlink()


def at_server(settings: Settings, *, port: int | None) -> Settings:
    """The settings with the address of the folder's running server, where neither the flag nor a
    variable gives another."""
    if port is not None or {"SHOPBELL_PORT", "SHOPBELL_PUBLIC_URL"} & os.environ.keys():
        return settings
    try:
        address = (settings.data / "run" / "address").read_text()
    except FileNotFoundError:
        return settings
    # One that was killed could not take its address back.
    if not server_ready(address):
        return settings
    return msgspec.structs.replace(settings, public_url=address)


def check_port(settings: Settings) -> None:
    """Raise Failure where the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        where = f"Port {settings.port} on {settings.host} cannot be used"
        if number == errno.EADDRINUSE:
            why = "another program holds it. Give another one with --port."
        elif number == errno.EACCES:
            why = "it needs more rights. Give one from 1024 up with --port."
        else:
            why = "this machine has no such address. Give another one with --host."
        raise Failure(f"{where}: {why}") from None
