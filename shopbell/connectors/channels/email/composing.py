"""A delivery as a mail: threaded, in text and HTML, and marked where no person wrote it."""

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from markdown_it import MarkdownIt

from shopbell.connectors.channels.email.account import MailAccount
from shopbell.connectors.channels.email.replies import signed
from shopbell.connectors.channels.words import plain
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile

MOST_REFERENCES = 20
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
LARGEST_SHOWN = 5_000_000
"""Bytes of a picture that is shown within the mail; a larger one is attached."""
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


def recipients_of(outgoing: Outgoing, to: str) -> list[str]:
    """Whom the mail goes to: the customer first, then those who get a copy, seen or not."""
    head = outgoing.message.mail
    copies = (*head.cc, *head.bcc) if head is not None else ()
    return [to, *(one for one in copies if one != to)]


async def composed(outgoing: Outgoing, account: MailAccount, to: str) -> EmailMessage:
    """The mail. Raises ValueError for an address that is none, and what reading its files raises."""
    mail = EmailMessage(policy=_POLICY)
    message, threading = outgoing.message, outgoing.threading
    mail["From"] = _address(outgoing.brand_name or outgoing.connection.name, account.address)
    mail["To"] = _address("", to)
    if message.mail is not None and message.mail.cc:
        mail["Cc"] = [_address("", one) for one in message.mail.cc]
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
    shown = {f"{number}.{outgoing.id}": one for number, one in enumerate(_shown(outgoing.files))}
    mail.set_content(plain(message.text) or " ", cte="quoted-printable")
    page = _page(message.text, {name: one.name for name, one in shown.items()})
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    html = mail.get_body(("html",))
    assert html is not None, "it was added just now"
    for name, picture in shown.items():
        kind, subkind, called = _kind(picture)
        html.add_related(
            await picture.read(),
            maintype=kind,
            subtype=subkind,
            filename=called,
            cid=f"<{name}>",
            disposition="inline",
        )
    for file in outgoing.files:
        if file not in shown.values():
            kind, subkind, called = _kind(file)
            body = await file.read()
            mail.add_attachment(body, maintype=kind, subtype=subkind, filename=called)
    return mail


def _shown(files: tuple[OutgoingFile, ...]) -> list[OutgoingFile]:
    """The pictures that stand below the words, as RFC 2387 has them come along."""
    return [one for one in files if one.media_type in PICTURES and one.size <= LARGEST_SHOWN]


def _kind(file: OutgoingFile) -> tuple[str, str, str]:
    kind, _, subkind = file.media_type.partition("/")
    if kind in ("message", "multipart") or not subkind:
        kind, subkind = "application", "octet-stream"
    return kind, subkind, _CONTROL.sub(" ", file.name)


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


def _page(text: str, pictures: Mapping[str, str]) -> str:
    """The words, and below them the pictures, each by its content id with its name."""
    body = _MARKDOWN.render(text)
    for name, called in pictures.items():
        words = escape(_CONTROL.sub(" ", called))
        body += f'<p><img src="cid:{name}" alt="{words}" style="max-width:100%"></p>\n'
    return f'<!DOCTYPE html><html><body style="font-family:sans-serif">{body}</body></html>\n'
