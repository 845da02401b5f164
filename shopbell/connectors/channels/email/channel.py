"""E-mail: read over IMAP or forwarded by a provider, sent by SMTP.

A provider forwards each mail as it is: the raw mail as the body, or in a form's or JSON's field
(`email`, `body-mime`, `RawEmail`). It proves itself by the connection's secret: as `?key=` in the
address, as the password of basic authentication, or in `X-Shopbell-Key`.
"""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Sequence
from email import message_from_bytes
from typing import Any, ClassVar, cast
from urllib.parse import parse_qs

import httpx
import msgspec

from shopbell.connectors.channels.email import mailbox, sending
from shopbell.connectors.channels.email.account import FORM, Tokens, opened
from shopbell.connectors.channels.email.composing import composed, message_id_of, recipients_of
from shopbell.connectors.channels.email.reading import House, facts_of
from shopbell.connectors.channels.email.signing import PROBE, Unsignable, stamped
from shopbell.connectors.channels.types import Account, Checked, Field, Hear, Lost, Reply
from shopbell.desk.connections.types import Capability
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, Raw, Unverified

_FIELDS = ("email", "body-mime", "RawEmail", "raw", "message", "mime")
"""Under which names providers post the raw mail: SendGrid, Mailgun, Postmark, and others."""


class EmailChannel:
    """One mailbox or address for each connection; tokens are shared by what reads and sends."""

    capability: ClassVar = Capability(
        channel="email",
        label="E-mail",
        max_text=20_000,
        formatting="markdown",
        media_types=("*/*",),
        max_file=20_000_000,
        sender="email",
        copies=True,
    )
    form: ClassVar[Sequence[Field]] = FORM
    most_bytes: ClassVar[int] = 30_000_000

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._tokens = Tokens(client)

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        account = opened(outgoing.connection, outgoing.credentials)
        to = outgoing.to.place if outgoing.to else outgoing.recipient
        if not account.smtp_host or not account.address:
            words = (
                "The connection has no SMTP server or address: enter them in Settings, Channels."
            )
            return Refused(words=words, permanent=True)
        try:
            mail = await composed(outgoing, account, to)
            whole = await asyncio.to_thread(stamped, bytes(mail), account)
        except Unsignable as wrong:
            return Refused(words=str(wrong), health="reconnect")
        except (ValueError, UnicodeError):
            words = f"{to or 'Nothing'} is no address that mail can go to: ask the customer for another."
            return Refused(words=words, permanent=True)
        try:
            async with sending.signed_in(account, self._tokens) as client:
                name = message_id_of(outgoing, account)
                return await sending.hand_over(
                    client, account, recipients_of(outgoing, to), whole, name
                )
        except sending.Unable as unable:
            return unable.refused

    async def listen(self, account: Account, cursor: dict[str, Any], hear: Hear) -> None:
        mail = opened(account.connection, account.credentials)
        await mailbox.hear_mailbox(mail, self._tokens, account.connection.id, cursor, hear)

    async def check(self, account: Account) -> Checked:
        """Sign in at both servers, as reading and sending do."""
        mail = opened(account.connection, account.credentials)
        try:
            stamped(PROBE, mail)
            if mail.imap_host:
                async with mailbox.signed_in(mail, self._tokens) as box:
                    await box.call("select_folder", mailbox.FOLDER, True)
            async with sending.signed_in(mail, self._tokens):
                pass
        except Unsignable as wrong:
            return Checked(health="reconnect", words=str(wrong))
        except Lost as lost:
            return Checked(health=lost.health, words=lost.words)
        except sending.Unable as unable:
            refused = unable.refused
            return Checked(health=refused.health or "degraded", words=refused.words)
        except (OSError, mailbox.IMAPClientError):
            words = "The mailbox cannot be reached: check the server's name and port."
            return Checked(health="degraded", words=words)
        return Checked(health="ok", account=mail.address, name=mail.address)

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """Providers look with GET or HEAD whether the address is there."""
        return Reply(body=b"Shopbell takes mail here.") if raw.method in ("GET", "HEAD") else None

    def verify(self, account: Account, raw: Raw) -> None:
        secret = opened(account.connection, account.credentials).secret
        shown = (raw.query.get("key"), raw.headers.get("x-shopbell-key"), _password(raw))
        found = [one for one in shown if one]
        if not secret or not any(_same(one, secret) for one in found):
            raise Unverified("no key, or not this connection's")

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        mail = opened(account.connection, account.credentials)
        body = _mail_in(raw)
        if not body.strip():
            return [Fact(kind="other", words="an empty mail")]
        return facts_of(body, House(host=mail.receiving_host, secret=mail.secret))


def _same(shown: str, secret: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), secret.encode())


def _password(raw: Raw) -> str:
    kind, _, told = raw.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return told.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(told, validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _mail_in(raw: Raw) -> bytes:
    """The mail itself, out of what a provider wraps it in."""
    kind = raw.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _in_form(raw) or raw.body
    if kind == "application/x-www-form-urlencoded":
        told = parse_qs(raw.body.decode("latin-1"), encoding="latin-1")
        found = next((told[one][0] for one in _FIELDS if one in told), "")
        return found.encode("latin-1", "replace") or raw.body
    if kind == "application/json":
        return _in_json(raw.body) or raw.body
    return raw.body


def _in_form(raw: Raw) -> bytes:
    head = f"Content-Type: {raw.headers['content-type']}\r\n\r\n".encode("latin-1", "replace")
    form = message_from_bytes(head + raw.body)
    for part in form.walk():
        name = part.get_param("name", header="content-disposition")
        if name in _FIELDS and not part.is_multipart():
            held = part.get_payload(decode=True)
            return held if isinstance(held, bytes) else b""
    return b""


def _in_json(body: bytes) -> bytes:
    try:
        told: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return b""
    if not isinstance(told, dict):
        return b""
    given = cast("dict[str, Any]", told)
    found = next((given[one] for one in _FIELDS if one in given), "")
    return found.encode("utf-8", "replace") if isinstance(found, str) else b""
