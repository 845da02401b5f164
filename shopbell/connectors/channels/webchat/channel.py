"""Web chat: its readers follow the desk's own stream, so a committed message is a sent one."""

from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Sent
from shopbell.desk.messages.types import MAX_TEXT


class WebChat:
    """The widget."""

    capability = Capability(
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

    async def send(self, outgoing: Outgoing) -> Sent:
        return Sent(external_id=str(outgoing.message.id))
