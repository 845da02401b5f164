"""`shopbell demo traffic`: shoppers who write to the running demo shop."""

import asyncio
from importlib import import_module
from pathlib import Path

from shopbell.cli.failure import Failure
from shopbell.cli.watch import server_ready
from shopbell.settings import load


def play(*, data: Path | None, port: int | None, shoppers: int, seconds: float) -> None:
    """Have this many shoppers at a time write over the real websocket, for so many seconds."""
    settings = load({"data": data, "port": port})
    if not server_ready(settings.public_url):
        raise Failure(
            f"No server answers at {settings.public_url}: run bin/dev first, or give its --port."
        )
    played = import_module("shopbell.connectors.commerce.demo.traffic").play
    asyncio.run(played(settings.public_url, shoppers=shoppers, seconds=seconds or None))
