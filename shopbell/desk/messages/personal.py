"""What must not be read by others: asked before a message goes to a place that many read."""

from shopbell.desk.messages.types import Message


def is_personal(message: Message) -> bool:
    """Whether it tells of an order, or carries files (a label, an invoice)."""
    return bool(message.attachments) or any(one.kind == "order" for one in message.citations)
