"""The application served another way than `shopbell serve`, and with room for people who hurry.

`python -m bench.served SERVER` reads its settings from the environment. The limits on how fast one
person may speak are raised, because the peers have none: they are still asked for each message.
"""

import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from bench.process import quiet
from shopbell import settings as settings_module
from shopbell.cli.logs import begin_logging
from shopbell.server.app import create_app
from shopbell.server.limits import Rate
from shopbell.server.sockets.wire import Bucket
from shopbell.server.uvicorn_config import MAX_FRAME, server_config
from shopbell.server.widget import talk
from shopbell.settings import Settings

BOUNDLESS = 1e9


def application() -> Any:
    """The application with its limits raised."""
    quiet()
    talk.MESSAGE = Rate("message", 1_000_000, 1e-6)
    Bucket.__init__.__defaults__ = (BOUNDLESS, BOUNDLESS)
    return create_app(settings())


def settings() -> Settings:
    """What the environment says."""
    return settings_module.load({})


def by_uvicorn(websockets: str) -> Callable[[], None]:
    """Serve by uvicorn with one of its websocket implementations, else as `shopbell serve`."""

    def serve() -> None:
        config = server_config(application(), settings())
        config.ws = websockets
        uvicorn.Server(config).run()

    return serve


def by_granian() -> None:
    """Serve by Granian, one worker, on uvloop."""
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.server import Server

    found = settings()
    Server(
        "bench.served:application",
        address=found.host,
        port=found.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MAX_FRAME * 2),
        websockets=True,
        log_access=False,
    ).serve()


SERVERS: dict[str, Callable[[], None]] = {
    "uvicorn websockets-sansio": by_uvicorn("websockets-sansio"),
    "uvicorn websockets": by_uvicorn("websockets"),
    "uvicorn wsproto": by_uvicorn("wsproto"),
    "granian": by_granian,
}
OURS = "uvicorn websockets-sansio"

if __name__ == "__main__":
    begin_logging("info")
    SERVERS[sys.argv[1]]()
