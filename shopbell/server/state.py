"""What one server process holds while it runs."""

from urllib.parse import urlsplit

from msgspec import Struct, field
from redis.asyncio import Redis

from shopbell.desk.database import Desk
from shopbell.desk.people.commands import session_of
from shopbell.desk.people.types import Session
from shopbell.realtime.hub import Hub
from shopbell.realtime.relay import Relay
from shopbell.server.limits import Limits
from shopbell.server.sockets.crowd import Crowd
from shopbell.settings import Settings


class State(Struct, kw_only=True):
    """The desk, the stream and the settings of this process."""

    settings: Settings
    desk: Desk
    hub: Hub
    relay: Relay
    redis: Redis
    crowd: Crowd
    limits: Limits = field(default_factory=Limits)

    def own_origin(self, origin: str | None) -> bool:
        """Whether a browser's `Origin` is this server's public address or a loopback name of it."""
        if not origin or origin == "null":
            return False
        own, given = urlsplit(self.settings.public_url), urlsplit(origin)
        if (given.scheme, given.netloc) == (own.scheme, own.netloc):
            return True
        loopback = {"localhost", "127.0.0.1", "::1"}
        return (
            given.port == own.port
            and given.scheme == own.scheme
            and {given.hostname, own.hostname} <= loopback
        )

    async def session(self, token: str | None) -> Session | None:
        """The living session of a cookie."""
        return await session_of(self.desk, token) if token else None
