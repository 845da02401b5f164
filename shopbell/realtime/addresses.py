"""Addresses of files: signed for a day or two, so that holding one is having been shown it.

Whoever was told of a message gets addresses with it, made anew each time it is told; neither the
stream nor the database keeps any. All addresses of one file are equal until midnight (UTC), so
that browsers fetch it once.
"""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from shopbell.desk.database import now
from shopbell.desk.messages.types import Attachment, Message
from shopbell.desk.threads.types import ShopperMessage
from shopbell.realtime.audiences import Audiences
from shopbell.settings import Settings

ROUNDED_TO_S = int(timedelta(days=1).total_seconds())
_SIGNED_BYTES = 24
_LONGEST_NUMBER = 12


class Addresses:
    """Signs and checks with a key of this deployment (HMAC, SHA-256, cut to 192 bits).

    Agents get paths, for their page is this server's own; shoppers this server's public address,
    for theirs is the shop's.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self._key = hmac.digest(settings.secret_key.encode(), b"shopbell file address", "sha256")
        self._public_url = settings.public_url
        self._clock = clock

    def for_agent(self, file: Attachment) -> Attachment:
        """The file with an address good for 24 to 48 hours; without one while it is not here."""
        if file.state:
            return file
        return msgspec.structs.replace(file, url=self._of(file.id))

    def for_shopper(self, file: Attachment) -> Attachment:
        """As `for_agent`, from the shop's page, or for a platform that gets it."""
        if file.state:
            return file
        return msgspec.structs.replace(file, url=self._public_url + self._of(file.id))

    def of_hook(self, connection_id: UUID) -> str:
        """Where a platform tells this connection things."""
        return f"{self._public_url}/hooks/{connection_id}"

    def left(self, file_id: UUID, expires: str, signature: str) -> timedelta | None:
        """How much longer an address is good; None when it is none of ours, or no longer."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= _LONGEST_NUMBER):
            return None
        signed = self._sign(file_id, expires)
        if not hmac.compare_digest(signed.encode(), signature.encode(errors="replace")):
            return None
        left = datetime.fromtimestamp(int(expires), UTC) - self._clock()
        return left if left > timedelta() else None

    def _of(self, file_id: UUID) -> str:
        day = int(self._clock().timestamp()) // ROUNDED_TO_S
        expires = str((day + 2) * ROUNDED_TO_S)
        return f"/files/{file_id}?expires={expires}&signature={self._sign(file_id, expires)}"

    def _sign(self, file_id: UUID, expires: str) -> str:
        digest = hmac.digest(self._key, f"{file_id}.{expires}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:_SIGNED_BYTES]).decode()


class SignedAudiences(Audiences):
    """Tells each audience of files under addresses where they can be fetched."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def sign(self, message: Message) -> Message:
        if not message.attachments:
            return message
        signed = tuple(self._addresses.for_agent(one) for one in message.attachments)
        return msgspec.structs.replace(message, attachments=signed)

    def sign_shown(self, message: ShopperMessage) -> ShopperMessage:
        if not message.attachments:
            return message
        signed = tuple(self._addresses.for_shopper(one) for one in message.attachments)
        return msgspec.structs.replace(message, attachments=signed)
