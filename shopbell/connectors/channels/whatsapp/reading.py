"""What is in a WhatsApp webhook.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference has a
page for each kind that is read here. Since 2026 people may hide their number: then
`from_user_id`, a name that only this business sees, stands for them.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from shopbell.connectors.channels.meta.errors import UNNAMED, words_of
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
from shopbell.connectors.channels.whatsapp.accounts import ACCOUNT_FIELDS
from shopbell.desk.inbound.types import Fact, FactKind, File, Sender

KIND = "whatsapp"
MEDIA: Mapping[str, str] = {
    "image": "picture",
    "video": "video",
    "audio": "sound",
    "voice": "voice message",
    "document": "document",
    "sticker": "sticker",
}
"""Kinds of messages that are a file, and what it is called when it has no name."""
STATES: Mapping[str, str] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
UNSUPPORTED = "(A message that WhatsApp does not hand on: look at it in the app, or ask for words.)"


def facts_in(body: bytes) -> list[Fact]:
    """Every fact in a payload, in its order."""
    told = decoded(body)
    if told is None:
        return [_other("no JSON object")]
    changes = [
        one for entry in objects_in(told.get("entry")) for one in objects_in(entry.get("changes"))
    ]
    if told.get("object") != "whatsapp_business_account" or not changes:
        return [_other("not a WhatsApp webhook with changes in it")]
    return [fact for change in changes for fact in _change(change)]


def sender_of(phone: object, user_id: object, name: str = "") -> Sender | None:
    """Who that is: by their number, which WhatsApp vouches for, else by their name for us."""
    digits = name_in(phone).removeprefix("+")
    if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20:
        return Sender(kind="phone", value=f"+{digits}", name=name)
    hidden = name_in(user_id) or digits
    return Sender(kind=KIND, value=hidden, name=name) if hidden else None


def _change(change: Object) -> Iterator[Fact]:
    field, value = name_in(change.get("field")), object_in(change.get("value"))
    reader = _READERS.get(field) or ACCOUNT_FIELDS.get(field)
    if reader is None:
        yield _other(f"{field or 'a change without a field'} is not read")
        return
    yield from reader(value)


def _messages(value: Object) -> Iterator[Fact]:
    names = {
        name_in(one.get(key)): name_in(object_in(one.get("profile")).get("name"))
        for one in objects_in(value.get("contacts"))
        for key in ("wa_id", "user_id")
    }
    account = _account(value)
    for one in objects_in(value.get("messages")):
        by = (one.get("from"), one.get("from_user_id"))
        name = next((names[key] for key in map(name_in, by) if names.get(key)), "")
        yield _message(one, "message", sender_of(*by, name), account)
    for one in objects_in(value.get("statuses")):
        yield _status(one, account)
    for one in objects_in(value.get("errors")):
        yield _other(f"WhatsApp reports: {words_of(_code(one), name_in(one.get('title')))}")


def _echoes(value: Object) -> Iterator[Fact]:
    """What was sent by the WhatsApp Business app, which a number may go on using beside us: by people,
    or by the app itself, which has greetings and away messages too."""
    for one in objects_in(value.get("message_echoes")):
        yield _message(
            one, "echo", sender_of(one.get("to"), one.get("to_user_id")), _account(value)
        )


def _preferences(value: Object) -> Iterator[Fact]:
    """Advertising was stopped or allowed again; answers are not concerned."""
    for one in objects_in(value.get("user_preferences")):
        sender = sender_of(one.get("wa_id"), one.get("user_id"))
        state = {"stop": "out", "resume": "in"}.get(name_in(one.get("value")))
        if sender is None or state is None:
            yield _other("a preference of nobody")
            continue
        yield Fact(
            kind="opt_out",
            sender=sender,
            place=_place(sender),
            at=time_in(one.get("timestamp")),
            state=state,
            code="marketing",
            account=_account(value),
        )


def _message(one: Object, kind: FactKind, sender: Sender | None, account: str) -> Fact:
    type_, at = name_in(one.get("type")), time_in(one.get("timestamp"))
    name = name_in(one.get("id"))
    if sender is None or not name:
        return _other("a message without its sender or id")
    if one.get("group_id"):
        return _other("a message in a group, which is not answered")
    part = one if type_ == "contacts" else object_in(one.get(type_))
    if type_ in ("edit", "revoke", "reaction"):
        return _about(type_, part, sender, at, account)
    read = _CONTENTS.get(type_)
    if read is None:
        return _other(f"a message of kind {type_ or 'nothing'} is not read")
    text, files = read(type_, part)
    context = object_in(one.get("context"))
    return Fact(
        kind=kind,
        external_id=name,
        sender=sender,
        place=_place(sender),
        at=at,
        text=text or ("" if kind == "message" and files else f"({MEDIA.get(type_, type_)})"),
        attachments=files if kind == "message" else (),
        reply_to=name_in(context.get("id")),
        account=account,
        context=_context(one, context),
        automatic="perhaps" if kind == "echo" else "",
    )


def _about(type_: str, part: Object, sender: Sender, at: datetime | None, account: str) -> Fact:
    """What a message does to an earlier one."""
    target = name_in(part.get("message_id" if type_ == "reaction" else "original_message_id"))
    if not target:
        return _other(f"a {type_} of nothing")
    kind: FactKind = "reaction"
    text = ""
    if type_ == "revoke":
        kind = "deletion"
    elif type_ == "edit":
        kind, new = "edit", object_in(part.get("message"))
        of_type = name_in(new.get("type"))
        read = _CONTENTS.get(of_type)
        if read is None:
            return _other(f"an edit into {of_type or 'nothing'} is not read")
        text, _ = read(of_type, object_in(new.get(of_type)))
    return Fact(
        kind=kind,
        external_id=target,
        sender=sender,
        at=at,
        text=text,
        state=text_in(part.get("emoji")) if kind == "reaction" else "",
        account=account,
    )


def _status(one: Object, account: str) -> Fact:
    state, name = STATES.get(name_in(one.get("status"))), name_in(one.get("id"))
    if state is None or not name:
        return _other(f"a status {name_in(one.get('status'))} is not read")
    errors = objects_in(one.get("errors"))
    error = errors[0] if errors else Object()
    failed = state == "failed"
    return Fact(
        kind="receipt",
        external_id=name,
        key=name_in(one.get("biz_opaque_callback_data")),
        sender=sender_of(one.get("recipient_id"), one.get("recipient_user_id")),
        at=time_in(one.get("timestamp")),
        state=state,
        code=str(_code(error)) if failed else "",
        words=words_of(_code(error), name_in(error.get("title"))) if failed else "",
        account=account,
    )


def _context(one: Object, context: Object) -> str:
    """What led the customer here: an ad, a product, another's message."""
    ad, product = object_in(one.get("referral")), object_in(context.get("referred_product"))
    parts: list[str] = []
    if ad:
        words = [name_in(ad.get(key)) for key in ("headline", "body", "source_url")]
        kind = name_in(ad.get("source_type")) or "link"
        parts.append(f"Came from a WhatsApp {kind}: " + " · ".join(filter(None, words)))
    if product:
        parts.append(f"About the product {name_in(product.get('product_retailer_id'))}")
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        parts.append("Forwarded")
    return "\n".join(parts)


Content = tuple[str, tuple[File, ...]]


def _words(_: str, part: Object) -> Content:
    return text_in(part.get("body")), ()


def _media(type_: str, part: Object) -> Content:
    name = name_in(part.get("filename")) or MEDIA[type_]
    file = File(name=name, media_type=name_in(part.get("mime_type")), ref=name_in(part.get("id")))
    return text_in(part.get("caption")), (file,) if file.ref else ()


def _location(_: str, part: Object) -> Content:
    latitude, longitude = number_in(part.get("latitude")), number_in(part.get("longitude"))
    named = [name_in(part.get(key)) for key in ("name", "address")]
    link = f"https://maps.google.com/?q={latitude},{longitude}"
    known = latitude is not None and longitude is not None
    return "\n".join(filter(None, ["Location:", *named, link if known else ""])), ()


def _contacts(_: str, part: Object) -> Content:
    lines: list[str] = []
    for one in objects_in(part.get("contacts")):
        name = name_in(object_in(one.get("name")).get("formatted_name"))
        phones = [name_in(phone.get("phone")) for phone in objects_in(one.get("phones"))]
        mails = [name_in(mail.get("email")) for mail in objects_in(one.get("emails"))]
        lines.append("Contact: " + ", ".join(filter(None, [name, *phones, *mails])))
    return "\n".join(lines), ()


def _button(_: str, part: Object) -> Content:
    return text_in(part.get("text")) or text_in(part.get("payload")), ()


def _interactive(_: str, part: Object) -> Content:
    chosen = object_in(part.get(name_in(part.get("type"))))
    words = [text_in(chosen.get(key)) for key in ("title", "description", "body")]
    form = text_in(chosen.get("response_json"))
    return "\n".join(filter(None, [*words, form])), ()


def _order(_: str, part: Object) -> Content:
    lines = ["Order:"]
    for one in objects_in(part.get("product_items")):
        price = number_in(one.get("item_price"))
        cost = f" at {price:g} {name_in(one.get('currency'))}" if price is not None else ""
        amount = name_in(one.get("quantity")) or "1"
        lines.append(f"{amount} × {name_in(one.get('product_retailer_id'))}{cost}")
    said = text_in(part.get("text"))
    return "\n".join([*lines, *([said] if said else [])]), ()


def _unsupported(_: str, part: Object) -> Content:
    return UNSUPPORTED, ()


def _account(value: Object) -> str:
    return name_in(object_in(value.get("metadata")).get("phone_number_id"))


def _place(sender: Sender) -> str:
    """As the API takes it: a number without its plus, or the name that hides one."""
    return sender.value.removeprefix("+")


def _code(error: Object) -> int:
    code = number_in(error.get("code"))
    return int(code) if code is not None else UNNAMED


def _other(words: str) -> Fact:
    return Fact(kind="other", words=words)


def _kept_apart(what: str) -> Callable[[Object], Iterator[Fact]]:
    def read(_: Object) -> Iterator[Fact]:
        yield _other(what)

    return read


_CONTENTS: Mapping[str, Callable[[str, Object], Content]] = {
    "text": _words,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "unsupported": _unsupported,
    **dict.fromkeys(MEDIA, _media),
}
_READERS: Mapping[str, Callable[[Object], Iterator[Fact]]] = {
    "messages": _messages,
    "smb_message_echoes": _echoes,
    "user_preferences": _preferences,
    "history": _kept_apart("what was said before the number was connected is not taken in"),
    "smb_app_state_sync": _kept_apart("the address book of the app is not taken in"),
}
