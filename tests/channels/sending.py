"""A delivery as a connector is given it, for what it makes of files and words."""

from collections.abc import Mapping
from datetime import UTC, datetime

from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author, Message


def outgoing(
    channel: str,
    base_url: str,
    credentials: Mapping[str, str],
    recipient: str,
    *files: OutgoingFile,
    text: str = "",
) -> Outgoing:
    """A message to this recipient, by an account at `base_url`."""
    connection = Connection(
        id=uuid7(),
        brand_id=uuid7(),
        channel=channel,
        name=channel,
        settings=ConnectionSettings(base_url=base_url),
    )
    message = Message(
        id=uuid7(),
        thread_id=uuid7(),
        ticket_id=uuid7(),
        seq=1,
        author=Author(kind="assistant"),
        channel=channel,
        text=text,
        at=datetime.now(UTC),
    )
    return Outgoing(
        id=uuid7(),
        message=message,
        connection=connection,
        secret="",
        recipient=recipient,
        attempts=1,
        credentials=credentials,
        files=files,
        hook=f"{base_url}/hooks/1",
    )


def file(name: str, media_type: str, body: bytes = b"bytes") -> OutgoingFile:
    """A file that goes along."""

    async def read() -> bytes:
        return body

    url = f"https://shop.example/files/{name}"
    return OutgoingFile(name=name, media_type=media_type, size=len(body), read=read, url=url)
