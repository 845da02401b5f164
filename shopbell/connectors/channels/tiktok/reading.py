"""What TikTok's webhooks say, as facts: https://business-api.tiktok.com/portal/docs?id=1832190670631937.

One event a post: `event`, `user_openid` (our account) and `content`, which is JSON in a string. What our
account sent comes as im_send_msg, whoever sent it and by whichever app.
"""

import msgspec

from shopbell.connectors.channels.told import Told
from shopbell.desk.inbound.types import Fact, File, Sender

KIND = "tiktok"


def facts_of(event: Told) -> list[Fact]:
    """The facts of one event."""
    kind, account = event["event"].name, event["user_openid"].name
    content = event["content"]
    if content.text:
        content = Told.decoded(content.text)
    match kind:
        case "im_receive_msg":
            return [_message(content, account)]
        case "im_send_msg":
            return [_echo(content, account)]
        case "im_mark_read_msg":
            return _read(content, account)
        case _:
            return [Fact(kind="other", words=f"not understood: {kind or 'a post without event'}")]


def _message(content: Told, account: str) -> Fact:
    name, place = content["message_id"].name, content["conversation_id"].name
    who = content["from_user"]["id"].name
    if not name or not place or not who:
        return Fact(kind="other", words="a message without id, conversation or sender")
    return Fact(
        kind="message",
        external_id=name,
        sender=Sender(kind=KIND, value=who, name=content["from"].text[:200]),
        at=content["timestamp"].at_ms,
        text=_words(content),
        attachments=_files(content),
        reply_to=content["referenced_message_info"]["referenced_message_id"].name,
        account=account,
        place=place,
    )


def _echo(content: Told, account: str) -> Fact:
    name, place = content["message_id"].name, content["conversation_id"].name
    who = content["to_user"]["id"].name
    if not name or not place or not who:
        return Fact(kind="other", words="a message of ours without id, conversation or receiver")
    return Fact(
        kind="echo",
        external_id=name,
        sender=Sender(kind=KIND, value=who, name=content["to"].text[:200]),
        at=content["timestamp"].at_ms,
        text=_words(content) or "(a picture)",
        account=account,
        place=place,
        automatic="perhaps",
    )


def _read(content: Told, account: str) -> list[Fact]:
    """They read all up to a time. What our own account reads says nothing of them."""
    who, upto = content["from_user"]["id"].name, content["read"]["last_read_timestamp"].at_ms
    if not who or upto is None:
        return [Fact(kind="other", words="a receipt of nobody, or of no time")]
    if who == account:
        return []
    sender = Sender(kind=KIND, value=who)
    return [Fact(kind="receipt", sender=sender, at=upto, state="read", account=account)]


def _words(content: Told) -> str:
    match content["type"].name.lower():
        case "text":
            return content["text"]["body"].text
        case "share_post":
            return f"Shared a post: {content['share_post']['embed_url'].text}"
        case "sticker":
            return "(a sticker)"
        case "image":
            return ""
        case other:
            return f"(a message of type {other[:40] or 'unknown'}: open TikTok to see it)"


def _files(content: Told) -> tuple[File, ...]:
    media = content["image"]["media_id"].name
    if content["type"].name.lower() != "image" or not media:
        return ()
    names = (content["conversation_id"].name, content["message_id"].name, media)
    return (
        File(name="image.jpg", media_type="image/jpeg", ref=msgspec.json.encode(names).decode()),
    )
