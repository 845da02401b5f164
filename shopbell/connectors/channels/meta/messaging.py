"""What is in the webhooks of Messenger and Instagram, which have one form.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events
and https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks.
A message with several pictures is one event with several attachments, so an album is one message.
"""

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from shopbell.connectors.channels.meta.json import (
    Object,
    decoded,
    name_in,
    number_in,
    object_in,
    objects_in,
    text_in,
    time_in,
)
from shopbell.desk.inbound.types import Fact, File, Sender

AD_WINDOW_HOURS = 168.0
"""How long answers are free after a first message from an ad, by the Messenger Platform's policy
(https://developers.facebook.com/documentation/business-messaging/messenger-platform/policy):
up to seven days, where other messages give one. Meta refuses what is too late all the same."""
FILES: Mapping[str, str] = {
    "image": "picture",
    "video": "video",
    "audio": "voice message",
    "file": "file",
    "sticker": "sticker",
    "story_mention": "story",
}
"""Attachments that are fetched, and what they are called when they have no name."""
INBOXES = frozenset({"263902037430900", "26390203743090", "1217981644879628"})
"""The apps that people of the shop write in: Meta's inbox of Pages, which the page on echoes spells
with a digit less than the one on conversation routing, and of Instagram
(.../messenger-platform/webhooks/webhook-events/message-echoes)."""
QUIET = frozenset(
    {
        "account_linking",
        "app_roles",
        "game_play",
        "pass_thread_control",
        "request_thread_control",
        "take_thread_control",
    }
)
"""Events that change nothing here."""
UNSUPPORTED = "(A message that {label} does not hand on: look at it in the app, or ask for words.)"
_HEARTS = {"love": "❤️", "like": "👍", "dislike": "👎", "smile": "😆", "wow": "😮", "sad": "😢"}


def facts_in(body: bytes, kind: str, label: str, object_: str) -> list[Fact]:
    """Every fact in a payload, in its order; `kind` names its people, `object_` is Meta's word for
    such payloads."""
    told = decoded(body)
    if told is None:
        return [_other("no JSON object")]
    entries = objects_in(told.get("entry"))
    told_of = ("messaging", "standby", "changes")
    if told.get("object") != object_ or not any(
        objects_in(entry.get(one)) for entry in entries for one in told_of
    ):
        return [_other(f"not a webhook of {label} with events in it")]
    found: list[Fact] = []
    for entry in entries:
        reader = _Reader(kind, label, name_in(entry.get("id")))
        found += [fact for one in objects_in(entry.get("messaging")) for fact in reader.event(one)]
        found += [_other("another app holds this thread") for _ in objects_in(entry.get("standby"))]
        found += [
            _other(f"{name_in(one.get('field')) or 'a change'} is not read")
            for one in objects_in(entry.get("changes"))
        ]
    return found


class _Reader:
    """Reads the events of one entry."""

    def __init__(self, kind: str, label: str, account: str) -> None:
        self._kind = kind
        self._label = label
        self._account = account

    def event(self, event: Object) -> Iterator[Fact]:
        """The facts of one event. Its key tells what it is."""
        if "message" in event:
            yield self._message(event, object_in(event.get("message")))
        elif "postback" in event:
            yield self._postback(event, object_in(event.get("postback")))
        elif "message_edit" in event:
            yield self._edit(event, object_in(event.get("message_edit")))
        elif "reaction" in event:
            yield self._reaction(event, object_in(event.get("reaction")))
        elif "read" in event or "delivery" in event:
            yield self._receipt(event)
        elif "optin" in event:
            yield from self._optin(event, object_in(event.get("optin")))
        elif "policy_enforcement" in event or "policy-enforcement" in event:
            held = event.get("policy_enforcement") or event.get("policy-enforcement")
            yield self._enforcement(object_in(held))
        elif "referral" not in event and not QUIET & event.keys():
            names = ", ".join(sorted(name_in(one) for one in event))[:200]
            yield _other(f"an event of {names or 'nothing'} is not read")

    def _message(self, event: Object, message: Object) -> Fact:
        echo = message.get("is_echo") is True
        sender = self._person(event, "recipient" if echo else "sender")
        mid = name_in(message.get("mid"))
        if sender is None or not mid:
            return _other("a message without its sender or id")
        at = time_in(event.get("timestamp"))
        if message.get("is_deleted") is True:
            return Fact(
                kind="deletion", external_id=mid, sender=sender, at=at, account=self._account
            )
        text, files, told = self._content(message)
        ad = object_in(message.get("referral")) or object_in(event.get("referral"))
        if echo:
            named = ", ".join(one.name for one in files)
            text, files = text or f"({named or 'a message without words'})", ()
        return Fact(
            kind="echo" if echo else "message",
            external_id=mid,
            key=name_in(message.get("metadata")) if echo else "",
            sender=sender,
            at=at,
            text=text,
            attachments=files,
            reply_to=name_in(object_in(message.get("reply_to")).get("mid")),
            window_hours=_window_of(ad) if not echo else None,
            context="\n".join(filter(None, [_referred(ad), *told])),
            account=self._account,
            automatic=self._automatic(message) if echo else "",
        )

    def _automatic(self, message: Object) -> Literal["perhaps", "yes"]:
        """Whether a machine wrote an echo. A Page's greetings and away messages carry no mark of their
        own; another app's id does tell, on Messenger, that it was not a person in the inbox."""
        app = name_in(message.get("app_id"))
        foreign = bool(app) and app not in INBOXES and self._kind == "messenger"
        return "yes" if foreign else "perhaps"

    def _content(self, message: Object) -> tuple[str, tuple[File, ...], list[str]]:
        """Its words, its files, and what it belongs to."""
        lines, files, told = [text_in(message.get("text"))], list[File](), list[str]()
        for one in objects_in(message.get("attachments")):
            type_, payload = name_in(one.get("type")), object_in(one.get("payload"))
            url = text_in(payload.get("url")) or text_in(one.get("url"))
            if type_ == "story_mention":
                told.append("Mentioned the shop in a story")
            if type_ in FILES and url:
                files.append(File(name=_file_name(type_, payload, url), ref=url))
            else:
                lines.append(_words_of(type_, one, payload, url))
        story = object_in(object_in(message.get("reply_to")).get("story"))
        if story:
            told.append("Answered a story of the shop")
            if url := text_in(story.get("url")):
                files.append(File(name="story", ref=url))
        if message.get("is_unsupported") is True and not any(lines) and not files:
            lines.append(UNSUPPORTED.format(label=self._label))
        product = object_in(object_in(message.get("referral")).get("product"))
        if product:
            told.append(f"About the product {name_in(product.get('id'))}")
        return "\n".join(filter(None, lines)), tuple(files), told

    def _postback(self, event: Object, postback: Object) -> Fact:
        """A button that was tapped: as good as its words, and a message for the window."""
        sender, at = self._person(event, "sender"), time_in(event.get("timestamp"))
        text = text_in(postback.get("title")) or text_in(postback.get("payload"))
        if sender is None or not text:
            return _other("a tapped button without its sender or words")
        mid = name_in(postback.get("mid"))
        ad = object_in(postback.get("referral"))
        return Fact(
            kind="message",
            external_id=mid or f"postback:{sender.value}:{name_in(event.get('timestamp'))}",
            sender=sender,
            at=at,
            text=text,
            window_hours=_window_of(ad),
            context=_referred(ad),
            account=self._account,
        )

    def _edit(self, event: Object, edit: Object) -> Fact:
        sender, mid = self._person(event, "sender"), name_in(edit.get("mid"))
        if sender is None or not mid:
            return _other("an edit without its message")
        return Fact(
            kind="edit",
            external_id=mid,
            sender=sender,
            at=time_in(event.get("timestamp")),
            text=text_in(edit.get("text")),
            account=self._account,
        )

    def _reaction(self, event: Object, reaction: Object) -> Fact:
        sender, mid = self._person(event, "sender"), name_in(reaction.get("mid"))
        if sender is None or not mid:
            return _other("a reaction without its message")
        sign = text_in(reaction.get("emoji")) or _HEARTS.get(name_in(reaction.get("reaction")), "•")
        return Fact(
            kind="reaction",
            external_id=mid,
            sender=sender,
            at=time_in(event.get("timestamp")),
            state="" if reaction.get("action") == "unreact" else sign,
            account=self._account,
        )

    def _receipt(self, event: Object) -> Fact:
        """A watermark: all of ours up to a time was delivered, or read. Instagram names the last
        message that was read instead; the time of reading says the same."""
        state = "read" if "read" in event else "delivered"
        told = object_in(event.get("read") if state == "read" else event.get("delivery"))
        sender = self._person(event, "sender")
        at = time_in(told.get("watermark")) or time_in(event.get("timestamp"))
        if sender is None or at is None:
            return _other("a receipt of nobody")
        return Fact(kind="receipt", sender=sender, at=at, state=state, account=self._account)

    def _optin(self, event: Object, optin: Object) -> Iterator[Fact]:
        """Advertising that was stopped or taken up again; answers are not concerned."""
        status, sender = (
            name_in(optin.get("notification_messages_status")),
            self._person(event, "sender"),
        )
        state = {"STOP_NOTIFICATIONS": "out", "RESUME_NOTIFICATIONS": "in"}.get(status)
        if sender is not None and state is not None:
            yield Fact(
                kind="opt_out",
                sender=sender,
                at=time_in(event.get("timestamp")),
                state=state,
                code="marketing",
                account=self._account,
            )

    def _enforcement(self, told: Object) -> Fact:
        action, reason = name_in(told.get("action")), name_in(told.get("reason"))
        state = {"block": "reconnect", "unblock": "ok"}.get(action, "degraded")
        words = f"Meta has warned or blocked this account: {reason}"[:300]
        return Fact(
            kind="account",
            state=state,
            words="" if state == "ok" else words,
            code=action,
            account=self._account,
        )

    def _person(self, event: Object, role: str) -> Sender | None:
        name = name_in(object_in(event.get(role)).get("id"))
        return Sender(kind=self._kind, value=name) if name else None


def _words_of(type_: str, one: Object, payload: Object, url: str) -> str:
    """What an attachment that is no file says: a link, a product, a place."""
    spot = object_in(payload.get("coordinates"))
    latitude, longitude = number_in(spot.get("lat")), number_in(spot.get("long"))
    if latitude is not None and longitude is not None:
        return f"Location: https://maps.google.com/?q={latitude},{longitude}"
    product = object_in(payload.get("product"))
    elements = objects_in(product.get("elements")) or objects_in(payload.get("elements"))
    titles = [name_in(each.get("title")) for each in elements]
    title = name_in(one.get("title")) or name_in(payload.get("title"))
    words = " · ".join(filter(None, [title, *titles, url]))
    return words or f"({type_.replace('_', ' ') or 'attachment'})"


def _file_name(type_: str, payload: Object, url: str) -> str:
    """Its own name where it is a document: the last step of its address."""
    try:
        last = urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        last = ""
    if type_ == "file" and last:
        return last[:200]
    return "sticker" if payload.get("sticker_id") else FILES[type_]


def _referred(ad: Object) -> str:
    """The ad, link or shop page that led here."""
    if not ad:
        return ""
    told = object_in(ad.get("ads_context_data"))
    parts = [name_in(told.get("ad_title")), name_in(ad.get("ref")), name_in(ad.get("referer_uri"))]
    kind = "an ad" if _is_ad(ad) else "a link"
    return f"Came from {kind}: " + " · ".join(filter(None, parts))


def _is_ad(ad: Object) -> bool:
    return name_in(ad.get("source")).upper() == "ADS" or bool(ad.get("ad_id"))


def _window_of(ad: Object) -> float | None:
    return AD_WINDOW_HOURS if ad and _is_ad(ad) else None


def _other(words: str) -> Fact:
    return Fact(kind="other", words=words)
