"""WhatsApp, Messenger and Instagram: one API of Meta's, three ways to tell a hook."""

import hashlib
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

from shopbell.demo.channels.shopper import (
    Action,
    Came,
    Entry,
    Fault,
    Picture,
    Shopper,
    Told,
    check,
    ms,
)
from shopbell.demo.peers.graph import SECRETS, TOKEN, Graph, Trouble, graph
from shopbell.desk.connections.types import ConnectionSettings

PERSON, HIDDEN = "16505551234", "US.13491208655302741918"
"""A telephone number, and what stands for it where a person shows only a username."""
_TROUBLE: Mapping[Fault, Trouble] = {
    "429": Trouble(429, 4, headers={"retry-after": "5"}),
    "500": Trouble(500, 2),
    "silence": Trouble(hang_up=True, taken=True),
}


class _OnMeta(Shopper):
    own: ClassVar[str]
    id_field: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.peer = Graph()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with graph() as self.peer:
            self.peer.platform, self.peer.named_from = self.channel, self.began * 100
            self.peer.people.add(PERSON)
            self.peer.profiles[PERSON] = {"first_name": "Mia", "last_name": "Demo"}
            if self.channel == "instagram":
                self.peer.profiles[PERSON] = {"name": "Mia Demo", "username": "mia"}
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {**SECRETS, self.id_field: self.own}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url)

    def came(self) -> Sequence[Came]:
        return [
            Came(name=one.id, text=text, files=self._files(one.body, one.file))
            for one, text in zip(self.peer.taken, self.peer.texts, strict=True)
        ]

    def _files(self, body: Told, file: bytes) -> tuple[Picture, ...]:
        part: Told = body.get(body.get("type", "text"), {})
        found = self.peer.kept.get(part.get("id", ""))
        if found is not None:
            return (Picture(name="file", media_type=found[1], data=found[0]),)
        return (Picture(name="file", media_type="image/png", data=file),) if file else ()

    def meet(self, fault: Fault) -> None:
        self.peer.trouble.append(_TROUBLE[fault])

    def end_token(self, ended: bool) -> None:
        self.peer.token = "ended" if ended else TOKEN

    def shut(self, is_shut: bool) -> None:
        (self.peer.shut.add if is_shut else self.peer.shut.discard)(PERSON)

    async def _post(self, payload: Told) -> None:
        check((await self.peer.tell(self.hook, payload)).status_code)

    def _keep(self, picture: Picture) -> str:
        name = self.next_name().removeprefix("demo-")
        self.peer.files[name] = (picture.data, picture.media_type)
        return name


class WhatsApp(_OnMeta):
    """A person on WhatsApp."""

    channel = "whatsapp"
    label = "WhatsApp"
    me = "+1 650 555 1234"
    about = "Free answers are taken for 24 hours; shut the window to see what comes after."
    own = account = "106540352242922"
    id_field = "phone_number_id"
    can = frozenset({"edit", "delete", "react", "photo", "delivered", "read", "shut"})

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        if picture is None:
            await self._message(entry.name, "text", {"body": entry.text})
            return
        digest = b64encode(hashlib.sha256(picture.data).digest()).decode()
        name = self._keep(picture)
        part = {"id": name, "mime_type": picture.media_type, "sha256": digest}
        if entry.text:
            part["caption"] = entry.text
        await self._message(entry.name, "image", part)

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        name = self.next_name()
        if action in ("delivered", "read"):
            status = {"id": entry.name, "status": action, "timestamp": str(int(time.time()))}
            told = {**status, "recipient_id": PERSON, "recipient_user_id": HIDDEN}
            await self._value({"statuses": [told]})
        elif action == "react":
            await self._message(name, "reaction", {"message_id": entry.name, "emoji": sign})
        elif action == "edit":
            text = {"type": "text", "text": {"body": sign}}
            await self._message(name, "edit", {"original_message_id": entry.name, "message": text})
        else:
            await self._message(name, "revoke", {"original_message_id": entry.name})

    async def _message(self, name: str, kind: str, part: Told) -> None:
        message = {"from": PERSON, "from_user_id": HIDDEN, "id": name, "type": kind}
        at = {"timestamp": str(int(time.time()))}
        await self._value({"messages": [{**message, **at, kind: part}]})

    async def _value(self, value: Told) -> None:
        about = {"display_phone_number": "1555", "phone_number_id": self.own}
        who = {"profile": {"name": "Mia Demo"}, "wa_id": PERSON, "user_id": HIDDEN}
        whole = {"messaging_product": "whatsapp", "metadata": about, "contacts": [who], **value}
        entry = {"id": "waba", "changes": [{"value": whole, "field": "messages"}]}
        await self._post({"object": "whatsapp_business_account", "entry": [entry]})


class Messenger(_OnMeta):
    """A person on Messenger."""

    channel = "messenger"
    label = "Messenger"
    me = "Mia Demo"
    about = "After 24 hours only people may answer, and after seven days nobody."
    own = account = "263902037430901"
    id_field = "page_id"
    place = "page"
    can = frozenset({"react", "photo", "delivered", "read", "shut"})

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        message: Told = {"mid": entry.name}
        if entry.text:
            message["text"] = entry.text
        if picture is not None:
            url = f"{self.peer.url}/cdn/{self._keep(picture)}"
            message["attachments"] = [{"type": "image", "payload": {"url": url}}]
        await self._event(message=message)

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        match action:
            case "delivered":
                await self._event(delivery={"mids": [entry.name], "watermark": ms()})
            case "read":
                await self._event(read=self._read(entry))
            case "react":
                told = {"mid": entry.name, "action": "react", "emoji": sign, "reaction": "other"}
                await self._event(reaction=told)
            case _:
                await self._event(message={"mid": entry.name, "is_deleted": True})

    def _read(self, entry: Entry) -> Told:
        return {"watermark": ms()}

    async def _event(self, **parts: Told) -> None:
        who = {"sender": {"id": PERSON}, "recipient": {"id": self.own}, "timestamp": ms()}
        entry = {"id": self.own, "time": ms(), "messaging": [{**who, **parts}]}
        await self._post({"object": self.place, "entry": [entry]})


class Instagram(Messenger):
    """A person on Instagram."""

    channel = "instagram"
    label = "Instagram"
    me = "@mia"
    own = account = "17841405822304914"
    id_field = "instagram_id"
    place = "instagram"
    can = frozenset({"delete", "react", "photo", "read", "shut"})

    def _read(self, entry: Entry) -> Told:
        return {"mid": entry.name}
