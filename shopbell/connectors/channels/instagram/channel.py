"""Instagram: direct messages to the shop's professional account. See docs/channels/instagram.md.

Meta has two ways to connect one: by the Facebook Page that it is linked to, or by logging in to
Instagram itself. Which one it is shows in the form: with a Page ID the Page's address and token
are used, without one those of Instagram.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from shopbell.connectors.channels.meta import hooks
from shopbell.connectors.channels.meta.graph import HOST, Graph, checked
from shopbell.connectors.channels.meta.messaging import facts_in
from shopbell.connectors.channels.meta.people import called
from shopbell.connectors.channels.meta.replying import HUMAN_WINDOW_HOURS, link_step, text_step
from shopbell.connectors.channels.parts import in_parts
from shopbell.connectors.channels.types import Account, Checked, Field
from shopbell.connectors.channels.words import plain, split
from shopbell.desk.connections.types import Capability, Connection
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw

INSTAGRAM_HOST = "https://graph.instagram.com"
MB = 1_000_000
MOST_PICTURE = 8 * MB
MOST_FILE = 25 * MB
"""https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/attachment-upload."""
MOST_BYTES = 1000
"""Bytes of UTF-8 in one text:
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api."""


class Instagram(hooks.Proven):
    """One professional account for each connection; `account` is its id, as webhooks name it."""

    capability: ClassVar = Capability(
        channel="instagram",
        label="Instagram",
        max_text=MOST_BYTES,
        media_types=(
            "image/png",
            "image/jpeg",
            "image/gif",
            "audio/aac",
            "audio/mp4",
            "audio/wav",
            "video/mp4",
            "video/ogg",
            "video/quicktime",
            "video/webm",
            "video/x-msvideo",
            "application/pdf",
        ),
        max_file=MOST_FILE,
        reply_window=24,
        human_window=HUMAN_WINDOW_HOURS,
        receipts=("read",),
        sender="instagram",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="instagram_id",
            label="Instagram account ID",
            help="The professional account's number: in Meta's app settings, Instagram, API setup.",
        ),
        Field(
            name="page_id",
            label="Page ID",
            help="Only when the account is connected by its Facebook Page; else leave it empty.",
            required=False,
        ),
        Field(
            name="access_token",
            label="Access token",
            help="The Page's token when there is a Page ID, else the Instagram account's.",
            secret=True,
        ),
        Field(
            name="app_secret",
            label="App secret",
            help="App settings, Basic; without a Page the Instagram app secret of API setup.",
            secret=True,
        ),
        hooks.VERIFY_TOKEN,
    )

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        return facts_in(raw.body, "instagram", "Instagram", "instagram")

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        given = outgoing.credentials
        own = outgoing.connection.account or given.get("instagram_id", "")
        account = given.get("page_id") or own
        graph = self._graph(outgoing.connection, given)
        pieces = split(plain(outgoing.message.text), MOST_BYTES, measure=_bytes_in)
        steps = [text_step(graph, account, outgoing, one, named=False) for one in pieces]
        for one in outgoing.files:
            if one.media_type.startswith("image/") and one.size > MOST_PICTURE:
                words = f"Instagram takes {one.name} only up to 8 MB: send it smaller, or a link."
                return Refused(words=words, permanent=True)
            steps.append(link_step(graph, account, outgoing, one))
        return await in_parts(outgoing, steps)

    async def check(self, account: Account) -> Checked:
        own = account.credentials.get("instagram_id") or account.connection.account or ""
        graph = self._graph(account.connection, account.credentials)
        found = checked(await graph.get(own, fields="id,username"), "username")
        return msgspec.structs.replace(found, account=own if found.health == "ok" else "")

    async def name_of(self, account: Account, value: str) -> str:
        graph = self._graph(account.connection, account.credentials)
        return await called(graph, value, "name", "username")

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        graph = self._graph(account.connection, {})
        data = await graph.download(file.ref, most_bytes, with_token=False)
        return msgspec.structs.replace(file, data=data)

    def _graph(self, connection: Connection, given: Mapping[str, str]) -> Graph:
        host = HOST if given.get("page_id") else INSTAGRAM_HOST
        token = given.get("access_token", "")
        return Graph(self._client, token, connection.settings.base_url, host)


def _bytes_in(text: str) -> int:
    return len(text.encode(errors="replace"))
