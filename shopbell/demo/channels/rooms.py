"""Slack, Discord and the custom channel: a direct way to the shop, and rooms that others read."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import msgspec
from standardwebhooks import Webhook
from starlette.responses import JSONResponse, Response

from shopbell.demo.channels.shopper import (
    Action,
    Came,
    Entry,
    Fault,
    Picture,
    Place,
    Refused,
    Shopper,
    Told,
    check,
)
from shopbell.demo.peers import discord, http_shop, slack
from shopbell.demo.peers.serving import Silence
from shopbell.desk.connections.types import ConnectionSettings

READY_S = 20
OTHERS_READ = "Others read this too: what is personal goes to a direct message."


class Slack(Shopper):
    """A member of the shop's Slack."""

    channel = "slack"
    label = "Slack"
    me = "Mia Demo"
    manner = "server"
    account = slack.TEAM
    can = frozenset({"edit", "delete", "react", "photo"})
    places = (
        Place(name="DMIA", label="Shop help"),
        Place(name="C1", label="# help", hint=OTHERS_READ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.peer = slack.SlackPeer()
        self._events: dict[str, Told] = {}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with slack.slack_peer() as self.peer:
            self.peer.people = {"UMIA": "Mia Demo"}
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"bot_token": slack.TOKEN, "signing_secret": slack.SECRET}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url, options={"channels": "C1"})

    def came(self) -> Sequence[Came]:
        return [
            Came(name=one["ts"], text=one["text"], place=one["channel"]) for one in self.peer.posted
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        more: Told = {}
        if picture is not None:
            name = f"F{entry.name}".replace("-", "")
            self.peer.files[name] = (picture.name, picture.data)
            about = {"id": name, "name": picture.name, "mimetype": picture.media_type}
            url = f"{self.peer.url}/files/{name}-{picture.name}"
            file = {**about, "size": len(picture.data), "url_private_download": url}
            more = {"subtype": "file_share", "files": [file]}
        told = self.peer.said(entry.text, channel=entry.place, **more)
        entry.name = told["event"]["ts"]
        self._events[entry.name] = told["event"]
        await self._post(told)

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        message = self._events.get(entry.name, {})
        head = {"type": "message", "channel": entry.place, "ts": self.peer.ts()}
        if action == "react":
            item = {"type": "message", "channel": entry.place, "ts": entry.name}
            signs = {"❤️": "heart", "👍": "+1", "😀": "grinning"}
            told = {"type": "reaction_added", "user": "UMIA", "reaction": signs.get(sign, "eyes")}
            await self._post(self.peer.event({**told, "event_ts": self.peer.ts(), "item": item}))
        elif action == "edit":
            edited = {**message, "text": sign, "edited": {"user": "UMIA", "ts": self.peer.ts()}}
            told = {**head, "subtype": "message_changed", "message": edited}
            await self._post(self.peer.event({**told, "previous_message": message}))
        else:
            told = {**head, "subtype": "message_deleted", "deleted_ts": entry.name}
            await self._post(self.peer.event({**told, "previous_message": message}))

    def meet(self, fault: Fault) -> None:
        method = "chat.postMessage"
        if fault == "silence":
            self.peer.after.setdefault(method, []).append(lambda _: slack.cut_off())
            return
        answer = Response(status_code=int(fault), headers={"retry-after": "5"})
        self.peer.before.setdefault(method, []).append(lambda _: answer)

    def end_token(self, ended: bool) -> None:
        (self.peer.tokens.discard if ended else self.peer.tokens.add)(slack.TOKEN)

    async def _post(self, told: Told) -> None:
        body, headers = slack.signed(told)
        async with httpx.AsyncClient() as http:
            check((await http.post(self.hook, content=body, headers=headers)).status_code)


class Discord(Shopper):
    """A member of the shop's Discord server."""

    channel = "discord"
    label = "Discord"
    me = "Mia"
    manner = "server"
    can = frozenset({"edit", "delete", "react", "photo"})
    places = (
        Place(name="51", label="@ help"),
        Place(name=discord.HELP, label="# help", hint=OTHERS_READ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.peer = discord.DiscordPeer()
        self._messages: dict[str, Told] = {}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with discord.discord_peer() as self.peer:
            self.peer.channels["51"] = {"id": "51", "type": 1}
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"token": discord.TOKEN}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url, options={"channels": discord.HELP})

    def came(self) -> Sequence[Came]:
        return [
            Came(
                name=one["id"],
                text=one["content"],
                place=one["channel_id"],
                files=tuple(
                    Picture(name=name, media_type="image/png", data=self.peer.files[name])
                    for name in one["files"]
                ),
            )
            for one in self.peer.said
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        await self._listened_to()
        more: Told = {}
        if picture is not None:
            name = f"{entry.name}-{picture.name}"
            self.peer.files[name] = picture.data
            url = f"{self.peer.url}/files/{name}"
            about = {"id": "1", "filename": picture.name, "content_type": picture.media_type}
            more = {"attachments": [{**about, "size": len(picture.data), "url": url}]}
        told = await self.peer.say(entry.text, entry.place, **more)
        entry.name = told["id"]
        self._messages[entry.name] = told

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        await self._listened_to()
        named = {"channel_id": entry.place}
        if action == "react":
            told = {**named, "user_id": "1", "message_id": entry.name, "emoji": {"name": sign}}
            await self.peer.dispatch("MESSAGE_REACTION_ADD", told)
        elif action == "edit":
            message = self.peer.heard(self._messages[entry.name])
            at = datetime.now(UTC).isoformat()
            edited = {**message, "content": sign, "edited_timestamp": at}
            await self.peer.dispatch("MESSAGE_UPDATE", edited)
        else:
            await self.peer.dispatch("MESSAGE_DELETE", {**named, "id": entry.name})

    def meet(self, fault: Fault) -> None:
        if fault == "silence":
            self.peer.after.append(lambda _: discord.cut_off())
            return
        told = {"message": "as you asked", "retry_after": 5.0, "global": False}
        self.peer.before.append(lambda _: JSONResponse(told, int(fault)))

    def end_token(self, ended: bool) -> None:
        self.peer.token = "ended" if ended else discord.TOKEN

    async def _listened_to(self) -> None:
        try:
            await asyncio.wait_for(self.peer.ready.wait(), READY_S)
        except TimeoutError:
            raise Refused("Shopbell's worker does not hold this server open yet.") from None


class Custom(Shopper):
    """A customer of a system that the shop made itself."""

    channel = "http"
    label = "Custom channel"
    me = "Customer c-7"
    about = "Any system of the shop's own that posts signed JSON."
    can = frozenset({"edit", "delete", "react", "photo", "typing", "delivered", "read", "stop"})

    def __init__(self) -> None:
        super().__init__()
        self.peer = http_shop.HttpShop()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with http_shop.http_shop() as self.peer:
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"secret": http_shop.SECRET, "endpoint": self.peer.url}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(endpoint=self.peer.url)

    def came(self) -> Sequence[Came]:
        return [
            Came(
                name=f"shop-{key}",
                text=one["data"]["text"],
                files=tuple(
                    Picture(
                        name=file["name"],
                        media_type=file["media_type"],
                        data=msgspec.convert(file["data"], bytes),
                    )
                    for file in one["data"].get("attachments", [])
                    if "data" in file
                ),
            )
            for key, one in self.peer.taken.items()
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        files: list[Told] = []
        if picture is not None:
            about = {"name": picture.name, "media_type": picture.media_type}
            files = [{**about, "data": picture.data}]
        if entry.text.strip().upper() in ("STOP", "START"):
            out = entry.text.strip().upper() == "STOP"
            await self._event("opt_out", state="out" if out else "in")
            return
        await self._event("message.created", id=entry.name, text=entry.text, attachments=files)

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        match action:
            case "edit":
                await self._event("message.edited", id=entry.name, text=sign)
            case "delete":
                await self._event("message.removed", id=entry.name)
            case "react":
                await self._event("reaction", id=entry.name, state=sign)
            case "typing":
                await self._event("typing", state=sign or "on")
            case _:
                await self._event("receipt", id=entry.name, state=action)

    def meet(self, fault: Fault) -> None:
        if fault == "silence":
            self.peer.answers.append(Silence)
            return
        answer = Response(status_code=int(fault), headers={"retry-after": "5"})
        self.peer.script.append(lambda: answer)

    def end_token(self, ended: bool) -> None:
        self.peer.secret = "whsec_ZW5kZWQtZW5kZWQtZW5kZWQ=" if ended else http_shop.SECRET

    async def _event(self, kind: str, **data: object) -> None:
        told = {"from": {"id": "c-7", "name": "Mia Demo"}, "at": datetime.now(UTC), **data}
        body = msgspec.json.encode({"type": kind, "data": told})
        key, at = f"msg_{self.next_name()}", datetime.now(UTC)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(http_shop.SECRET).sign(key, at, body.decode()),
        }
        async with httpx.AsyncClient() as http:
            check((await http.post(self.hook, content=body, headers=headers)).status_code)
