"""`shopbell demo traffic`: shoppers who write to the running demo shop."""

import asyncio
from pathlib import Path

from shopbell.cli.address import at_server
from shopbell.cli.failure import Failure
from shopbell.cli.house import say
from shopbell.cli.watch import server_ready
from shopbell.connectors.commerce.demo import traffic
from shopbell.settings import load


def play(*, data: Path | None, port: int | None, shoppers: int, seconds: float, seed: int) -> None:
    """Have this many shoppers at a time write over the real websocket, for so many seconds."""
    settings = at_server(load({"data": data, "port": port}), port=port)
    if not server_ready(settings.public_url):
        raise Failure(
            f"No server answers at {settings.public_url}: run bin/dev first, or give its --port."
        )
    url = settings.public_url

    async def come_and_go() -> None:
        # Said once the loop hears Ctrl-C, which until then would end the command in mid-air.
        say(f"{shoppers} shoppers come to {url}/demo; Ctrl-C sends them home.")
        await traffic.play(url, shoppers=shoppers, seconds=seconds or None, seed=seed, tell=say)

    try:
        asyncio.run(come_and_go())
    except KeyboardInterrupt:
        say("the shoppers have gone.")
