"""SMS, Telegram, LINE and TikTok: apps with one conversation and a webhook."""

import itertools
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from starlette.responses import JSONResponse

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
from shopbell.demo.peers import line, sms, telegram, tiktok
from shopbell.demo.peers.serving import Silence
from shopbell.desk.connections.types import ConnectionSettings


class Sms(Shopper):
    """A person with a telephone."""

    channel = "sms"
    label = "SMS"
    me = "+49 170 1234567"
    about = "STOP ends it, START begins again, as the law of many places asks."
    account = sms.NUMBER
    can = frozenset({"photo", "delivered", "stop"})

    def __init__(self) -> None:
        super().__init__()
        self.peer = sms.TwilioPeer()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with sms.twilio_peer() as self.peer:
            self.peer.named_from = self.began * 100
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"account_sid": sms.ACCOUNT, "auth_token": sms.TOKEN, "sender": sms.NUMBER}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url)

    def came(self) -> Sequence[Came]:
        return [
            Came(name=one["sid"], text=one["body"], files=tuple(one["media"]))
            for one in self.peer.taken
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        self.peer.hook = self.hook
        fields: dict[str, str] = {}
        if picture is not None:
            self.peer.media[entry.name] = picture.data
            media = f"{self.peer.url}/2010-04-01/Accounts/{sms.ACCOUNT}/Media/{entry.name}"
            fields = {"NumMedia": "1", "MediaUrl0": media, "MediaContentType0": "image/png"}
        word = entry.text.strip().upper()
        (self.peer.stopped.add if word == "STOP" else self.peer.stopped.discard)("+491701234567")
        check((await self.peer.text(entry.text, f"SM{entry.name}", **fields)).status_code)

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        (at,) = [number for number, one in enumerate(self.peer.taken) if one["sid"] == entry.name]
        check((await self.peer.progress(at, "delivered")).status_code)

    def meet(self, fault: Fault) -> None:
        if fault == "silence":
            self.peer.answers.append(Silence)
            return
        code = {"429": 20429, "500": 20500}[fault]
        told = {"code": code, "message": "as you asked", "status": int(fault)}
        self.peer.script.append(lambda: JSONResponse(told, int(fault), {"retry-after": "5"}))

    def end_token(self, ended: bool) -> None:
        self.peer.token = "ended" if ended else sms.TOKEN


class Telegram(Shopper):
    """A person on Telegram."""

    channel = "telegram"
    label = "Telegram"
    me = "Mia Demo"
    can = frozenset({"edit", "react", "photo"})

    def __init__(self) -> None:
        super().__init__()
        self.peer = telegram.TelegramPeer()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with telegram.telegram_peer() as self.peer:
            self.peer.secret = telegram.SECRET
            self.peer.ids = itertools.count(self.began)
            self.peer.numbers = itertools.count(self.began)
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"token": telegram.TOKEN, "secret": telegram.SECRET}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url)

    def next_name(self) -> str:
        """A number, and none that the shop's messages get."""
        return str(next(self._numbers) - self.began * 9 - 900_000_000)

    def came(self) -> Sequence[Came]:
        return [
            Came(
                name=str(self.began + number),
                text=one.get("read") or one.get("caption", ""),
                files=_sent_files(one),
            )
            for number, one in enumerate(self.peer.taken)
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        more: Told = {"text": entry.text}
        if picture is not None:
            self.peer.files[entry.name] = picture.data
            size = {"width": 640, "height": 640, "file_size": len(picture.data)}
            names = {"file_id": entry.name, "file_unique_id": f"u{entry.name}"}
            more = {"caption": entry.text, "photo": [{**names, **size}]}
        await self._say(message={**self._head(entry), **more})

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        if action == "edit":
            edited = {**self._head(entry), "text": sign, "edit_date": int(time.time())}
            await self._say(edited_message=edited)
            return
        told: Told = {
            "chat": _CHAT,
            "message_id": int(entry.name),
            "user": _MIA,
            "old_reaction": [],
        }
        signs = [{"type": "emoji", "emoji": sign}]
        await self._say(message_reaction={**told, "date": int(time.time()), "new_reaction": signs})

    def meet(self, fault: Fault) -> None:
        if fault == "silence":
            self.peer.answers.append(Silence)
        elif fault == "429":
            words = "Too Many Requests: retry after 5"
            self.peer.script.append(telegram.refusing(429, words, retry_after=5))
        else:
            self.peer.script.append(telegram.refusing(500))

    def end_token(self, ended: bool) -> None:
        self.peer.token = "1:ended" if ended else telegram.TOKEN

    def _head(self, entry: Entry) -> Told:
        at = int(entry.at.timestamp())
        return {"message_id": int(entry.name), "from": _MIA, "chat": _CHAT, "date": at}

    async def _say(self, **update: Told) -> None:
        self.peer.hook = self.hook
        given = await self.peer.say(**update)
        check(given.status_code if given else 200)


def _sent_files(taken: Told) -> tuple[Picture, ...]:
    found: list[Picture] = []
    for part in taken.values():
        match part:
            case (str() as name, media_type, bytes() as data):
                found.append(Picture(name=name, media_type=str(media_type), data=data))
            case _:
                pass
    return tuple(found)


_MIA: Told = {"id": 77, "is_bot": False, "first_name": "Mia", "last_name": "Demo"}
_CHAT: Told = {"id": 77, "type": "private"}


class Line(Shopper):
    """A person on LINE."""

    channel = "line"
    label = "LINE"
    me = "Mia"
    account = line.BOT
    can = frozenset({"delete", "photo"})
    user = "U4af49806294af49806294af49806294a"

    def __init__(self) -> None:
        super().__init__()
        self.peer = line.LinePeer()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with line.line_peer() as self.peer:
            self.peer.ids = itertools.count(self.began)
            self.peer.profiles = {self.user: "Mia Demo"}
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"channel_secret": line.SECRET, "access_token": line.TOKEN}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url)

    def came(self) -> Sequence[Came]:
        return [
            Came(
                name=str(number),
                text=one.get("text", ""),
                files=(one["originalContentUrl"],) if one["type"] == "image" else (),
            )
            for number, one in enumerate(self.peer.taken)
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        part: Told = {"type": "text", "text": entry.text}
        if picture is not None:
            self.peer.contents[entry.name] = picture.data
            part = {"type": "image", "contentProvider": {"type": "line"}}
        await self._event(
            "message",
            replyToken=f"r{entry.name}",
            message={"id": entry.name, "quoteToken": f"q{entry.name}", **part},
        )

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        await self._event("unsend", unsend={"messageId": entry.name})

    def meet(self, fault: Fault) -> None:
        if fault == "silence":
            self.peer.answers.append(Silence)
            return
        told = JSONResponse({"message": "as you asked"}, int(fault), {"retry-after": "5"})
        self.peer.script.append(lambda: told)

    def end_token(self, ended: bool) -> None:
        self.peer.token = "ended" if ended else line.TOKEN

    async def _event(self, kind: str, **more: Told | str) -> None:
        self.peer.hook = self.hook
        event = {
            "type": kind,
            "mode": "active",
            "timestamp": ms(),
            "source": {"type": "user", "userId": self.user},
            "webhookEventId": f"01EV{self.next_name()}",
            "deliveryContext": {"isRedelivery": False},
            **more,
        }
        check((await self.peer.tell(event)).status_code)


class TikTok(Shopper):
    """A person on TikTok."""

    channel = "tiktok"
    label = "TikTok"
    me = "@mia"
    about = "Ten answers for each message of the shopper's, within 48 hours."
    account = tiktok.BUSINESS
    can = frozenset({"photo", "read"})
    room = "demo-room"

    def __init__(self) -> None:
        super().__init__()
        self.peer = tiktok.TikTokPeer()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with tiktok.tiktok_peer() as self.peer:
            self.peer.ids = itertools.count(self.began)
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        app = {"app_id": tiktok.APP, "app_secret": tiktok.SECRET, "business_id": tiktok.BUSINESS}
        return {**app, "access_token": "access-1", "refresh_token": "refresh-1"}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(base_url=self.peer.url)

    def came(self) -> Sequence[Came]:
        return [
            Came(
                name=one["id"],
                text=one.get("text", {}).get("body", ""),
                files=tuple(
                    Picture(name="file", media_type="image/png", data=self.peer.media[name])
                    for name in [one.get("image", {}).get("media_id", "")]
                    if name
                ),
            )
            for one in self.peer.taken
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        part: Told = {"type": "text", "text": {"body": entry.text}}
        if picture is not None:
            self.peer.media[entry.name] = picture.data
            part = {"type": "image", "image": {"media_id": entry.name}}
        await self._tell(
            "im_receive_msg", message_id=entry.name, timestamp=ms(), **{"from": "mia"}, **part
        )

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        await self._tell("im_mark_read_msg", read={"last_read_timestamp": ms()})

    def meet(self, fault: Fault) -> None:
        if fault == "silence":
            self.peer.answers.append(Silence)
            return
        code, words = (40100, "Too fast") if fault == "429" else (50000, "System error")
        self.peer.script.append(lambda: tiktok.said(code, words))

    def end_token(self, ended: bool) -> None:
        self.peer.token = "ended" if ended else "access-1"
        self.peer.refresh_token = "ended" if ended else "refresh-1"

    async def _tell(self, kind: str, **content: object) -> None:
        self.peer.hook = self.hook
        who = {"from_user": {"id": "user-7"}, "to_user": {"id": tiktok.BUSINESS}}
        given = await self.peer.tell(kind, None, conversation_id=self.room, **who, **content)
        check(given.status_code)
