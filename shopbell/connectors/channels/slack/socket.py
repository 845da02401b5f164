"""Socket mode: Slack's events over a connection that we open, where no hook can be reached.

https://docs.slack.dev/apis/events-api/using-socket-mode. An envelope is acknowledged once its
payload is kept; one that was not is sent again by Slack, and is known then by its bytes and ids.
"""

import msgspec
import structlog

from shopbell.connectors.channels.slack.errors import health_of, words_of
from shopbell.connectors.channels.slack.web import Web
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import Hear, Lost
from shopbell.desk.inbound.types import MOST_BYTES, Raw

log = structlog.get_logger()

OFF = "Socket mode is switched off for the app: turn it on at Slack, or use the hook."
FOREIGN = "Slack named an address for the socket that is none of its own."


async def open_address(web: Web) -> str:
    """A fresh address to listen at, good for one connection. Raises Lost, Away and Silent."""
    opened = await web.call("apps.connections.open")
    address = opened.told["url"].text
    if not opened.ok or not address:
        health = health_of(opened.code)
        raise Lost(words_of(opened.code), health or "degraded")
    if not web.is_slacks(address):
        raise Lost(FOREIGN, "degraded")
    return address


async def listen(web: Web, hear: Hear) -> None:
    """Hear until cancelled; Slack renews each connection every few hours. Raises Lost, and
    whatever ends a connection otherwise."""
    from websockets.asyncio.client import connect

    while True:
        address = await open_address(web)
        async with connect(address, max_size=MOST_BYTES, proxy=None) as socket:
            async for frame in socket:
                told = Told.decoded(frame)
                if told["type"].text == "disconnect":
                    log.info("socket renewed", reason=told["reason"].text[:60])
                    if told["reason"].text == "link_disabled":
                        raise Lost(OFF)
                    break
                envelope, payload = told["envelope_id"].text, told["payload"].fields
                if envelope and payload:
                    await hear(Raw(body=msgspec.json.encode(payload), method="SOCKET"))
                    await socket.send(msgspec.json.encode({"envelope_id": envelope}).decode())
