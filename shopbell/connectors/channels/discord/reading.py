"""What Discord's gateway tells (https://docs.discord.com/developers/events/gateway-events).

A payload is one dispatch, with what it does not say itself: `me`, the bot's own id, and `place`, the
channel it happened in. In a direct message everything is for the desk. On a server only what is
written in a channel that is watched (or a thread of one), or to the bot by name; in somebody else's
thread, or in reply to somebody else, it is between them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from shopbell.connectors.channels.discord.nonces import delivery_of
from shopbell.connectors.channels.told import Told
from shopbell.desk.inbound.types import Fact, FactKind, File, Sender

KIND = "discord"
HAND_OVER = "Hand to the desk"
"""The command in a message's menu, under Apps."""
EVERYWHERE = "*"
_SPOKEN = frozenset({0, 19})
"""Message types: a plain one and a reply; all others are the platform's own."""
_THREADS = frozenset({10, 11, 12})
_NAMED = re.compile(r"<(?:@!?(\d+)|#(\d+)|@&(\d+)|a?:(\w+):\d+)>")


class Watch(Struct, frozen=True, kw_only=True):
    """Which channels a connection listens to, and who is of the shop there: users or roles."""

    channels: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()


def facts_of(body: bytes, watch: Watch) -> list[Fact]:
    """Every fact in a payload, `other` for what is none of Discord's."""
    told = Told.decoded(body)
    kind = told["t"].text
    read = _EVENTS.get(kind)
    if read is None:
        return [Fact(kind="other", words=f"An event that nothing here reads: {kind[:60]!r}.")]
    return read(Scene(told, watch))


class Scene:
    """One dispatch and where it happened."""

    def __init__(self, told: Told, watch: Watch) -> None:
        self.data = told["d"]
        self.me = told["me"].name
        self.watch = watch
        self.channel = self.data["channel_id"].name
        place = told["place"]
        self.in_thread = place["type"].whole in _THREADS
        self.parent = place["parent_id"].name if self.in_thread else ""
        self.owner = place["owner_id"].name if self.in_thread else ""
        self.public = bool(self.data["guild_id"])

    def covers(self) -> bool:
        there = {self.channel, self.parent, EVERYWHERE}
        return not self.public or bool(there & self.watch.channels)

    def is_staff(self, user: str, roles: Told) -> bool:
        return user in self.watch.staff or any(one.name in self.watch.staff for one in roles)

    def customer(self, message: Told) -> Sender | None:
        """Whose conversation a message stands in; None where it is nobody's yet."""
        if self.in_thread:
            known = Sender(kind=KIND, value=self.owner) if self.owner else None
            return None if self.owner in self.watch.staff else known
        author = message["referenced_message"]["author"]
        if not author["id"].name or author["bot"] or author["id"].name in self.watch.staff:
            return None
        return _sender(author, Told(None))

    def mentions_us(self, message: Told) -> bool:
        return bool(self.me) and any(one["id"].name == self.me for one in message["mentions"])

    def is_for_us(self, message: Told) -> bool:
        """Whether a person's message is a question to the desk."""
        author = message["author"]
        user = author["id"].name
        if not user or author["bot"] or message["webhook_id"]:
            return False
        if not self.public:
            return True
        if self.is_staff(user, message["member"]["roles"]):
            return False
        if self.mentions_us(message):
            return True
        other = self.customer(message)
        return self.covers() and (other is None or other.value == user)


def _created(scene: Scene) -> list[Fact]:
    message = scene.data
    author, key = message["author"], delivery_of(message["nonce"].text)
    if author["id"].name == scene.me:
        if not key:
            return []
        name = message["id"].name
        return [Fact(kind="receipt", state="sent", key=key, external_id=name)]
    if message["type"].whole not in _SPOKEN:
        return []
    if scene.is_for_us(message):
        return [_written(scene, message)]
    return _by_staff(scene, message)


def _written(scene: Scene, message: Told, *, to_people: bool = False) -> Fact:
    if not message["id"].name or not scene.channel:
        return Fact(kind="other", words="A message without id or channel.")
    text = _plain(scene, message)
    files = list(message["attachments"])
    for passed_on in message["message_snapshots"]:
        text = text or _plain(scene, passed_on["message"])
        files += list(passed_on["message"]["attachments"])
    stickers = [f"[{one['name'].text}]" for one in message["sticker_items"]]
    return Fact(
        kind="message",
        external_id=message["id"].name,
        sender=_sender(message["author"], message["member"]),
        at=_time(message["timestamp"]),
        text="\n".join([text, *stickers]).strip(),
        attachments=tuple(_file(one) for one in files),
        reply_to=message["message_reference"]["message_id"].name,
        place=scene.channel,
        community=scene.public,
        to_people=to_people,
    )


def _by_staff(scene: Scene, message: Told) -> list[Fact]:
    """Somebody of the shop answers a customer themselves: people have taken over."""
    author = message["author"]
    user, customer = author["id"].name, scene.customer(message)
    if author["bot"] or customer is None or not (scene.public and scene.covers()):
        return []
    if not scene.is_staff(user, message["member"]["roles"]) or customer.value in (user, scene.me):
        return []
    return [
        Fact(
            kind="echo",
            external_id=message["id"].name,
            sender=customer,
            at=_time(message["timestamp"]),
            text=_plain(scene, message),
            place=scene.channel,
            community=True,
        )
    ]


def _updated(scene: Scene) -> list[Fact]:
    message = scene.data
    at = _time(message["edited_timestamp"])
    if at is None or not scene.is_for_us(message):
        return []
    text = _plain(scene, message)
    return [Fact(kind="edit", external_id=message["id"].name, at=at, text=text)]


def _deleted(scene: Scene) -> list[Fact]:
    names = [one.name for one in scene.data["ids"]] or [scene.data["id"].name]
    if not scene.covers():
        return []
    return [Fact(kind="deletion", external_id=one) for one in names if one]


def _reaction(state: str) -> Callable[[Scene], list[Fact]]:
    def read(scene: Scene) -> list[Fact]:
        data = scene.data
        user, author = data["user_id"].name, data["message_author_id"].name
        if not scene.covers() or user in ("", scene.me) or author in scene.watch.staff:
            return []
        kind: FactKind = "reaction"
        sign = data["emoji"]["name"].text[:40] if state else ""
        by = Sender(kind=KIND, value=user)
        return [Fact(kind=kind, external_id=data["message_id"].name, sender=by, state=sign)]

    return read


def _handed_over(scene: Scene) -> list[Fact]:
    """A moderator chose the command in a message's menu; Discord itself says who may."""
    chosen = scene.data["data"]
    if chosen["name"].text != HAND_OVER or chosen["type"].whole != 3:
        return [Fact(kind="other", words="A command that is none of Shopbell's.")]
    message = chosen["resolved"]["messages"][chosen["target_id"].name]
    author = message["author"]
    if not author["id"].name or author["bot"] or author["id"].name in scene.watch.staff:
        return [Fact(kind="other", words="Handed over, but no customer wrote it.")]
    return [_written(scene, message, to_people=True)]


_EVENTS: Mapping[str, Callable[[Scene], list[Fact]]] = {
    "MESSAGE_CREATE": _created,
    "MESSAGE_UPDATE": _updated,
    "MESSAGE_DELETE": _deleted,
    "MESSAGE_DELETE_BULK": _deleted,
    "MESSAGE_REACTION_ADD": _reaction("on"),
    "MESSAGE_REACTION_REMOVE": _reaction(""),
    "INTERACTION_CREATE": _handed_over,
}
HEARD = frozenset(_EVENTS)


def _plain(scene: Scene, message: Told) -> str:
    """The words, with people by name and without the bot's own."""
    names = {one["id"].name: _called(one, Told(None)) for one in message["mentions"]}

    def told(found: re.Match[str]) -> str:
        user, channel, role, sign = found.groups()
        if user:
            return "" if user == scene.me else f"@{names.get(user, user)}"
        return f"#{channel}" if channel else f"@{role}" if role else f":{sign}:"

    return _NAMED.sub(told, message["content"].text).strip()


def _sender(author: Told, member: Told) -> Sender:
    return Sender(kind=KIND, value=author["id"].name, name=_called(author, member))


def _called(author: Told, member: Told) -> str:
    name = member["nick"].text or author["global_name"].text or author["username"].text
    return name[:200]


def _file(one: Told) -> File:
    return File(
        name=(one["filename"].text or "file")[:200],
        media_type=one["content_type"].text[:100],
        size=max(0, one["size"].whole) or None,
        ref=one["url"].text,
    )


def _time(told: Told) -> datetime | None:
    """ISO 8601 with its zone."""
    try:
        found = datetime.fromisoformat(told.text)
    except ValueError:
        return None
    return found if found.tzinfo else None
