"""What Telegram's updates say, as facts: https://core.telegram.org/bots/api#update.

Message ids count within a chat, so ours are `chat:message`. Pictures of one album come as messages
of their own with the same media_group_id, and join into one message.
"""

from shopbell.connectors.channels.told import Told
from shopbell.desk.inbound.types import Fact, File, Sender

KIND = "telegram"
_FILES = ("document", "video", "voice", "audio", "video_note", "animation")
"""An animation comes with a document of the same file as well."""
_NAMES = {"video": "video.mp4", "voice": "voice.ogg", "audio": "audio", "video_note": "video.mp4"}
_SILENT = frozenset({"pinned_message", "message_auto_delete_timer_changed", "write_access_allowed"})


def facts_of(update: Told) -> list[Fact]:
    """The facts of one update."""
    if message := update["message"]:
        return [] if _says_nothing(message) else [_message(message)]
    if message := update["edited_message"]:
        return [_edit(message)]
    if pressed := update["callback_query"]:
        return [_pressed(pressed)]
    if reaction := update["message_reaction"]:
        return [_reaction(reaction)]
    if member := update["my_chat_member"]:
        return _member(member)
    names = [name for name in update.fields if name != "update_id"]
    named = ", ".join(names).replace("\x00", "")[:200]
    return [Fact(kind="other", words=f"not understood: {named or 'no update'}")]


def _message(message: Told) -> Fact:
    refused = _unfit(message)
    if refused:
        return Fact(kind="other", words=refused)
    files = _files(message)
    text = "\n".join(one for one in (_words(message), *_things(message)) if one)
    if not text and not files:
        known = {"message_id", "from", "chat", "date"}
        names = [name for name in message.fields if name not in known]
        return Fact(kind="other", words=f"a message of {', '.join(names)[:200] or 'nothing'}")
    chat = message["chat"]["id"].name
    quoted = message["reply_to_message"]
    return Fact(
        kind="message",
        external_id=_named(message),
        sender=_sender(message["from"]),
        at=message["date"].at,
        text=text,
        attachments=files,
        reply_to=_named(quoted) if quoted["message_id"] else "",
        place=chat,
        joins=bool(message["media_group_id"].name) and bool(files),
        context=_context(message),
    )


def _edit(message: Told) -> Fact:
    refused = _unfit(message)
    if refused:
        return Fact(kind="other", words=refused)
    return Fact(
        kind="edit",
        external_id=_named(message),
        sender=_sender(message["from"]),
        at=message["edit_date"].at or message["date"].at,
        text="\n".join(one for one in (_words(message), *_things(message)) if one),
    )


def _pressed(pressed: Told) -> Fact:
    """A button below a message of ours; what it stands for is what they say."""
    message = pressed["message"]
    if not pressed["from"]["id"].name or not pressed["id"].name or not message["chat"]["id"].name:
        return Fact(kind="other", words="a button pressed outside a chat")
    return Fact(
        kind="message",
        external_id=f"button:{pressed['id'].name}",
        sender=_sender(pressed["from"]),
        text=_label(pressed),
        reply_to=_named(message),
        place=message["chat"]["id"].name,
    )


def _label(pressed: Told) -> str:
    """The button's words where the message still shows it, else the data behind it."""
    data = pressed["data"].text
    rows = pressed["message"]["reply_markup"]["inline_keyboard"]
    found = [one["text"].text for row in rows for one in row if one["callback_data"].text == data]
    return found[0] if found and found[0] else data or pressed["game_short_name"].text


def _reaction(reaction: Told) -> Fact:
    who = reaction["user"]
    if not who["id"].name or not reaction["message_id"].name or not reaction["chat"]["id"].name:
        return Fact(kind="other", words="a reaction of nobody in particular")
    signs = [one["emoji"].text or "⭐" for one in reaction["new_reaction"]]
    return Fact(
        kind="reaction",
        external_id=_named(reaction),
        sender=_sender(who),
        at=reaction["date"].at,
        state=signs[-1] if signs else "",
    )


def _member(member: Told) -> list[Fact]:
    """The bot was blocked by somebody, or let in again."""
    who = member["from"]
    if member["chat"]["type"].text != "private" or not who["id"].name:
        return [Fact(kind="other", words="the bot was moved in or out of a group: it answers none")]
    out = member["new_chat_member"]["status"].text in ("kicked", "left")
    if not out and member["old_chat_member"]["status"].text not in ("kicked", "left"):
        return []
    return [
        Fact(
            kind="opt_out",
            sender=_sender(who),
            at=member["date"].at,
            state="out" if out else "in",
            place=member["chat"]["id"].name,
        )
    ]


def _unfit(message: Told) -> str:
    """Why a message is not read, in words."""
    if not message["chat"]["id"].name or not message["message_id"].name:
        return "a message without chat or number"
    if message["chat"]["type"].text != "private":
        return "a message in a group or channel: the bot answers private chats only"
    if not message["from"]["id"].name:
        return "a message of nobody in particular"
    return ""


def _says_nothing(message: Told) -> bool:
    """A notice of Telegram's own, which calls for nobody."""
    return message["chat"]["type"].text == "private" and not _SILENT.isdisjoint(message.fields)


def _named(message: Told) -> str:
    group = message["media_group_id"].name
    return (
        f"{message['chat']['id'].name}:{f'album-{group}' if group else message['message_id'].name}"
    )


def _sender(who: Told) -> Sender:
    name = " ".join(one for one in (who["first_name"].text, who["last_name"].text) if one)
    return Sender(kind=KIND, value=who["id"].name, name=(name or who["username"].text)[:200])


def _words(message: Told) -> str:
    """The text or caption; links hidden behind words are written out. Offsets count UTF-16 units:
    https://core.telegram.org/bots/api#messageentity."""
    text = message["text"].text or message["caption"].text
    links = [
        one
        for one in (*message["entities"], *message["caption_entities"])
        if one["type"].text == "text_link" and one["url"].text
    ]
    if not links:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    for one in sorted(links, key=lambda link: -link["offset"].whole):
        end = 2 * max(0, one["offset"].whole + one["length"].whole)
        address = f" ({one['url'].text})".encode("utf-16-le", "surrogatepass")
        units = units[:end] + address + units[end:]
    return units.decode("utf-16-le", "replace")


def _things(message: Told) -> list[str]:
    """What a message says besides words and files."""
    said: list[str] = []
    if sticker := message["sticker"]:
        said.append(sticker["emoji"].text or "(a sticker)")
    place = message["venue"]["location"] or message["location"]
    if place:
        venue = message["venue"]
        named = ", ".join(one for one in (venue["title"].text, venue["address"].text) if one)
        at = f"{place['latitude'].number or 0:.6f},{place['longitude'].number or 0:.6f}"
        said.append(f"📍 {named + ': ' if named else ''}https://maps.google.com/?q={at}")
    if contact := message["contact"]:
        name = " ".join(
            one for one in (contact["first_name"].text, contact["last_name"].text) if one
        )
        said.append(f"Contact: {name}, {contact['phone_number'].name}")
    if dice := message["dice"]:
        said.append(f"{dice['emoji'].text} {dice['value'].name}")
    if poll := message["poll"]:
        options = ", ".join(one["text"].text for one in poll["options"])
        said.append(f"Poll: {poll['question'].text} ({options})")
    return said


def _files(message: Told) -> tuple[File, ...]:
    found: list[File] = []
    sizes = sorted(message["photo"], key=lambda one: one["width"].whole * one["height"].whole)
    if sizes and sizes[-1]["file_id"].name:
        found.append(_file(message, sizes[-1], "photo.jpg", "image/jpeg"))
    sticker = message["sticker"]
    if sticker["file_id"].name and not (sticker["is_animated"] or sticker["is_video"]):
        found.append(_file(message, sticker, "sticker.webp", "image/webp"))
    kinds = ("animation",) if message["animation"]["file_id"].name else _FILES
    for kind in kinds:
        one = message[kind]
        if one["file_id"].name:
            name = one["file_name"].text or _NAMES.get(kind, "file")
            found.append(_file(message, one, name, one["mime_type"].text))
    return tuple(found)


def _file(message: Told, one: Told, name: str, media_type: str) -> File:
    """Two pictures of an album may be the same file, so the message's number goes before its id."""
    return File(
        name=name[:200],
        media_type=media_type[:100],
        size=one["file_size"].whole or None,
        ref=f"{message['message_id'].name}/{one['file_id'].name}",
    )


def _context(message: Told) -> str:
    """What the bot was opened with: https://core.telegram.org/bots/features#deep-linking."""
    start, _, payload = message["text"].text.partition(" ")
    if start == "/start" and payload:
        return f"Came by a link: {payload[:200]}"
    origin = message["forward_origin"]
    if origin:
        name = origin["sender_user"]["first_name"].text or origin["sender_user_name"].text
        return f"Forwarded from {name or 'somebody else'}"
    return ""
