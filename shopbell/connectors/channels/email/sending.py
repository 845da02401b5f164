"""Handing a mail to the shop's SMTP server, and what its answers mean (RFC 5321, RFC 3463).

SMTP knows no idempotency key: when the connection breaks after the whole mail was given and before
it was answered, nobody can say whether it was taken. Such a mail becomes uncertain. A repeat, made
on purpose, has the same Message-ID, by which many mailboxes show it once.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import aiosmtplib
import msgspec
from aiosmtplib import SMTP

from shopbell.connectors.channels.email.account import (
    LOOPBACK,
    MailAccount,
    NoToken,
    Tokens,
    trust,
    untrusted,
)
from shopbell.desk.deliveries.types import Refused, Sent, Unknown

TIMEOUT = 30.0
DATA_TIMEOUT = 120.0
_FULL = ("5.2.2", "4.2.2")


class Unable(Exception):
    """The server could not be reached or does not let us in."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.words)
        self.refused = refused


@asynccontextmanager
async def signed_in(account: MailAccount, tokens: Tokens) -> AsyncGenerator[SMTP]:
    """A connection to the account's SMTP server. Raises Unable."""
    local = account.smtp_host in LOOPBACK
    client = SMTP(
        hostname=account.smtp_host,
        port=account.smtp_port,
        use_tls=account.smtp_direct,
        start_tls=False,
        tls_context=trust(account.smtp_host),
        timeout=TIMEOUT,
        local_hostname="shopbell",
    )
    try:
        try:
            await client.connect()
            await client.ehlo()
            if not account.smtp_direct:
                await _start_tls(client, account.smtp_host, wanted=not local)
            await _log_in(client, account, tokens)
        except aiosmtplib.SMTPException as wrong:
            words = untrusted(account.smtp_host, wrong)
            raise Unable(Refused(words=words) if words else _unable(wrong)) from wrong
        except NoToken as none:
            raise Unable(
                Refused(words=none.words, health="reconnect" if none.final else None)
            ) from none
        except (OSError, ValueError) as away:
            words = untrusted(account.smtp_host, away)
            raise Unable(Refused(words=words) if words else _away()) from away
        yield client
    finally:
        client.close()


async def hand_over(
    client: SMTP, account: MailAccount, to: Sequence[str], mail: bytes, name: str
) -> Sent | Refused | Unknown:
    """Give the mail for all of its recipients, or for none; `name` is its Message-ID. The first is the
    customer, the others get copies: one that is refused is named."""
    at = to[0]
    try:
        await client.mail(account.address)
        for at in to:
            await client.rcpt(at)
    except aiosmtplib.SMTPResponseException as refused:
        found = _refused(refused.code, refused.message)
        if at == to[0] or not found.permanent:
            return found
        words = (
            f"Nothing was sent, since the copy to {at} was refused: send it without. {found.words}"
        )
        return msgspec.structs.replace(found, words=words)
    except (aiosmtplib.SMTPException, OSError):
        return _away()
    try:
        async with asyncio.timeout(DATA_TIMEOUT):
            await client.data(mail, timeout=DATA_TIMEOUT)
    except aiosmtplib.SMTPDataError as refused:
        return _refused(refused.code, refused.message)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        return Unknown(words="The mail server broke off before it confirmed: it may have arrived.")
    return Sent(external_id=name)


async def _start_tls(client: SMTP, host: str, *, wanted: bool) -> None:
    """What the server said it can before TLS is forgotten, so it is asked anew (RFC 3207, 4.2)."""
    if client.supports_extension("starttls"):
        await client.starttls()
        await client.ehlo()
    elif wanted:
        words = f"{host} offers no TLS: nothing was shown to it. Check its name and port."
        raise Unable(Refused(words=words))


async def _log_in(client: SMTP, account: MailAccount, tokens: Tokens) -> None:
    if account.by_token:
        try:
            await client.auth_xoauth2(account.user, await tokens.of(account))
        except aiosmtplib.SMTPAuthenticationError:
            if not account.refresh_token:
                raise
            await client.auth_xoauth2(account.user, await tokens.of(account, fresh=True))
    elif account.password and client.supports_extension("auth"):
        await client.login(account.user, account.password)


def _unable(wrong: aiosmtplib.SMTPException) -> Refused:
    if isinstance(wrong, aiosmtplib.SMTPAuthenticationError) and wrong.code >= 500:
        return Refused(
            words="The mail server does not take our sign-in: enter the password anew, or connect"
            " the account again.",
            health="reconnect",
            code=str(wrong.code),
        )
    if isinstance(wrong, aiosmtplib.SMTPResponseException) and wrong.code >= 500:
        return Refused(
            words=f"The mail server does not let us in ({wrong.code}): check its name and port.",
            health="reconnect",
            code=str(wrong.code),
        )
    return _away()


def _away() -> Refused:
    return Refused(words="The mail server cannot be reached; this is tried again.")


def _refused(code: int, message: str) -> Refused:
    """What the server's no means: 4xx passes, 5xx does not."""
    first = message.split()[0] if message.split() else ""
    said = f"{code} {message}".strip()[:160]
    if 400 <= code < 500:
        if first in _FULL:
            return Refused(words="Their mailbox is full; this is tried again.", code=said)
        return Refused(words="The mail server asks to wait; this is tried again.", code=said)
    if code == 530 or first.startswith("5.7.0"):
        words = "The mail server wants us to sign in: enter user name and password in Settings."
        return Refused(words=words, health="reconnect", code=said)
    if first.startswith("5.1") or (code in (550, 551, 553) and not first.startswith("5.7")):
        words = "There is no such mailbox: check the customer's address, or use another way."
    elif first in _FULL or (code == 552 and not first.startswith("5.3")):
        words = "Their mailbox is full: use another way, or try again later."
    elif first.startswith("5.3.4") or code == 552:
        words = "The mail is too big for them: send the files as links."
    elif first.startswith("5.7"):
        words = "Their server does not take mail from ours: have SPF, DKIM and DMARC checked."
    else:
        words = f"The mail server refused the mail ({said}). Use another way, or ask its operator."
    return Refused(words=words, permanent=True, code=said)
