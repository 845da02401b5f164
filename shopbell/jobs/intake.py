"""From a payload that was kept to what it does: open the connection, read the facts, take them in.

Every door that hears (webhooks, held connections, replay) ends here. Each fact is one transaction
and may be repeated; so a reader that dies is simply followed by another.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import msgspec
import structlog
from psycopg import Error as DatabaseError

from shopbell.connectors.channels.types import Account, Channel, Hooked, Listening
from shopbell.desk.attachments.commands import keep
from shopbell.desk.attachments.storage import Storage
from shopbell.desk.attachments.types import CUSTOMERS, TooBig, WrongKind
from shopbell.desk.connections import commands as connections
from shopbell.desk.connections.reads import Held, by_account, secret_connection
from shopbell.desk.connections.templates import move_template
from shopbell.desk.connections.types import Connection, Health
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import Desk
from shopbell.desk.elsewhere.commands import silence
from shopbell.desk.elsewhere.reads import was_left
from shopbell.desk.elsewhere.words import ends
from shopbell.desk.errors import DeskError, Fenced, Invalid, NotFound
from shopbell.desk.inbound import commands as payloads
from shopbell.desk.inbound.albums import join
from shopbell.desk.inbound.facts import hand_over, take_in, write_message
from shopbell.desk.inbound.matching import needs_no_row, place_mail, place_text
from shopbell.desk.inbound.parts import TooEarly
from shopbell.desk.inbound.pictures import placed
from shopbell.desk.inbound.reads import came, thread_known
from shopbell.desk.inbound.types import Fact, Kept, Raw
from shopbell.desk.messages.types import MAX_ATTACHMENTS, Author
from shopbell.realtime.frames import Typing
from shopbell.realtime.live import Live

log = structlog.get_logger()

MOST_TRIES = 12
_HEALTHS: Mapping[str, Health] = {one: one for one in ("ok", "degraded", "reconnect", "off")}


class Intake:
    """What reading payloads needs: the desk, the channels, and the key to credentials."""

    def __init__(
        self,
        desk: Desk,
        channels: Mapping[str, Channel],
        vault: Vault,
        files: Storage,
        show: Callable[[Live], Awaitable[None]],
    ) -> None:
        self.desk = desk
        self.channels = channels
        self.vault = vault
        self._files = files
        self._show = show

    async def account(self, connection_id: UUID) -> tuple[Account, Held]:
        """A connection opened for its connector. Raises NotFound and Sealed."""
        held = await secret_connection(self.desk, connection_id)
        credentials = self.vault.open(connection_id, held.sealed)
        if held.secret and "secret" not in credentials:
            credentials["secret"] = held.secret
        return Account(connection=held.connection, credentials=credentials), held

    async def hear(
        self, connection_id: UUID, raw: Raw, opened: tuple[Account, Held] | None = None
    ) -> None:
        """Keep a verified payload, and read it now if it is new, by the account as it was `opened`
        to verify it. Returns once it is kept; what goes wrong while it is read is put right by a
        sweeper."""
        at = self.desk.now()
        noted = await payloads.keep(self.desk, connection_id, raw)
        if noted.fresh:
            kept = Kept(
                id=noted.id, connection_id=connection_id, raw=raw, attempts=0, received_at=at
            )
            await self.read_kept(kept, opened)

    async def read_kept(self, kept: Kept, opened: tuple[Account, Held] | None = None) -> None:
        """Read one payload and settle it."""
        try:
            account, held = opened or await self.account(kept.connection_id)
            facts = self.facts(account, kept.raw)
            unread = await self.take_in(account, facts)
        except TooEarly as early:
            await self._put_off(kept, str(early))
        except DeskError as refused:
            await payloads.flag(self.desk, kept.id, f"{refused.title}. {refused.detail}".strip())
        except DatabaseError:
            raise
        except Exception as broken:
            log.exception("payload unread", payload=str(kept.id))
            await payloads.flag(self.desk, kept.id, f"Reading it broke: {type(broken).__name__}.")
        else:
            await connections.heard(self.desk, kept.connection_id, held.heard_at)
            if unread:
                await payloads.flag(self.desk, kept.id, "; ".join(unread)[:500])
            else:
                await payloads.done(self.desk, kept.id)

    def facts(self, account: Account, raw: Raw) -> list[Fact]:
        """What the channel reads in a payload, with the windows that its capability record says."""
        channel = self.channels.get(account.connection.channel)
        if not isinstance(channel, Hooked | Listening):
            return [Fact(kind="other", words=f"nothing here reads {account.connection.channel}")]
        window = channel.capability.reply_window
        return [
            msgspec.structs.replace(fact, window_hours=float(window))
            if window is not None and fact.kind == "message" and fact.window_hours is None
            else fact
            for fact in channel.normalise(account, raw)
        ]

    async def take_in(self, account: Account, facts: Sequence[Fact]) -> list[str]:
        """Take facts in, each where its account says; why some were not understood."""
        unread: list[str] = []
        early: TooEarly | None = None
        for fact in facts:
            if fact.kind == "other":
                unread.append(fact.words or "not understood")
                continue
            try:
                await self._one(account, fact)
            except TooEarly as soon:
                early = early or soon
            except (Fenced, NotFound) as moved:
                # Its thread was joined to another, or parted, in that moment: it has one all the same.
                early = early or TooEarly(moved.title)
            except DeskError as refused:
                unread.append(refused.title)
        if early is not None:
            raise early
        return unread

    async def _one(self, account: Account, fact: Fact) -> None:
        connection = account.connection
        if fact.account and connection.account and fact.account != connection.account:
            other = await by_account(self.desk, connection.channel, fact.account)
            if other is None:
                raise DeskError(f"No connection of {connection.channel} is {fact.account}")
            connection = (await secret_connection(self.desk, other)).connection
        if fact.kind == "account" and fact.code == "template":
            await move_template(
                self.desk, connection.id, fact.external_id, fact.context, fact.state, fact.words
            )
            return
        if fact.kind == "account":
            health = _HEALTHS.get(fact.state, "degraded")
            await connections.set_health(
                self.desk, connection.id, health, fact.words, by="platform"
            )
            return
        if fact.kind == "typing":
            await self._typing(fact)
            return
        if (
            fact.kind == "opt_out"
            and fact.state != "in"
            and fact.code != "marketing"
            and fact.sender
        ):
            await silence(self.desk, connection.id, fact.sender.value)
        if fact.kind == "message":
            await self._message(connection, fact)
        else:
            await take_in(self.desk, connection, fact)

    async def _message(self, connection: Connection, fact: Fact) -> None:
        """Keep the files whose bytes came along, then write the message; once for its id. One that
        was handed to people goes to them even when it had come before."""
        left_out: list[str] = []
        if fact.joins:
            await join(self.desk, connection, fact)
        elif fact.mail and await needs_no_row(self.desk, connection, fact):
            return
        elif not await came(self.desk, connection.id, fact.external_id):
            left_out = await self._write(connection, fact)
        if fact.to_people:
            await hand_over(self.desk, connection, fact)
        if left_out:
            raise DeskError(f"A file was left out: {left_out[0]}", "It is in the original.")

    async def _write(self, connection: Connection, fact: Fact) -> list[str]:
        """Write the message; why files that came along are not with it."""
        uploader = f"connection:{connection.id}"
        kept: list[UUID] = []
        left_out: list[str] = []
        within: dict[str, UUID] = {}
        brought_along = [one for one in fact.attachments if one.data]
        for file in brought_along[:MAX_ATTACHMENTS]:
            body = file.data or b""
            try:
                brought = await keep(
                    self.desk,
                    self._files,
                    uploader,
                    CUSTOMERS,
                    name=file.name,
                    size=len(body),
                    file=BytesIO(body),
                )
            except (Invalid, TooBig, WrongKind) as refused:
                log.warning("file left in its payload", error=refused.title)
                left_out.append(refused.title)
                continue
            kept.append(brought.id)
            if file.inline_id:
                within.setdefault(file.inline_id, brought.id)
        if len(brought_along) > MAX_ATTACHMENTS:
            left_out.append(f"only {MAX_ATTACHMENTS} fit on a message")
        if not kept:
            awaited = tuple(one for one in fact.attachments if one.ref)
            fact = msgspec.structs.replace(fact, attachments=awaited)
        if fact.html and within:
            fact = msgspec.structs.replace(fact, html=placed(fact.html, within))
        place = place_mail if fact.mail else place_text
        matched = await place(self.desk, connection, fact)
        if matched is not None and await self._ends(connection, fact, matched.thread_id):
            return []
        await write_message(
            self.desk, connection, fact, matched=matched, files=tuple(kept), uploader=uploader
        )
        return left_out

    async def _ends(self, connection: Connection, fact: Fact, thread_id: UUID) -> bool:
        """Whether somebody answers from an address left on the page that they want no more."""
        text = fact.mail.reply_text or fact.text if fact.mail else fact.text
        if fact.sender is None or not ends(text):
            return False
        value = fact.sender.value
        if not await was_left(self.desk, connection.id, thread_id, value):
            return False
        return await silence(self.desk, connection.id, value)

    async def _typing(self, fact: Fact) -> None:
        found = await thread_known(self.desk, fact.sender) if fact.sender else None
        if found is None:
            return
        author = Author(kind="customer", id=found.customer_id, name=found.name)
        frame = Typing(on=fact.state != "off", author=author, ticket_id=found.ticket_id)
        await self._show(Live(to="agents", thread_id=found.thread_id, frame=frame))

    async def _put_off(self, kept: Kept, why: str) -> None:
        if kept.attempts >= MOST_TRIES:
            await payloads.flag(self.desk, kept.id, why)
            return
        delay = timedelta(seconds=min(2.0**kept.attempts, 300.0))
        await payloads.put_off(self.desk, kept.id, why, delay)
