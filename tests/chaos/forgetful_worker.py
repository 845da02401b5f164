"""`python -m tests.chaos.forgetful_worker`: a worker whose custom channel cannot tell a repeat.

Everything else is the real worker's; the assistant is left out, so that it is up at once.
"""

import asyncio
import os

from msgspec import structs

from shopbell import settings as settings_module
from shopbell.connectors.channels.http.channel import HttpChannel
from shopbell.jobs.worker import working
from tests.jobs.conftest import cold_ports


async def main() -> None:
    """Work until killed."""
    HttpChannel.capability = structs.replace(HttpChannel.capability, idempotent_sends=False)
    async with working(settings_module.load({}, os.environ), ports=cold_ports):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
