"""Web chat: its readers follow the desk's own stream, so a committed message is a sent one."""

from collections.abc import Sequence
from typing import ClassVar

import httpx

from shopbell.connectors.channels.types import Field
from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Sent
from shopbell.desk.messages.types import MAX_TEXT


class WebChat:
    """The widget; it needs nothing of the client that the others share."""

    capability: ClassVar = Capability(
        channel="webchat",
        label="Chat",
        max_text=MAX_TEXT,
        media_types=tuple(sorted(AGENTS.kinds)),
        max_file=AGENTS.most_bytes,
        formatting="markdown",
        receipts=("read",),
        typing=True,
        idempotent_sends=True,
        live=True,
    )

    form: ClassVar[Sequence[Field]] = ()

    def __init__(self, client: httpx.AsyncClient) -> None:
        del client

    async def send(self, outgoing: Outgoing) -> Sent:
        return Sent(external_id=str(outgoing.message.id))
