"""What a channel's connector is: a record of what it can do, and a way to send."""

from typing import Protocol

from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown


class Channel(Protocol):
    """One channel, for all its connections."""

    @property
    def capability(self) -> Capability: ...

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        """Hand the message to the platform, with `outgoing.id` as the idempotency key where it
        knows one. Never raises for what the platform or the network does."""
        ...
