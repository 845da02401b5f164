"""What Slack tells: one event of the Events API, or the shortcut by which people hand a message over.

https://docs.slack.dev/reference/events/message, https://docs.slack.dev/apis/events-api,
https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload. Socket mode
wraps the same payloads (https://docs.slack.dev/apis/events-api/using-socket-mode).

In a direct message everything is for the desk. In a channel only what is written in one that is
watched, or to the bot by name; a reply in somebody else's thread is theirs, unless it names the bot.
"""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from shopbell.connectors.channels.slack.mrkdwn import from_mrkdwn
from shopbell.connectors.channels.told import Told
from shopbell.desk.inbound.types import Fact, FactKind, File, Sender

KIND = "slack"
HAND_OVER = "hand_to_desk"
"""The callback id of the message shortcut, as the set-up page has people enter it."""
DELIVERY = "shopbell_delivery"
"""The type of the metadata that our messages carry: which delivery they are."""
EVERYWHERE = "*"
_SIGNS: Mapping[str, str] = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "heart": "❤️", "tada": "🎉",
    "pray": "🙏", "joy": "😂", "smile": "😄", "slightly_smiling_face": "🙂", "cry": "😢",
    "rage": "😡", "eyes": "👀", "white_check_mark": "✅", "fire": "🔥", "raised_hands": "🙌",
    "ok_hand": "👌", "clap": "👏", "thinking_face": "🤔", "wave": "👋",
}  # fmt: skip
_SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
_GONE = "Slack says that the app was removed or its token revoked: install it again, and connect."
_TOO_MUCH = "Slack holds back events of this workspace: more than 30,000 came within an hour."


class Watch(Struct, frozen=True, kw_only=True):
    """What a connection listens to besides direct messages, and who is of the shop there."""

    channels: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()

    def covers(self, channel: str) -> bool:
        return channel in self.channels or EVERYWHERE in self.channels


def facts_of(body: bytes, watch: Watch) -> list[Fact]:
    """Every fact in a payload, `other` for what is none of Slack's."""
    told = _payload(body)
    kind = told["type"].text
    if kind == "message_action":
        return [_handed_over(told, watch)]
    if kind == "app_rate_limited":
        return [Fact(kind="account", state="degraded", words=_TOO_MUCH, account=_team(told))]
    if kind != "event_callback":
        return [Fact(kind="other", words=f"No payload of Slack's that is known: {kind[:60]!r}.")]
    scene = Scene(told, watch)
    event = scene.event["type"].text
    read = _EVENTS.get(event)
    if read is None:
        return [Fact(kind="other", words=f"An event that nothing here reads: {event[:60]!r}.")]
    try:
        return read(scene)
    except Nameless as wrong:
        return [Fact(kind="other", words=str(wrong))]


class Nameless(Exception):
    """A message without what names it."""


def _payload(body: bytes) -> Told:
    """The JSON itself, or the one inside the form by which shortcuts come."""
    if body.lstrip().startswith(b"{"):
        return Told.decoded(body)
    try:
        return Told.decoded(parse_qs(body.decode(), max_num_fields=8)["payload"][0])
    except (ValueError, KeyError):
        return Told(None)


class Scene:
    """One event, and what the payload says about where it happened."""

    def __init__(self, told: Told, watch: Watch) -> None:
        self.event = told["event"]
        self.watch = watch
        self.team = _team(told)
        self.shared = told["is_ext_shared_channel"].value is True
        self.app = told["api_app_id"].text
        allowed = _allowed(told)
        self.bot = allowed["user_id"].text if allowed["is_bot"] else ""

    def sender(self, user: str, profile: Told | None = None) -> Sender:
        """Ids are sure to be one person's within a workspace only, so it stands before them."""
        known = profile or Told(None)
        name = known["display_name"].text or known["real_name"].text
        return Sender(kind=KIND, value=f"{self.team}:{user}"[:500], name=name[:200])

    def is_ours(self, message: Told) -> bool:
        """Whether it is our own bot that speaks."""
        by_app = message["app_id"].text == self.app != ""
        return by_app or message["user"].text == self.bot != ""

    def is_bot(self, message: Told) -> bool:
        return bool(message["bot_id"]) or self.is_ours(message)

    def is_staff(self, user: str, team: str = "") -> bool:
        """Whether somebody answers for the shop: those who are named, and in a channel that is
        shared with another company all of our own workspace."""
        return user in self.watch.staff or (self.shared and team == self.team)

    def mentions(self, message: Told) -> bool:
        told = message["text"].text
        return bool(self.bot) and (f"<@{self.bot}>" in told or f"<@{self.bot}|" in told)

    def is_for_us(self, channel: str, message: Told) -> bool:
        """Whether a person's message is a question to the desk."""
        user = message["user"].text
        if not user or self.is_bot(message):
            return False
        if _is_direct(channel):
            return True
        if self.is_staff(user, _home(message)):
            return False
        if self.mentions(message) or self.event["type"].text == "app_mention":
            return True
        parent = message["parent_user_id"].text
        return self.watch.covers(channel) and parent in ("", user, self.bot)


def _message(scene: Scene) -> list[Fact]:
    event = scene.event
    subtype, channel = event["subtype"].text, event["channel"].text
    if subtype == "message_changed":
        return _changed(scene, channel)
    if subtype == "message_deleted":
        before = event["previous_message"]
        if before and not scene.is_for_us(channel, before):
            return []
        return [_about("deletion", scene, channel, event["deleted_ts"], at=event["ts"])]
    if scene.is_ours(event):
        return _own(scene, channel, event, event["ts"])
    if subtype not in _SPOKEN or event["bot_id"] or not event["user"]:
        return []
    if not scene.is_for_us(channel, event):
        return _by_staff(scene, channel)
    return [_written(scene, channel, event)]


def _written(scene: Scene, channel: str, message: Told, *, to_people: bool = False) -> Fact:
    user, ts = message["user"].text, message["ts"]
    thread, direct = message["thread_ts"].text, _is_direct(channel)
    files, links = _files(message["files"])
    text = message["text"].text
    if scene.bot and not direct:
        text = text.replace(f"<@{scene.bot}>", "").strip()
    if not text:
        text = "\n".join(_shared_words(message["attachments"]))
    return Fact(
        kind="message",
        external_id=_id(channel, ts),
        sender=scene.sender(user, message["user_profile"]),
        at=ts.at,
        text="\n".join([from_mrkdwn(text), *links]).strip(),
        attachments=files,
        reply_to=f"{channel}:{thread}"[:500] if thread not in ("", ts.text) else "",
        account=scene.team,
        place=_place(channel, thread or ("" if direct else ts.text)),
        community=not direct,
        to_people=to_people,
    )


def _by_staff(scene: Scene, channel: str) -> list[Fact]:
    """Somebody of the shop answers in a customer's thread themselves: people have taken over."""
    event = scene.event
    user, parent = event["user"].text, event["parent_user_id"].text
    thread = event["thread_ts"].text
    if not (thread and parent and scene.watch.covers(channel)):
        return []
    if not scene.is_staff(user, _home(event)) or parent in (user, scene.bot):
        return []
    if parent in scene.watch.staff:
        return []
    return [
        Fact(
            kind="echo",
            external_id=_id(channel, event["ts"]),
            sender=scene.sender(parent),
            at=event["ts"].at,
            text=from_mrkdwn(event["text"].text),
            account=scene.team,
            place=_place(channel, thread),
            community=True,
        )
    ]


def _changed(scene: Scene, channel: str) -> list[Fact]:
    now = scene.event["message"]
    before = scene.event["previous_message"]
    if now["subtype"].text == "tombstone":
        if before and not scene.is_for_us(channel, before):
            return []
        return [_about("deletion", scene, channel, now["ts"], at=scene.event["ts"])]
    if now["text"].text == before["text"].text or not scene.is_for_us(channel, now):
        return []
    edited = now["edited"]["ts"] or scene.event["ts"]
    text = now["text"].text
    if scene.bot and not _is_direct(channel):
        text = text.replace(f"<@{scene.bot}>", "").strip()
    fact = _about("edit", scene, channel, now["ts"], at=edited)
    return [msgspec.structs.replace(fact, text=from_mrkdwn(text))]


def _about(kind: FactKind, scene: Scene, channel: str, ts: Told, *, at: Told) -> Fact:
    return Fact(kind=kind, external_id=_id(channel, ts), at=at.at, account=scene.team)


def _own(scene: Scene, channel: str, message: Told, ts: Told) -> list[Fact]:
    """Our message come back: proof that it arrived, where it says which one it is."""
    metadata = message["metadata"]
    payload = metadata["event_payload"]
    key = payload["delivery"].text
    if metadata["event_type"].text != DELIVERY or not key or payload["part"].value != 0:
        return []
    return [
        Fact(
            kind="receipt",
            state="sent",
            key=key[:100],
            external_id=_id(channel, ts),
            account=scene.team,
        )
    ]


def _posted(scene: Scene) -> list[Fact]:
    event = scene.event
    if event["app_id"].text != scene.app:
        return []
    return _own(scene, event["channel_id"].text, event, event["message_ts"])


def _reaction(scene: Scene) -> list[Fact]:
    event, item = scene.event, scene.event["item"]
    channel, user = item["channel"].text, event["user"].text
    if item["type"].text != "message" or not user or user == scene.bot:
        return []
    if not _is_direct(channel):
        author = event["item_user"].text
        if not scene.watch.covers(channel) or not author or scene.is_staff(author):
            return []
    name = event["reaction"].text.partition("::")[0]
    sign = _SIGNS.get(name, f":{name}:") if event["type"].text == "reaction_added" else ""
    fact = _about("reaction", scene, channel, item["ts"], at=event["event_ts"])
    return [msgspec.structs.replace(fact, sender=scene.sender(user), state=sign[:40])]


def _gone(scene: Scene) -> list[Fact]:
    revoked = scene.event["tokens"]
    if scene.event["type"].text == "tokens_revoked" and not revoked["bot"]:
        return []
    return [Fact(kind="account", state="reconnect", words=_GONE, account=scene.team)]


def _nothing(_: Scene) -> list[Fact]:
    return []


def _handed_over(told: Told, watch: Watch) -> Fact:
    """A moderator chose *Hand to the desk* in a message's menu: it comes with all it says."""
    message, by = told["message"], told["user"]
    channel = told["channel"]["id"].text
    team = told["team"]["id"].text
    if told["callback_id"].text != HAND_OVER:
        return Fact(kind="other", words="A shortcut that is none of Shopbell's.")
    if watch.staff and by["id"].text not in watch.staff:
        return Fact(kind="other", words="Handed over by somebody who is not named as staff.")
    author = message["user"].text
    if not author or message["bot_id"] or author in watch.staff:
        return Fact(kind="other", words="Handed over, but no customer wrote it.")
    scene = Scene(Told({**told.fields, "context_team_id": team}), watch)
    try:
        return _written(scene, channel, message, to_people=True)
    except Nameless as wrong:
        return Fact(kind="other", words=str(wrong))


_EVENTS: Mapping[str, Callable[[Scene], list[Fact]]] = {
    "message": _message,
    "app_mention": _message,
    "message_metadata_posted": _posted,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "app_uninstalled": _gone,
    "tokens_revoked": _gone,
    "app_home_opened": _nothing,
    "member_joined_channel": _nothing,
    "member_left_channel": _nothing,
}


def _files(told: Told) -> tuple[tuple[File, ...], list[str]]:
    """The files that Slack holds, and the links to those that others hold."""
    files: list[File] = []
    links: list[str] = []
    for one in told:
        address = one["url_private_download"].text or one["url_private"].text
        if one["mode"].text == "tombstone":
            continue
        if one["is_external"].value is True or one["mode"].text == "external":
            links.append(address)
            continue
        files.append(
            File(
                name=(one["name"].text or "file")[:200],
                media_type=one["mimetype"].text[:100],
                size=max(0, one["size"].whole) or None,
                ref=address or f"file:{one['id'].name}",
            )
        )
    return tuple(files), [one for one in links if one]


def _shared_words(told: Told) -> list[str]:
    """What a message says that only passes another one on."""
    found = [one["text"].text or one["fallback"].text for one in told]
    return [one for one in found if one]


def _home(message: Told) -> str:
    """The workspace of a message's writer."""
    return message["user_team"].text or message["team"].text


def _allowed(told: Told) -> Told:
    """The installation by which we hear this; Slack names one."""
    return next(iter(told["authorizations"]), Told(None))


def _team(told: Told) -> str:
    """The workspace through which we hear this."""
    for one in (told["context_team_id"], _allowed(told)["team_id"], told["team_id"]):
        if one.text.startswith("T"):
            return one.name
    return ""


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


def _id(channel: str, ts: Told) -> str:
    """`ts` names a message within its channel only."""
    if not channel or not ts.name:
        raise Nameless("A message without channel or ts.")
    return f"{channel}:{ts.name}"[:500]


def _place(channel: str, thread: str) -> str:
    return f"{channel}:{thread}"[:500] if thread else channel[:500]
