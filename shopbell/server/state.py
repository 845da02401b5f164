"""What one server process holds while it runs."""

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from msgspec import Struct, field
from redis.asyncio import Redis
from starlette.datastructures import Headers

from shopbell.connectors.channels.types import Channel
from shopbell.connectors.commerce.types import Shop
from shopbell.desk.attachments.storage import Storage
from shopbell.desk.database import Desk
from shopbell.desk.people.commands import session_of
from shopbell.desk.people.types import Session
from shopbell.jobs.intake import Intake
from shopbell.realtime.addresses import Addresses
from shopbell.realtime.hub import Hub
from shopbell.realtime.relay import Relay
from shopbell.server.limits import Limits
from shopbell.server.sockets.crowd import Crowd
from shopbell.settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
USUAL_PORTS = {"http": 80, "https": 443}


class State(Struct, kw_only=True):
    """The desk, the stream and the settings of this process."""

    settings: Settings
    desk: Desk
    hub: Hub
    relay: Relay
    redis: Redis
    files: Storage
    channels: Mapping[str, Channel]
    intake: Intake
    addresses: Addresses
    shop: Shop
    crowd: Crowd
    limits: Limits = field(default_factory=Limits)

    def own_origin(self, origin: str | None) -> bool:
        """Whether a browser's `Origin` is this server's public address or a loopback name of it,
        to the letter: browsers write scheme and host in lower case and leave the usual port out."""
        return origin in own_origins(self.settings.public_url)

    def own_page(self, headers: Headers) -> bool:
        """Whether one of our own pages asks: exactly one `Origin`, and it is ours."""
        given = headers.getlist("origin")
        return len(given) == 1 and self.own_origin(given[0])

    async def session(self, token: str | None) -> Session | None:
        """The living session of a cookie."""
        return await session_of(self.desk, token) if token else None


@cache
def own_origins(public_url: str) -> frozenset[str]:
    """The origins of the pages that this server itself serves."""
    own = urlsplit(public_url)
    host = own.hostname or ""
    port = "" if own.port in (None, USUAL_PORTS.get(own.scheme)) else f":{own.port}"
    names = LOOPBACK if host in LOOPBACK else {host}
    return frozenset(
        f"{own.scheme}://{f'[{name}]' if ':' in name else name}{port}" for name in names
    )
