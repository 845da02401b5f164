"""What each audience is told of an event and of a live frame, serialised once for all of them."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import UNSET

from shopbell.desk.events.types import Event
from shopbell.desk.messages.types import Author, Message
from shopbell.desk.threads.reads import shopper_message, shopper_thread
from shopbell.desk.threads.types import ShopperMessage
from shopbell.realtime.frames import AnswerDraft, ShopperEvent, Typing, Viewing, encode


class Audiences:
    """How events and live frames are written for agents and for shoppers.

    `sign` gives a message's attachments the addresses under which its readers get them.
    """

    def sign(self, message: Message) -> Message:
        """The message with signed addresses; the plain one has none."""
        return message

    def sign_shown(self, message: ShopperMessage) -> ShopperMessage:
        """As `sign`, for the shopper's form."""
        return message

    def for_agents(self, event: Event) -> str:
        """The event as one JSON text."""
        if event.message is not UNSET and event.message.attachments:
            event = msgspec.structs.replace(event, message=self.sign(event.message))
        return encode(event).decode()

    def for_shopper(self, event: Event, names: Mapping[UUID, str]) -> str | None:
        """What the thread's shopper may know of it, or None."""
        told = shopper_event(event, names)
        if told is None:
            return None
        if told.message is not None and told.message.attachments:
            told = msgspec.structs.replace(told, message=self.sign_shown(told.message))
        return encode(told).decode()


def shopper_event(event: Event, names: Mapping[UUID, str]) -> ShopperEvent | None:
    """The message if it is public, and where the conversation stands if this is its ticket."""
    message = shopper_message(event.message) if event.message is not UNSET else None
    thread = None
    if event.thread is not UNSET:
        ticket = event.ticket if event.ticket is not UNSET else None
        if (ticket.id if ticket else None) == event.thread.current_ticket_id:
            holder = ticket.assignee_id if ticket else None
            thread = shopper_thread(event.thread, ticket, names.get(holder, "") if holder else "")
    if message is None and thread is None:
        return None
    return ShopperEvent(position=event.position, message=message, thread=thread)


def shopper_frame(frame: Typing | Viewing | AnswerDraft) -> str | None:
    """A live frame without what only agents know; None when it is none of the shopper's business."""
    if isinstance(frame, AnswerDraft):
        return encode(msgspec.structs.replace(frame, ticket_id=None)).decode()
    if isinstance(frame, Typing) and not frame.note and frame.author.kind != "customer":
        author = Author(kind=frame.author.kind, name=frame.author.name.split(" ")[0])
        return encode(Typing(on=frame.on, author=author)).decode()
    return None
