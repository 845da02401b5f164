"""Messenger: a Facebook Page of the shop's. See docs/channels/messenger.md."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from shopbell.connectors.channels.meta import hooks
from shopbell.connectors.channels.meta.graph import Graph, checked
from shopbell.connectors.channels.meta.messaging import facts_in
from shopbell.connectors.channels.meta.people import called
from shopbell.connectors.channels.meta.replying import HUMAN_WINDOW_HOURS, file_step, text_step
from shopbell.connectors.channels.parts import in_parts
from shopbell.connectors.channels.types import Account, Checked, Field
from shopbell.connectors.channels.words import plain, split
from shopbell.desk.connections.types import Capability, Connection
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw

LONGEST_TEXT = 2000
"""Characters: https://developers.facebook.com/docs/messenger-platform/reference/send-api."""


class Messenger(hooks.Proven):
    """One Page for each connection; `account` is the Page's id."""

    capability: ClassVar = Capability(
        channel="messenger",
        label="Messenger",
        max_text=LONGEST_TEXT,
        media_types=("image/*", "audio/*", "video/*", "application/*", "text/*"),
        max_file=25_000_000,
        reply_window=24,
        human_window=HUMAN_WINDOW_HOURS,
        receipts=("delivered", "read"),
        sender="messenger",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="page_id",
            label="Page ID",
            help="On the Page: About, Page transparency. Digits only.",
        ),
        Field(
            name="access_token",
            label="Page access token",
            help="In Meta's app settings: Messenger, Messenger API settings, Generate token.",
            secret=True,
        ),
        hooks.APP_SECRET,
        hooks.VERIFY_TOKEN,
    )

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        return facts_in(raw.body, "messenger", "Messenger", "page")

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        page = outgoing.connection.account or outgoing.credentials.get("page_id", "")
        graph = self._graph(outgoing.connection, outgoing.credentials.get("access_token", ""))
        pieces = split(plain(outgoing.message.text), LONGEST_TEXT)
        steps = [text_step(graph, page, outgoing, one, named=True) for one in pieces]
        steps += [file_step(graph, page, outgoing, one) for one in outgoing.files]
        return await in_parts(outgoing, steps)

    async def check(self, account: Account) -> Checked:
        page = account.credentials.get("page_id") or account.connection.account or ""
        graph = self._graph(account.connection, account.credentials.get("access_token", ""))
        return checked(await graph.get(page, fields="id,name"), "name")

    async def name_of(self, account: Account, value: str) -> str:
        graph = self._graph(account.connection, account.credentials.get("access_token", ""))
        return await called(graph, value, "first_name last_name")

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        graph = self._graph(account.connection, "")
        data = await graph.download(file.ref, most_bytes, with_token=False)
        return msgspec.structs.replace(file, data=data)

    def _graph(self, connection: Connection, token: str) -> Graph:
        return Graph(self._client, token, connection.settings.base_url)
