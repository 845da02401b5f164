"""`shopbell demo channels`: every platform on the loopback, with a page to be a shopper on it."""

import asyncio
import errno
from pathlib import Path

from shopbell.cli.address import at_server
from shopbell.cli.failure import Failure
from shopbell.cli.house import say, services
from shopbell.cli.watch import server_ready
from shopbell.demo.channels.running import SHOPPERS, platforms
from shopbell.desk.errors import DeskError
from shopbell.settings import Settings, load


def play(*, data: Path | None, port: int | None, pages_port: int) -> None:
    """Play the platforms for the desk that runs over this folder, until Ctrl-C."""
    server = at_server(load({"data": data, "port": port}), port=port)
    address = server.public_url
    if not server_ready(address):
        raise Failure(f"No server answers at {address}: run bin/dev first, or give its --port.")
    with services(redis=False, data=data, port=port) as found:
        try:
            asyncio.run(_play(found.settings, address, pages_port))
        except KeyboardInterrupt:
            say("the platforms have gone.")
        except DeskError as refused:
            raise Failure(f"{refused.title}. {refused.detail}".strip()) from refused
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise Failure(f"Port {pages_port} is taken: give another one with --pages.") from None


async def _play(settings: Settings, address: str, pages_port: int) -> None:
    async with platforms(settings, address, pages_port) as url:
        for one in SHOPPERS:
            print(f"{one.label:15} {url}/{one.channel}")
        print(f"inbox           {address}/", f"ready {url}", sep="\n", flush=True)
        await asyncio.Event().wait()
