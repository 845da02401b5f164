"""WhatsApp: a phone number of the shop's on Meta's Cloud API. See docs/channels/whatsapp.md."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from shopbell.connectors.channels.meta import hooks
from shopbell.connectors.channels.meta.graph import Graph, checked
from shopbell.connectors.channels.meta.json import name_in, text_in
from shopbell.connectors.channels.parts import in_parts
from shopbell.connectors.channels.types import Account, Checked, Field, Unfetched
from shopbell.connectors.channels.whatsapp.reading import facts_in
from shopbell.connectors.channels.whatsapp.sending import (
    DOCUMENTS,
    KINDS,
    LONGEST_TEXT,
    steps_of,
)
from shopbell.connectors.channels.whatsapp.templates import listed
from shopbell.desk.connections.types import Capability, Connection, Template
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw


class WhatsApp(hooks.Proven):
    """One number for each connection; `account` is its phone number id."""

    capability: ClassVar = Capability(
        channel="whatsapp",
        label="WhatsApp",
        max_text=LONGEST_TEXT,
        media_types=(*KINDS, *DOCUMENTS),
        max_file=16_000_000,
        formatting="markdown",
        reply_window=24,
        templates=True,
        receipts=("delivered", "read"),
        sender="phone",
    )
    form: ClassVar[Sequence[Field]] = (
        Field(
            name="phone_number_id",
            label="Phone number ID",
            help="In Meta's app settings: WhatsApp, API setup, below the number. Digits only.",
        ),
        Field(
            name="business_account_id",
            label="WhatsApp Business account ID",
            help="On the same page. Templates are read from it.",
            required=False,
        ),
        Field(
            name="access_token",
            label="Access token",
            help="A permanent token of a system user: Business settings, Users, System users.",
            secret=True,
        ),
        hooks.APP_SECRET,
        hooks.VERIFY_TOKEN,
    )

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        return facts_in(raw.body)

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        number = outgoing.connection.account or outgoing.credentials.get("phone_number_id", "")
        graph = self._graph(outgoing.connection, outgoing.credentials.get("access_token", ""))
        return await in_parts(outgoing, steps_of(graph, number, outgoing))

    async def check(self, account: Account) -> Checked:
        number = account.credentials.get("phone_number_id") or account.connection.account or ""
        graph = self._graph(account.connection, account.credentials.get("access_token", ""))
        found = await graph.get(number, fields="id,display_phone_number,verified_name")
        return checked(found, "verified_name", "display_phone_number")

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        """By its id to its address, which holds for five minutes, and then to its bytes."""
        graph = self._graph(account.connection, account.credentials.get("access_token", ""))
        if not file.ref.isalnum():
            raise Unfetched("WhatsApp names no such file.", final=True)
        found = await graph.get(file.ref)
        if isinstance(found, Refused | Unknown):
            final = isinstance(found, Refused) and found.permanent
            raise Unfetched("WhatsApp did not hand out the file.", final=final)
        data = await graph.download(text_in(found.get("url")), most_bytes, with_token=True)
        media_type = name_in(found.get("mime_type"))
        return msgspec.structs.replace(file, data=data, media_type=media_type)

    async def templates(self, account: Account) -> list[Template] | None:
        owner = account.credentials.get("business_account_id", "")
        if not owner:
            return None
        graph = self._graph(account.connection, account.credentials.get("access_token", ""))
        found = await listed(graph, owner)
        return found if isinstance(found, list) else None

    def _graph(self, connection: Connection, token: str) -> Graph:
        return Graph(self._client, token, connection.settings.base_url)
