"""What Twilio posts, as facts: https://www.twilio.com/docs/messaging/guides/webhook-request for what
comes in, https://www.twilio.com/docs/messaging/guides/track-outbound-message-status for how far ours came.
"""

import mimetypes
import re
from collections.abc import Mapping

from shopbell.connectors.channels.sms.errors import WORDS, words_for
from shopbell.desk.inbound.types import Fact, File, Sender

MOST_MEDIA = 10
OUT = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
IN = frozenset({"start", "unstop"})
"""A message that is one of these words and no other, whatever its case. Twilio listens to these English
ones by itself; words of other languages are set up as Advanced Opt-Out, and then Twilio says what a
message is (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""
YES = "yes"
"""Takes a STOP back too, and is an answer to a question as well."""
_STATES = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_PHONE = re.compile(r"\+[1-9]\d{4,14}")


def facts_of(form: Mapping[str, str], key: str, account: str) -> list[Fact]:
    """The facts of one post; `key` is our delivery's id from the address, `account` what this
    connection is called at Twilio."""
    name = form.get("MessageSid") or form.get("SmsSid") or ""
    who, own = form.get("From", ""), form.get("To", "")
    if not name:
        return [Fact(kind="other", words="a post without MessageSid")]
    status = form.get("MessageStatus") or form.get("SmsStatus", "")
    if status and status != "received" and "NumMedia" not in form:
        return _receipt(form, name, status, key, _account(form, who, account))
    if not who or who.startswith(("whatsapp:", "rcs:", "messenger:")):
        return [Fact(kind="other", words=f"no text message: it comes from {who[:60] or 'nobody'}")]
    told = _account(form, own, account)
    sender = Sender(kind="phone" if _PHONE.fullmatch(who) else "sms", value=who[:200])
    wish = _wish(form)
    if wish:
        return [Fact(kind="opt_out", sender=sender, state=wish, place=who[:200], account=told)]
    back = Fact(kind="opt_out", sender=sender, state="in", place=who[:200], account=told)
    return [
        *([back] if _word(form) == YES else []),
        Fact(
            kind="message",
            external_id=name[:200],
            sender=sender,
            text=form.get("Body", "").replace("\x00", ""),
            attachments=_files(form),
            place=who[:200],
            account=told,
        ),
    ]


def _wish(form: Mapping[str, str]) -> str:
    """`out` or `in`, where they ask for silence or take it back.

    With Advanced Opt-Out Twilio says so itself (OptOutType), whatever the language:
    https://help.twilio.com/articles/31560110671259.
    """
    told = form.get("OptOutType", "").upper()
    if told in ("STOP", "START"):
        return "out" if told == "STOP" else "in"
    word = _word(form)
    return "out" if word in OUT else "in" if word in IN else ""


def _word(form: Mapping[str, str]) -> str:
    return form.get("Body", "").strip().strip(".!").lower()


def _receipt(form: Mapping[str, str], name: str, status: str, key: str, account: str) -> list[Fact]:
    state = _STATES.get(status.lower())
    if state is None:
        return [Fact(kind="other", words=f"a message is said to be {status[:60]}")]
    code = form.get("ErrorCode", "")
    return [
        Fact(
            kind="receipt",
            external_id=name[:200],
            state=state,
            key=key[:100],
            account=account,
            code=code[:20],
            words=words_for(code) if state == "failed" else WORDS.get(code, ""),
        )
    ]


def _account(form: Mapping[str, str], own: str, account: str) -> str:
    """What the post names of what the connection is called: its service, its account or its number."""
    if account.startswith("MG"):
        return form.get("MessagingServiceSid") or account
    if account.startswith("AC"):
        return form.get("AccountSid") or account
    return own if _PHONE.fullmatch(own) else ""


def _files(form: Mapping[str, str]) -> tuple[File, ...]:
    number = form.get("NumMedia", "0")
    count = min(int(number), MOST_MEDIA) if number.isascii() and number.isdigit() else 0
    found: list[File] = []
    for at in range(count):
        url, kind = form.get(f"MediaUrl{at}", ""), form.get(f"MediaContentType{at}", "")
        if url:
            ending = mimetypes.guess_extension(kind) or ""
            found.append(File(name=f"file-{at + 1}{ending}", media_type=kind[:100], ref=url[:2000]))
    return tuple(found)
