"""What goes out by WhatsApp: words in its own formatting, files that are uploaded first.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages and
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media:
texts up to 4,096 characters, captions up to 1,024, pictures up to 5 MB, sounds and films up to
16 MB. `biz_opaque_callback_data` comes back in each status, so it carries our delivery's id.
"""

import re
from collections.abc import Mapping

from shopbell.connectors.channels.meta.graph import Graph
from shopbell.connectors.channels.meta.json import Object, name_in, objects_in
from shopbell.connectors.channels.parts import Failed, Step
from shopbell.connectors.channels.whatsapp.templates import body_of
from shopbell.connectors.channels.words import plain, split
from shopbell.desk.connections.types import FilledTemplate
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Unknown

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
MB = 1_000_000
KINDS: Mapping[str, str] = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
}
"""What WhatsApp shows as itself; the other kinds that it takes are documents."""
DOCUMENTS = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
MOST: Mapping[str, int] = {
    "image": 5 * MB,
    "video": 16 * MB,
    "audio": 16 * MB,
    "document": 100 * MB,
}
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
_STRUCK = re.compile(r"~~(?=\S)([^\n]+?)(?<=\S)~~")


def formatted(text: str) -> str:
    """Markdown in WhatsApp's signs: *bold* and ~struck~; the rest plain."""
    kept = _STRUCK.sub("\ue001\\1\ue001", _STRONG.sub("\ue000\\2\ue000", text))
    return plain(kept).replace("\ue000", "*").replace("\ue001", "~")


def steps_of(graph: Graph, number: str, outgoing: Outgoing) -> list[Step]:
    """One step for each message that WhatsApp shows of ours."""
    if outgoing.message.template is not None:
        return [_template_step(graph, number, outgoing, outgoing.message.template)]
    text, files = formatted(outgoing.message.text), list(outgoing.files)
    steps: list[Step] = []
    captioned = bool(files and text and len(text) <= LONGEST_CAPTION and _kind(files[0]) != "audio")
    if text and not captioned:
        steps += [_text_step(graph, number, outgoing, one) for one in split(text, LONGEST_TEXT)]
    for place, file in enumerate(files):
        caption = text if captioned and place == 0 else ""
        steps.append(_file_step(graph, number, outgoing, file, caption))
    return steps


def addressed(outgoing: Outgoing) -> Object:
    """What every message has: to whom, and our own id for it."""
    place = outgoing.to.place if outgoing.to else outgoing.recipient.removeprefix("+")
    to: Object = {"to": place} if place.isdigit() else {"recipient": place}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        "biz_opaque_callback_data": str(outgoing.id),
    }


async def posted(graph: Graph, number: str, body: Object) -> str | Failed:
    """WhatsApp's name for a message that it took."""
    answer = await graph.post(f"{number}/messages", body)
    if isinstance(answer, Refused | Unknown):
        return answer
    names = [name_in(one.get("id")) for one in objects_in(answer.get("messages"))]
    return next(filter(None, names), None) or Unknown(
        words="WhatsApp answered without naming the message."
    )


def _template_step(graph: Graph, number: str, outgoing: Outgoing, template: FilledTemplate) -> Step:
    async def step() -> str | Failed:
        media: Object | None = None
        for file in outgoing.files:
            uploaded = await _checked_upload(graph, number, file)
            if isinstance(uploaded, Refused):
                return uploaded
            named: Object = {"filename": file.name} if _kind(file) == "document" else {}
            media = {"id": uploaded, **named}
        part = body_of(template, media)
        return await posted(
            graph, number, {**addressed(outgoing), "type": "template", "template": part}
        )

    return step


def _text_step(graph: Graph, number: str, outgoing: Outgoing, piece: str) -> Step:
    async def step() -> str | Failed:
        words = {"body": piece, "preview_url": "https://" in piece}
        return await posted(graph, number, {**addressed(outgoing), "type": "text", "text": words})

    return step


def _file_step(
    graph: Graph, number: str, outgoing: Outgoing, file: OutgoingFile, caption: str
) -> Step:
    async def step() -> str | Failed:
        kind = _kind(file)
        uploaded = await _checked_upload(graph, number, file)
        if isinstance(uploaded, Refused):
            return uploaded
        media: Object = {"id": uploaded}
        if caption:
            media["caption"] = caption
        if kind == "document":
            media["filename"] = file.name
        return await posted(graph, number, {**addressed(outgoing), "type": kind, kind: media})

    return step


async def _checked_upload(graph: Graph, number: str, file: OutgoingFile) -> str | Refused:
    most = MOST[_kind(file)]
    if file.size > most:
        words = (
            f"WhatsApp takes {file.name} only up to {most // MB} MB: send it smaller, or a link."
        )
        return Refused(words=words, permanent=True)
    return await _upload(graph, number, file)


async def _upload(graph: Graph, number: str, file: OutgoingFile) -> str | Refused:
    """A file at WhatsApp; one that may have got there is uploaded again, as nobody sees it."""
    fields = {"messaging_product": "whatsapp", "type": file.media_type}
    body = await file.read()
    answer = await graph.post_form(
        f"{number}/media", fields, ("file", (file.name, body, file.media_type))
    )
    if isinstance(answer, Refused):
        return answer
    if isinstance(answer, Unknown):
        return Refused(words=f"{file.name} did not get to WhatsApp; this is tried again.")
    return name_in(answer.get("id")) or Refused(words="WhatsApp did not keep the file.")


def _kind(file: OutgoingFile) -> str:
    return KINDS.get(file.media_type, "document")
