"""From a mail's bytes to facts: the message, and what it reports about messages of ours."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from shopbell.connectors.channels.email.authentic import Verdict, verdict
from shopbell.connectors.channels.email.headers import (
    Head,
    addresses,
    date,
    ids,
    line,
    message_id,
    raw_line,
)
from shopbell.connectors.channels.email.invitations import invitation_in, is_answer
from shopbell.connectors.channels.email.machines import Report, is_automatic, report_in
from shopbell.connectors.channels.email.pages import LONGEST as LONGEST_PAGE
from shopbell.connectors.channels.email.pages import safe, text
from shopbell.connectors.channels.email.parts import (
    Part,
    Piece,
    Taken,
    contents,
    html_of,
    taken_apart,
)
from shopbell.connectors.channels.email.quotes import reply_in, unmarked
from shopbell.connectors.channels.email.replies import Answered, answered
from shopbell.connectors.channels.email.winmail import files_in, words_in
from shopbell.desk.inbound.types import Fact, File, Mail, Sender

MOST_TEXT = 1_000_000
LONGEST_SUBJECT = 1_000
MOST_REFERENCES = 200
FORGED_REPLY = "Its reply address was altered: it may not answer what it seems to."
UNPROVEN = "The sender's domain does not stand behind this mail: anybody may have written it."
_RECEIVED_FOR = ("delivered-to", "x-original-to", "envelope-to", "x-delivered-to", "x-envelope-to")
_RECEIPTS = {"failed": "failed", "delivered": "delivered", "read": "read"}


class House(Struct, frozen=True, kw_only=True):
    """What a mail is read against: the receiving host that is trusted, and our replies' secret."""

    host: str = ""
    secret: str = ""


def facts_of(body: bytes, house: House) -> list[Fact]:
    """Every fact in a mail: the message first, then what it reports, then what was not read."""
    root, capped = taken_apart(body)
    report = report_in(root)
    taken = contents(root)
    found = [_message(root, taken, report, house, body)]
    if report is not None:
        found += _told(root, report, found[0])
    left_out = capped or taken.capped
    if left_out:
        found.append(Fact(kind="other", words=left_out))
    return found


def delivery_named(name: str) -> str:
    """The delivery whose mail is called so; empty for names that are not ours."""
    try:
        return str(UUID(name.strip("<>").partition("@")[0]))
    except ValueError:
        return ""


def _message(root: Part, taken: Taken, report: Report | None, house: House, body: bytes) -> Fact:
    head = root.head
    sender = _sender(head)
    found = verdict(head, sender[1], house.host)
    replied = _answered(head, house)
    named = message_id(head)
    pieces = taken.pieces or _packed(taken.files)
    words, reply = _words(pieces)
    wordless = not words
    if wordless:
        words = reply = invitation_in(root)
    page = html_of(pieces)
    answers = ids(raw_line(head, "in-reply-to"))
    return Fact(
        kind="message",
        external_id=named or f"sha256:{hashlib.sha256(body).hexdigest()}",
        sender=Sender(kind="email", value=sender[1], name=_name(sender[0]), verified=found.proven),
        at=_at(head),
        text=words,
        html=safe(page) if page and len(page) <= LONGEST_PAGE else None,
        attachments=_files(taken.files),
        reply_to=answers[0] if answers else "",
        key=replied.delivery,
        mail=Mail(
            to=_bare(addresses(head, "to")),
            cc=_bare(addresses(head, "cc")),
            subject=line(head, "subject")[:LONGEST_SUBJECT],
            reply_text=reply,
            message_id=named,
            in_reply_to=answers[0] if answers else "",
            references=_references(head, answers[1:]),
            auto_submitted=is_automatic(head)
            or report is not None
            or (wordless and is_answer(root)),
            bounce=report is not None and report.bounce,
            matched_by="reply address" if replied.delivery else "",
            authentication=found.shown,
            warning=_warning(found, replied),
        ),
    )


def _told(root: Part, report: Report, message: Fact) -> list[Fact]:
    state = _RECEIPTS.get(report.kind)
    if state is None:
        return []
    if not report.about:
        return [Fact(kind="other", words=f"a report of {report.kind} that names no mail")]
    return [
        Fact(
            kind="receipt",
            external_id=one.about,
            key=delivery_named(one.about),
            sender=Sender(kind="email", value=one.recipient) if one.recipient else None,
            at=message.at,
            state=state,
            code=one.code,
            words=one.words,
        )
        for one in (report, *report.also)
    ]


def _words(pieces: list[Piece]) -> tuple[str, str]:
    """The whole text, and what of it is new."""
    told: list[str] = []
    for piece in pieces:
        plain = piece.plain
        told.append(plain if plain is not None else text(piece.html or ""))
    whole = "\n\n".join(one.strip("\n") for one in told if one.strip())[:MOST_TEXT]
    return unmarked(whole).strip(), reply_in(whole)


def _sender(head: Head) -> tuple[str, str]:
    for name in ("from", "reply-to", "sender", "return-path", "x-envelope-from"):
        found = addresses(head, name)
        if found:
            return found[0]
    return line(head, "from"), ""


def _name(shown: str) -> str:
    """What somebody calls themselves; nothing where that is an address, which would pass for theirs."""
    return "" if "@" in shown or "＠" in shown else shown[:200]


def _answered(head: Head, house: House) -> Answered:
    to = (one for _, one in addresses(head, "to", *_RECEIVED_FOR, "cc"))
    return answered(to, house.secret)


def _references(head: Head, also: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the References, and before them those that In-Reply-To names besides its first
    (RFC 5322, 3.6.4)."""
    named = ids(raw_line(head, "references"))
    return (*(one for one in also if one not in named), *named)[-MOST_REFERENCES:]


def _warning(found: Verdict, replied: Answered) -> str:
    if found.failed:
        return UNPROVEN
    return FORGED_REPLY if replied.forged else ""


def _at(head: Head) -> datetime | None:
    told = date(raw_line(head, "date"))
    if told is None or told.year < 1980:
        for raw in (head.get_all("received") or [])[:3]:
            received = date(str(raw).rpartition(";")[2])
            if received is not None:
                return received
    return told.astimezone(UTC) if told else None


def _files(files: list[File]) -> tuple[File, ...]:
    found: list[File] = []
    for one in files:
        found.append(one)
        if _is_packed(one):
            found += files_in(one.data or b"")
    return tuple(found)


def _packed(files: list[File]) -> list[Piece]:
    """What Outlook says in its own packing, of a mail that says it nowhere else."""
    found: list[Piece] = []
    for plain, page in (words_in(one.data or b"") for one in files if _is_packed(one)):
        if plain or page:
            found.append(Piece(plain or None, page or None))
    return found


def _is_packed(file: File) -> bool:
    return file.media_type == "application/ms-tnef" or file.name.lower() == "winmail.dat"


def _bare(found: list[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for _, one in found))
