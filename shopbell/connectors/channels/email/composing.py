"""A delivery as a mail: threaded, in text and HTML, and marked where no person wrote it."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from markdown_it import MarkdownIt

from shopbell.connectors.channels.email.account import MailAccount
from shopbell.connectors.channels.email.replies import signed
from shopbell.connectors.channels.words import plain
from shopbell.desk.deliveries.types import Outgoing

MOST_REFERENCES = 20
LONGEST_SUBJECT = 200
_POLICY = SMTP.clone(max_line_length=200)
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
)
_ALREADY = re.compile(
    r"^\s*(?:re|aw|sv|antw|odp|vs|ynt|回复|答复|返信)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ID = re.compile(r"^<[^<>\s\x00-\x1f\x7f-\uffff]{1,400}>$")


def message_id_of(outgoing: Outgoing, account: MailAccount) -> str:
    """The mail's id: always the same for one delivery, so a repeat is no second mail."""
    return f"<{outgoing.id}@{account.address.rpartition('@')[2] or 'shopbell.invalid'}>"


async def composed(outgoing: Outgoing, account: MailAccount, to: str) -> EmailMessage:
    """The mail. Raises ValueError for an address that is none, and what reading its files raises."""
    mail = EmailMessage(policy=_POLICY)
    message, threading = outgoing.message, outgoing.threading
    mail["From"] = _address(outgoing.brand_name or outgoing.connection.name, account.address)
    mail["To"] = _address("", to)
    mail["Subject"] = _subject(outgoing)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message_id_of(outgoing, account)
    back = signed(account.address, outgoing.id, account.secret) if account.plus else ""
    if back:
        mail["Reply-To"] = _address(outgoing.brand_name, back)
    if threading is not None and _ID.match(threading.message_id):
        before = [one for one in threading.references if _ID.match(one)]
        mail["In-Reply-To"] = threading.message_id
        mail["References"] = " ".join([*before[-MOST_REFERENCES:], threading.message_id])
    if message.author.kind != "agent":
        mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(plain(message.text) or " ", cte="quoted-printable")
    mail.add_alternative(_page(message.text), subtype="html", cte="quoted-printable")
    for file in outgoing.files:
        kind, _, subkind = file.media_type.partition("/")
        if kind in ("message", "multipart") or not subkind:
            kind, subkind = "application", "octet-stream"
        mail.add_attachment(
            await file.read(), maintype=kind, subtype=subkind, filename=_CONTROL.sub(" ", file.name)
        )
    return mail


def _subject(outgoing: Outgoing) -> str:
    told = outgoing.threading.subject if outgoing.threading else ""
    told = " ".join(_CONTROL.sub(" ", told).split())[:LONGEST_SUBJECT]
    if not told:
        return f"Your message to {outgoing.brand_name or 'us'}"
    return told if _ALREADY.match(told) else f"Re: {told}"


def _address(name: str, address: str) -> Address:
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or _CONTROL.search(address) or " " in address:
        raise ValueError(f"{address!r} is no address")
    return Address(_CONTROL.sub(" ", name).strip(), local, domain)


def _page(text: str) -> str:
    body = _MARKDOWN.render(text)
    return f'<!DOCTYPE html><html><body style="font-family:sans-serif">{body}</body></html>\n'
