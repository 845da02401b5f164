"""Discord's gateway: a connection that is held open, resumed where it can be, caught up where not.

https://docs.discord.com/developers/events/gateway. Events under a session come again after a resume,
from `seq` on; what was heard before is known by its id. After a session that is over, the channels
that were heard are read from the last message on. This is our own small client, since discord.py
keeps the platform's address in the process: two connections, or one to another address, would
share it.
"""

import asyncio
import random
import time
from typing import Any

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from shopbell.connectors.channels.discord.errors import CLOSED, SESSION_OVER
from shopbell.connectors.channels.discord.reading import HAND_OVER, HEARD, Watch, facts_of
from shopbell.connectors.channels.discord.web import Away, Silent, Web
from shopbell.connectors.channels.downloading import is_at
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.types import Hear, Lost
from shopbell.desk.inbound.types import MOST_BYTES, Raw

log = structlog.get_logger()

INTENTS = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 15
"""Guilds, their messages and reactions, direct messages and reactions, and what messages say."""
HOSTS = (".discord.gg",)
MODERATORS = 1 << 13
"""The right to manage messages: who may hand one over, unless the server's owner decides otherwise."""
HANDED_OVER = "People will answer this."
LEFT_OPEN = 4000
"""How we close: with 1000 Discord would end the session, and it could not be resumed."""
IDENTIFY_EVERY_S = 5.0
"""Discord takes one new session in five seconds, and 1,000 in a day; at the thousandth and first it
resets the bot's token (.../events/gateway#identifying, #session-start-limit-object). Resuming is free."""
SPENT = "Discord lets the bot begin no more sessions today: it was started too often."
KEPT_BACK = 20
"""So many of the day's sessions are left to whoever looks into it."""
MOST_PLACES = 300
MOST_PAGES = 20
_KEPT = ("id", "type", "parent_id", "owner_id", "guild_id")


Place = dict[str, Any]
"""What is known of a channel: its type, and of a thread its parent and who began it."""


class Reconnect(Exception):
    """The connection is over; another one goes on where it ended."""


class Gateway:
    """One bot's connection. `cursor` holds the session, how far it was heard, and the last message
    of each place."""

    def __init__(self, web: Web, watch: Watch, token: str, cursor: dict[str, Any], hear: Hear):
        self._web = web
        self._watch = watch
        self._token = token
        self._cursor = cursor
        self._hear = hear
        self._channels: dict[str, Place] = {}
        self._acknowledged = True
        self._busy = False
        self._beating: asyncio.Task[None] | None = None
        self._catching_up = False

    async def listen(self) -> None:
        """Hear until cancelled. Raises Lost, and whatever keeps it from connecting."""
        while True:
            heard = False
            async with await self._connected() as socket:
                try:
                    async for frame in socket:
                        self._busy = True
                        heard = await self._frame(socket, Told.decoded(frame)) or heard
                        self._busy = False
                except Reconnect:
                    heard = True
                except ConnectionClosed as closed:
                    self._closed(closed.rcvd.code if closed.rcvd else 0)
                else:
                    self._closed(socket.close_code or 0)
                finally:
                    if self._beating is not None:
                        self._beating.cancel()
                    await socket.close(LEFT_OPEN)
            await asyncio.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - a spread, no secret
            if not heard:
                raise ConnectionError("Discord ended the connection before it said anything")

    async def _connected(self) -> ClientConnection:
        """A fresh connection. Where a session would go on and nobody answers, the next one asks anew."""
        address = await self._address()
        try:
            return await connect(f"{address}?v=10&encoding=json", max_size=MOST_BYTES, proxy=None)
        except (OSError, InvalidHandshake):
            self._cursor.pop("resume_at", None)
            raise

    async def _address(self) -> str:
        """Where the session goes on, else where a new one begins."""
        resumed = str(self._cursor.get("resume_at") or "")
        if resumed and self._cursor.get("session") and self._is_discords(resumed):
            return resumed
        answer = await self._web.get("/gateway/bot")
        if answer.refused is not None:
            raise Lost(answer.refused.words, answer.refused.health or "degraded")
        left = answer.told["session_start_limit"]["remaining"].number
        if left is not None and left < KEPT_BACK:
            raise Lost(SPENT, "degraded")
        return self._checked(answer.told["url"].text)

    def _checked(self, address: str) -> str:
        """The address, where it is one of Discord's own."""
        if not self._is_discords(address):
            raise Lost("Discord named a gateway that is none of its own.", "degraded")
        return f"{address.rstrip('/')}/"

    def _is_discords(self, address: str) -> bool:
        plain = address.replace("ws", "http", 1)
        return is_at(f"{plain.rstrip('/')}/", HOSTS, self._web.base_url)

    async def _frame(self, socket: ClientConnection, told: Told) -> bool:
        """Do what one frame calls for; whether the session stands."""
        match told["op"].whole:
            case 0:
                await self._dispatch(told)
                return True
            case 1:
                await self._send(socket, 1, self._cursor.get("seq"))
            case 7:
                raise Reconnect
            case 9:
                if told["d"].value is not True:
                    self._forget_session()
                raise Reconnect
            case 10:
                every = (told["d"]["heartbeat_interval"].number or 41_250) / 1000
                self._acknowledged = True
                self._beating = asyncio.create_task(self._beat(socket, every))
                await self._greet(socket)
            case 11:
                self._acknowledged = True
            case _:
                pass
        return False

    async def _greet(self, socket: ClientConnection) -> None:
        session = self._cursor.get("session")
        if session:
            known = {"token": self._token, "session_id": session, "seq": self._cursor.get("seq")}
            await self._send(socket, 6, known)
            return
        await asyncio.sleep(pause_before_session(self._cursor, time.time()))
        self._cursor["began_at"] = time.time()
        properties = {"os": "linux", "browser": "shopbell", "device": "shopbell"}
        new = {"token": self._token, "intents": INTENTS, "properties": properties}
        await self._send(socket, 2, new)

    async def _beat(self, socket: ClientConnection, every: float) -> None:
        """Beat until cancelled; a beat that nobody answered means that the connection is dead, unless
        it is we who do not read, since catching up may take long."""
        await asyncio.sleep(every * random.random())  # noqa: S311 - a spread, no secret
        while True:
            if not self._acknowledged and not self._busy:
                log.warning("gateway silent")
                await socket.close(LEFT_OPEN)
                return
            self._acknowledged = False
            try:
                await self._send(socket, 1, self._cursor.get("seq"))
            except ConnectionClosed:
                return
            await asyncio.sleep(every)

    async def _send(self, socket: ClientConnection, op: int, data: Any) -> None:
        await socket.send(msgspec.json.encode({"op": op, "d": data}).decode())

    def _closed(self, code: int) -> None:
        if code in CLOSED:
            raise Lost(CLOSED[code])
        log.info("gateway closed", code=code)
        if code in SESSION_OVER:
            self._forget_session()

    def _forget_session(self) -> None:
        for name in ("session", "seq", "resume_at"):
            self._cursor.pop(name, None)

    async def _dispatch(self, told: Told) -> None:
        kind, data = told["t"].text, told["d"]
        if kind == "READY":
            self._cursor["session"] = data["session_id"].text
            self._cursor["resume_at"] = self._checked(data["resume_gateway_url"].text)
            self._cursor["me"] = data["user"]["id"].name
            self._cursor["seq"] = told["s"].whole
            await self._offer_command(data["application"]["id"].name)
            self._catching_up = bool(self._cursor.get("last"))
            await self._catch_up()
            return
        if kind in ("GUILD_CREATE", "THREAD_CREATE", "THREAD_UPDATE", "CHANNEL_CREATE"):
            await self._learn(kind, data)
        elif kind in HEARD:
            await self._take(kind, data)
        self._cursor["seq"] = told["s"].whole

    async def _take(self, kind: str, data: Told) -> None:
        """Hear an event that is for the desk; what people say to each other is not kept."""
        place = await self._place(data) if data["guild_id"] else Place()
        fields = {name: one for name, one in data.fields.items() if name != "token"}
        payload = {"t": kind, "d": fields, "me": self._cursor.get("me"), "place": place}
        body = msgspec.json.encode(payload)
        if facts_of(body, self._watch):
            await self._hear(Raw(body=body, method="GATEWAY"))
        if kind == "MESSAGE_CREATE":
            self._remember(data["channel_id"].name, data["id"].name)
        if kind == "INTERACTION_CREATE":
            await self._acknowledge(data)

    def _remember(self, channel: str, message: str) -> None:
        if not message.isdigit():
            return
        last: dict[str, str] = self._cursor.setdefault("last", {})
        before = last.pop(channel, "0")
        last[channel] = str(max(int(message), int(before)))
        if len(last) > MOST_PLACES:
            del last[next(iter(last))]

    async def _place(self, data: Told) -> Place:
        """What kind of channel an event happened in; asked for where it was not told."""
        name = data["channel_id"].name
        if name not in self._channels:
            told = await self._ask_for(name)
            if not told["id"].name:
                return Place()
            self._keep(told)
        return self._channels[name]

    async def _ask_for(self, channel: str) -> Told:
        try:
            answer = await self._web.get(f"/channels/{channel}")
        except (Away, Silent):
            return Told(None)
        return answer.told if answer.refused is None else Told(None)

    def _keep(self, told: Told) -> Place:
        known = {name: told[name].value for name in _KEPT if told[name].value is not None}
        self._channels[told["id"].name] = known
        return known

    async def _learn(self, kind: str, data: Told) -> None:
        """Remember channels, and read threads that were begun while nobody listened."""
        if kind != "GUILD_CREATE":
            self._keep(data)
            return
        guild = data["id"].name
        for one in (*data["channels"], *data["threads"]):
            self._keep(Told({**one.fields, "guild_id": guild}))
        if not self._catching_up:
            return
        since = max((int(one) for one in self._cursor.get("last", {}).values()), default=0)
        for one in data["threads"]:
            name = one["id"].name
            watched = {one["parent_id"].name, "*"} & self._watch.channels
            if (
                watched
                and name not in self._cursor["last"]
                and name.isdigit()
                and int(name) > since
            ):
                await self._read(name, str(int(name) - 1))

    async def _catch_up(self) -> None:
        """Read on in each place that was heard under the session before."""
        for channel, last in list(self._cursor.get("last", {}).items()):
            await self._read(channel, last)

    async def _read(self, channel: str, after: str) -> None:
        """Take what came after this message, oldest first (.../resources/message#get-channel-messages)."""
        info = await self._ask_for(channel)
        if not info["id"].name:
            return
        guild = self._keep(info).get("guild_id")
        for _ in range(MOST_PAGES):
            try:
                found = await self._web.get(f"/channels/{channel}/messages?after={after}&limit=100")
            except (Away, Silent):
                return
            page = sorted((one for one in found.told if one["id"].name.isdigit()), key=_number)
            for one in page:
                around = {"channel_id": channel} | ({"guild_id": guild} if guild else {})
                await self._take("MESSAGE_CREATE", Told({**one.fields, **around}))
                after = one["id"].name
            if len(page) < 100:
                return

    async def _offer_command(self, application: str) -> None:
        """The entry in a message's menu (.../interactions/application-commands#message-commands)."""
        command: dict[str, Any] = {
            "name": HAND_OVER,
            "type": 3,
            "contexts": [0],
            "default_member_permissions": str(MODERATORS),
        }
        try:
            made = await self._web.post(f"/applications/{application}/commands", command)
        except (Away, Silent):
            log.warning("command not offered")
            return
        if made.refused is not None:
            log.warning("command refused", words=made.refused.words)

    async def _acknowledge(self, data: Told) -> None:
        """Tell the moderator alone that it was done; Discord wants to hear within three seconds."""
        body = {"type": 4, "data": {"content": HANDED_OVER, "flags": 1 << 6}}
        path = f"/interactions/{data['id'].name}/{data['token'].name}/callback"
        try:
            await self._web.post(path, body)
        except (Away, Silent):
            log.warning("interaction unanswered")


def pause_before_session(cursor: dict[str, Any], now: float) -> float:
    """Seconds until another session may begin, whichever worker began the one before."""
    since = now - float(cursor.get("began_at") or 0.0)
    return min(max(0.0, IDENTIFY_EVERY_S - since), IDENTIFY_EVERY_S)


def _number(message: Told) -> int:
    return int(message["id"].name)
