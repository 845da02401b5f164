"""What goes out by Messenger and Instagram: one request for each piece of text and each file.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages
and https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/send-message.
Within the window a message is a RESPONSE; after it, what a person wrote goes out under the
HUMAN_AGENT tag, for up to seven days from the customer's last message. What the assistant wrote
never does: the tag is for people alone.
"""

from datetime import UTC, datetime

import msgspec

from shopbell.connectors.channels.meta.graph import Graph
from shopbell.connectors.channels.meta.json import Object, name_in
from shopbell.connectors.channels.parts import Failed, Step
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Unknown

HUMAN_WINDOW_HOURS = 168


def text_step(graph: Graph, account: str, outgoing: Outgoing, text: str, *, named: bool) -> Step:
    """Sends one piece of text; `named` adds our delivery's id, where echoes bring it back."""

    async def step() -> str | Failed:
        message: Object = {"text": text}
        if named:
            message["metadata"] = str(outgoing.id)
        body = {**_addressed(outgoing), "message": message}
        return _named(await graph.post(f"{account}/messages", body))

    return step


def link_step(graph: Graph, account: str, outgoing: Outgoing, file: OutgoingFile) -> Step:
    """Sends a file by its address, from which Meta gets it."""

    async def step() -> str | Failed:
        attachment = {"type": _kind(file), "payload": {"url": file.url}}
        body = {**_addressed(outgoing), "message": {"attachment": attachment}}
        return _named(await graph.post(f"{account}/messages", body))

    return step


def file_step(graph: Graph, account: str, outgoing: Outgoing, file: OutgoingFile) -> Step:
    """Sends a file by its bytes."""

    async def step() -> str | Failed:
        attachment: Object = {"type": _kind(file), "payload": {}}
        message: Object = {"attachment": attachment, "metadata": str(outgoing.id)}
        fields: dict[str, str] = {
            name: one if isinstance(one, str) else msgspec.json.encode(one).decode()
            for name, one in {**_addressed(outgoing), "message": message}.items()
        }
        body = await file.read()
        return _named(
            await graph.post_form(
                f"{account}/messages", fields, ("filedata", (file.name, body, file.media_type))
            )
        )

    return step


def _addressed(outgoing: Outgoing) -> Object:
    to = outgoing.to
    person = {"recipient": {"id": to.place if to else outgoing.recipient}}
    until = to.window_until if to else None
    if until is not None and until <= datetime.now(UTC) and outgoing.message.author.kind == "agent":
        return {**person, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {**person, "messaging_type": "RESPONSE"}


def _named(answer: Object | Failed) -> str | Failed:
    if isinstance(answer, Refused | Unknown):
        return answer
    return name_in(answer.get("message_id")) or Unknown(
        words="Meta answered without naming the message."
    )


def _kind(file: OutgoingFile) -> str:
    kind = file.media_type.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"
