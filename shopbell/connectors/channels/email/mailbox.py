"""Hearing a mailbox by IMAP: all that is new since the cursor, then IDLE (RFC 2177) until more comes.

The mailbox is only looked at (EXAMINE), so nothing in it changes. The cursor is the last UID with
its UIDVALIDITY (RFC 9051, 2.3.1.1). Where the mailbox gave out new UIDs, or nobody has listened
yet, mail since a day before is gone through again: what came before is known by its bytes.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from shopbell.connectors.channels.email.account import (
    LOOPBACK,
    MailAccount,
    NoToken,
    Tokens,
    trust,
    untrusted,
)
from shopbell.connectors.channels.types import Hear, Lost
from shopbell.desk.inbound.types import MOST_BYTES, Raw

FOLDER = "INBOX"
IDLE_AGAIN = 9 * 60.0
"""Seconds: below the 29 minutes of RFC 2177, and below what most firewalls forget."""
LOOK_EVERY = 30.0
"""Seconds between looks where the server knows no IDLE."""
CONNECT_S, READ_S = 15.0, 60.0
OVERLAP = timedelta(days=1)
SIGN_IN = "The mail server does not take our sign-in: enter the password anew, or connect again."


class Mailbox:
    """One signed-in connection. Its library blocks, so it works in a thread of its own."""

    def __init__(self, client: Any, thread: ThreadPoolExecutor) -> None:
        self._client = client
        self._thread = thread

    async def call(self, what: str, *args: Any) -> Any:
        """One command, answered."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, getattr(self._client, what), *args)

    async def wait(self) -> None:
        """Until the mailbox says that something is new, or it is time to look."""
        if not self._client.has_capability("IDLE"):
            await asyncio.sleep(LOOK_EVERY)
            await self.call("noop")
            return
        await self.call("idle")
        until = time.monotonic() + IDLE_AGAIN
        while time.monotonic() < until:
            told = await self.call("idle_check", 0)
            if any(isinstance(one, tuple) and b"EXISTS" in one[1:2] for one in told):
                break
            if any(one[:1] == (b"BYE",) for one in told):
                raise OSError("the server said goodbye")
            await self._readable(until - time.monotonic())
        await self.call("idle_done")

    async def _readable(self, seconds: float) -> None:
        loop, socket = asyncio.get_running_loop(), self._client.socket()
        ready = asyncio.Event()
        loop.add_reader(socket.fileno(), ready.set)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(seconds, 0.01)):
                    await ready.wait()
        finally:
            loop.remove_reader(socket.fileno())


async def hear_mailbox(
    account: MailAccount, tokens: Tokens, since: UUID, cursor: dict[str, Any], hear: Hear
) -> None:
    """Hear until cancelled. `since` is the connection's id, which tells when it was made.
    Raises Lost."""
    if not account.imap_host:
        await asyncio.Event().wait()
    try:
        async with signed_in(account, tokens) as box:
            while True:
                await _catch_up(box, since, cursor, hear)
                await box.wait()
    except (OSError, IMAPClientError) as broken:
        words = f"The mailbox broke off ({type(broken).__name__}): we try again."
        raise Lost(words, "degraded") from broken


@asynccontextmanager
async def signed_in(account: MailAccount, tokens: Tokens) -> AsyncGenerator[Mailbox]:
    """A connection to the account's IMAP server. Raises Lost."""
    thread = ThreadPoolExecutor(1, "imap")
    client: Any = None
    loop = asyncio.get_running_loop()
    try:
        token = await tokens.of(account) if account.by_token else ""
        client = await loop.run_in_executor(thread, _connect, account)
        try:
            await loop.run_in_executor(thread, _log_in(client, account, token))
        except LoginError:
            if not account.refresh_token:
                raise
            token = await tokens.of(account, fresh=True)
            await loop.run_in_executor(thread, _log_in(client, account, token))
        yield Mailbox(client, thread)
    except LoginError as refused:
        raise Lost(SIGN_IN, "reconnect") from refused
    except NoToken as none:
        raise Lost(none.words, "reconnect" if none.final else "degraded") from none
    except CapabilityError as bare:
        words = f"{account.imap_host} offers no TLS: nothing was shown to it. Check name and port."
        raise Lost(words, "degraded") from bare
    except ssl.SSLError as wrong:
        words = untrusted(account.imap_host, wrong)
        raise Lost(words or "The mail server's TLS broke off: we try again.", "degraded") from wrong
    finally:
        if client is not None:
            with suppress(OSError, IMAPClientError):
                client.shutdown()
        thread.shutdown(wait=False, cancel_futures=True)


async def _catch_up(box: Mailbox, since: UUID, cursor: dict[str, Any], hear: Hear) -> None:
    """Hear all mail after the cursor."""
    told = await box.call("select_folder", FOLDER, True)
    validity = int(told[b"UIDVALIDITY"])
    if cursor.get("uidvalidity") != validity:
        began = _began(cursor, since)
        uids = await box.call("search", ["SINCE", (began - OVERLAP).date()])
        known: dict[int, Any] = await box.call("fetch", uids, ["INTERNALDATE"]) if uids else {}
        fresh = sorted(uid for uid, one in known.items() if _utc(one[b"INTERNALDATE"]) >= began)
    else:
        last = int(cursor["uid"])
        fresh = sorted(
            uid for uid in await box.call("search", ["UID", f"{last + 1}:*"]) if uid > last
        )
    for uid in fresh:
        body = await _body(box, uid)
        if body is not None:
            await hear(Raw(body=body, method="IMAP"))
        if cursor.get("uidvalidity") == validity:
            cursor["uid"] = uid
        cursor["at"] = datetime.now(UTC).isoformat()
    last = max([*fresh, int(told.get(b"UIDNEXT", 1)) - 1])
    if cursor.get("uidvalidity") != validity:
        cursor.update(uidvalidity=validity, uid=last, at=datetime.now(UTC).isoformat())


async def _body(box: Mailbox, uid: int) -> bytes | None:
    """The mail, cut at what is kept of any payload; None when it is gone by now."""
    told = await box.call("fetch", [uid], [f"BODY.PEEK[]<0.{MOST_BYTES}>"])
    for name, value in told.get(uid, {}).items():
        if name.startswith(b"BODY[") and isinstance(value, bytes):
            return value
    return None


def _connect(account: MailAccount) -> Any:
    direct = account.imap_direct
    made: Any = IMAPClient
    client = made(
        account.imap_host,
        account.imap_port,
        use_uid=True,
        ssl=direct,
        ssl_context=trust(account.imap_host) if direct else None,
        timeout=SocketTimeout(CONNECT_S, READ_S),
    )
    client.normalise_times = False
    try:
        if not direct and (account.imap_host not in LOOPBACK or client.has_capability("STARTTLS")):
            client.starttls(trust(account.imap_host))
    except (OSError, IMAPClientError):
        with suppress(OSError, IMAPClientError):
            client.shutdown()
        raise
    return client


def _log_in(client: Any, account: MailAccount, token: str) -> Callable[[], Any]:
    if account.by_token:
        return lambda: client.oauth2_login(account.user, token)
    return lambda: client.login(account.user, account.password)


def _began(cursor: dict[str, Any], since: UUID) -> datetime:
    """From when on mail has to be heard where no UID tells: the last time it was, less a day, or
    when the connection was made, by the time in its id (RFC 9562, 5.7)."""
    at = cursor.get("at")
    if isinstance(at, str):
        return datetime.fromisoformat(at) - OVERLAP
    return datetime.fromtimestamp((since.int >> 80) / 1000, UTC) - timedelta(minutes=1)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
