"""What LINE's webhooks say, as facts: https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects.

A message keeps its id when LINE delivers it again (isRedelivery); other events are told apart by
webhookEventId. Pictures sent at once come as events of their own with one imageSet, and join.
"""

from shopbell.connectors.channels.told import Told
from shopbell.desk.inbound.types import Fact, File, Sender

KIND = "line"
_FILES = {
    "image": ("image.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.m4a", "audio/mp4"),
    "file": ("file", ""),
}


def facts_of(told: Told) -> list[Fact]:
    """The facts of one post. LINE proves a hook with a post of no events: it says nothing."""
    if not told.fields:
        return [Fact(kind="other", words="no JSON of LINE's")]
    account = told["destination"].name
    return [fact for event in told["events"] for fact in _facts(event, account)]


def _facts(event: Told, account: str) -> list[Fact]:
    kind = event["type"].name
    who = event["source"]["userId"].name
    if event["source"]["type"].text != "user" or not who:
        return [Fact(kind="other", words=f"{kind or 'an event'} outside a chat with one person")]
    if event["mode"].text == "standby":
        return [Fact(kind="other", words=f"{kind}: another module answers this chat now")]
    sender, at = Sender(kind=KIND, value=who), event["timestamp"].at_ms
    match kind:
        case "message":
            return [_message(event, sender, account)]
        case "unsend":
            name = event["unsend"]["messageId"].name
            if not name:
                return [Fact(kind="other", words="an unsend of nothing")]
            fact = Fact(kind="deletion", external_id=name, sender=sender, at=at, account=account)
            return [fact]
        case "postback":
            return [_postback(event, sender, account)]
        case "unfollow":
            return [Fact(kind="opt_out", sender=sender, at=at, state="out", account=account)]
        case "follow":
            if event["follow"]["isUnblocked"].value is False:
                return []
            return [Fact(kind="opt_out", sender=sender, at=at, state="in", account=account)]
        case _:
            return [Fact(kind="other", words=f"not understood: {kind or 'an event without type'}")]


def _message(event: Told, sender: Sender, account: str) -> Fact:
    message = event["message"]
    name, kind = message["id"].name, message["type"].name
    if not name:
        return Fact(kind="other", words="a message without id")
    text, files = _words(message), _files(message)
    if not text and not files:
        return Fact(kind="other", words=f"a message of {kind or 'nothing'}")
    group = message["imageSet"]["id"].name
    return Fact(
        kind="message",
        external_id=f"set:{group}" if group and files else name,
        sender=sender,
        at=event["timestamp"].at_ms,
        text=text,
        attachments=files,
        reply_to=message["quotedMessageId"].name,
        account=account,
        joins=bool(group and files),
    )


def _postback(event: Told, sender: Sender, account: str) -> Fact:
    """A button; its data is what they say, with the date they picked if it asked for one."""
    postback, name = event["postback"], event["webhookEventId"].name
    picked = [Told(one).name for one in postback["params"].fields.values()]
    text = " ".join(one for one in (postback["data"].text, *picked) if one)
    if not name or not text:
        return Fact(kind="other", words="a button that says nothing")
    return Fact(
        kind="message",
        external_id=f"event:{name}",
        sender=sender,
        at=event["timestamp"].at_ms,
        text=text,
        account=account,
    )


def _words(message: Told) -> str:
    match message["type"].name:
        case "text":
            return message["text"].text
        case "sticker":
            known = [one.text for one in message["keywords"] if one.text]
            said = message["text"].text or (known[0] if known else "")
            return f"(a sticker: {said})" if said else "(a sticker)"
        case "location":
            named = ", ".join(
                one for one in (message["title"].text, message["address"].text) if one
            )
            at = f"{message['latitude'].number or 0:.6f},{message['longitude'].number or 0:.6f}"
            return f"📍 {named + ': ' if named else ''}https://maps.google.com/?q={at}"
        case _:
            return _elsewhere(message)


def _elsewhere(message: Told) -> str:
    """The address of a file that is not at LINE: shown, never fetched."""
    if message["contentProvider"]["type"].text != "external":
        return ""
    return message["contentProvider"]["originalContentUrl"].text


def _files(message: Told) -> tuple[File, ...]:
    kind = message["type"].name
    if kind not in _FILES or message["contentProvider"]["type"].text == "external":
        return ()
    name, media_type = _FILES[kind]
    return (
        File(
            name=(message["fileName"].text or name)[:200],
            media_type=media_type,
            size=message["fileSize"].whole or None,
            ref=message["id"].name,
        ),
    )
