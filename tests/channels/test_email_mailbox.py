"""A mailbox heard by IMAP: a real Dovecot and a real SMTP server, with passwords, tokens and TLS."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shopbell.connectors.channels.email import mailbox as reading
from shopbell.connectors.channels.email.account import MailAccount, Tokens, opened
from shopbell.connectors.channels.email.channel import EmailChannel
from shopbell.connectors.channels.types import Account, Checked, Lost
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Raw
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.mailing import CREDENTIALS, mail, options, post, quiet_server, sent
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, until
from tests.peers.certificates import Authority
from tests.peers.dovecot import PASSWORD, SECURE, Box, Dovecot, dovecot
from tests.peers.smtp import Post, post_office
from tests.peers.tokens import REFRESH, token_service
from tests.peers.tokens import Tokens as Service

__all__ = ["post"]

pytestmark = quiet_server


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with tempfile.TemporaryDirectory() as folder:
        yield Authority(Path(folder))


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with token_service() as service:
        yield service


@pytest.fixture(scope="module")
def server(authority: Authority, service: Service) -> Iterator[Dovecot]:
    with dovecot(authority, service) as server:
        yield server


@pytest.fixture
def box(server: Dovecot) -> Box:
    """A mailbox of the test's own."""
    return server.box(f"help-{uuid4().hex[:8]}@shop.example")


@pytest.fixture
async def mailbox(settings: Settings, shop: Shop, post: Post, box: Box) -> AsyncIterator[Line]:
    """A mailbox that is heard by IMAP."""
    held = options(
        post, address=box.user, imap_host="127.0.0.1", imap_port=str(box.port), plus="no"
    )
    async with line(
        settings, shop, "email", CREDENTIALS, account=box.user, connection_settings=held
    ) as found:
        yield found


def account_of(box: Box, post: Post | None = None, **told: str) -> Account:
    """An account with this mailbox, and what is entered besides."""
    entered = {
        "address": box.user,
        "imap_host": "127.0.0.1",
        "imap_port": str(box.port),
        "smtp_host": told.get("imap_host", "127.0.0.1"),
        "smtp_port": str(post.port if post else 1),
        "password": PASSWORD,
        **told,
    }
    connection = Connection(
        id=uuid7(),
        brand_id=uuid7(),
        channel="email",
        name="Help",
        settings=ConnectionSettings(base_url=told.get("base_url", "")),
    )
    return Account(connection=connection, credentials=entered)


def mail_account(account: Account) -> MailAccount:
    return opened(account.connection, account.credentials)


class Heard:
    """What a listener heard, by subject; it can be told to break off."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.cursor: dict[str, Any] = {}
        self._break_after = 0

    async def hear(self, raw: Raw) -> None:
        if self._break_after and len(self.subjects) == self._break_after:
            self._break_after = 0
            raise OSError("the worker went away")
        self.subjects.append(str(message_from_bytes(raw.body)["Subject"]))

    async def until(self, account: Account, count: int, *, break_after: int = 0) -> None:
        """Listen until so many were heard in all, or until it breaks off."""
        self._break_after = break_after
        async with httpx.AsyncClient() as client:
            task = asyncio.create_task(
                reading.hear_mailbox(
                    mail_account(account),
                    Tokens(client),
                    account.connection.id,
                    self.cursor,
                    self.hear,
                )
            )

            async def done() -> bool:
                return task.done() or len(self.subjects) >= count

            await until(done)
            task.cancel()
            with suppress(asyncio.CancelledError, Lost):
                await task


def letters(*subjects: str) -> list[bytes]:
    return [bytes(mail(subject=one)) for one in subjects]


async def test_a_mail_in_the_mailbox_is_heard_by_idle_and_answered_in_its_thread(
    mailbox: Line, box: Box, post: Post
) -> None:
    mailbox.mind.give(answered("Take **one size** up."))
    asked = mail()

    await asyncio.to_thread(box.deliver, bytes(asked))

    answer = await sent(mailbox, post)
    assert answer["To"] == "mia@mail.example"
    assert answer["Subject"] == "Re: Wool coat"
    assert answer["In-Reply-To"] == asked["Message-ID"]
    assert answer["References"] == asked["Message-ID"]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["X-Auto-Response-Suppress"] == "All"
    plain, page = answer.get_body(("plain",)), answer.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().strip() == "Take one size up."
    assert "<strong>one size</strong>" in page.get_content()
    assert post.envelopes == [(box.user, ["mia@mail.example"])]
    assert "Seen" not in "".join(await asyncio.to_thread(box.flags))


async def test_mail_that_comes_while_it_idles_is_heard_once_each(mailbox: Line, box: Box) -> None:
    await asyncio.to_thread(box.deliver, bytes(mail("one", Auto_Submitted="auto-generated")))

    async def heard(count: int) -> bool:
        return len(await mailbox.messages()) == count

    await until(lambda: heard(1))
    twice = bytes(mail("two", Auto_Submitted="auto-generated"))
    await asyncio.to_thread(box.deliver, twice)
    await asyncio.to_thread(box.deliver, twice)
    await asyncio.to_thread(box.deliver, bytes(mail("three", Auto_Submitted="auto-generated")))
    await until(lambda: heard(3))
    assert [one["text"] for one in await mailbox.messages()] == ["one", "two", "three"]


async def test_a_listener_that_ends_in_the_middle_is_followed_by_one_that_goes_on(box: Box) -> None:
    account, heard = account_of(box), Heard()
    box.deliver(*letters("a", "b"))
    await heard.until(account, 2)
    box.deliver(*letters("c", "d", "e", "f"))

    await heard.until(account, 6, break_after=4)
    assert heard.subjects == ["a", "b", "c", "d"]
    await heard.until(account, 6)

    assert heard.subjects == ["a", "b", "c", "d", "e", "f"]
    assert heard.cursor["uid"] == 6


async def test_a_first_look_that_breaks_off_begins_anew_and_loses_nothing(box: Box) -> None:
    account, heard = account_of(box), Heard()
    box.deliver(*letters("a", "b", "c"))

    await heard.until(account, 3, break_after=2)
    await heard.until(account, 5)

    assert heard.subjects == ["a", "b", "a", "b", "c"]


async def test_mail_from_before_the_connection_was_made_is_not_read(box: Box) -> None:
    account, heard = account_of(box), Heard()
    box.deliver(*letters("new"))
    with box.opened() as client:
        client.append("INBOX", "", '"01-Jan-2024 10:00:00 +0000"', letters("old")[0])

    await heard.until(account, 1)
    box.deliver(*letters("newer"))
    await heard.until(account, 2)

    assert heard.subjects == ["new", "newer"]


async def test_a_mailbox_that_gives_out_new_numbers_is_read_again_and_nothing_is_lost(
    box: Box,
) -> None:
    account, heard = account_of(box), Heard()
    box.deliver(*letters("a", "b", "c"))
    await heard.until(account, 3)
    before = box.validity()

    await asyncio.to_thread(box.renumber)
    box.deliver(*letters("d"))
    assert box.validity() != before
    await heard.until(account, 7)

    assert sorted(heard.subjects) == ["a", "a", "b", "b", "c", "c", "d"]
    assert heard.cursor["uidvalidity"] == box.validity()


async def test_new_numbers_while_it_is_heard_double_no_message(mailbox: Line, box: Box) -> None:
    quiet = {"Auto_Submitted": "auto-generated"}
    box.deliver(bytes(mail("one", **quiet)), bytes(mail("two", **quiet)))

    async def heard(count: int) -> bool:
        return len(await mailbox.messages()) == count

    await until(lambda: heard(2))
    await asyncio.to_thread(box.renumber)
    box.deliver(bytes(mail("three", **quiet)))
    await until(lambda: heard(3))

    assert [one["text"] for one in await mailbox.messages()] == ["one", "two", "three"]
    assert await mailbox.payload_states() == ["done"] * 3


async def test_a_token_opens_mailbox_and_post_and_a_new_one_is_asked_for_when_it_ends(
    box: Box, service: Service
) -> None:
    async with post_office(tokens=service) as post, httpx.AsyncClient() as client:
        entered = {"oauth": "google", "client_id": box.user, "refresh_token": REFRESH}
        account = account_of(box, post, password="", base_url=service.url, **entered)
        channel = EmailChannel(client)

        assert await channel.check(account) == Checked(health="ok", account=box.user, name=box.user)
        asked = service.given
        await channel.check(account)
        assert service.given == asked, "a token is used until it ends"
        service.good.clear()
        assert (await channel.check(account)).health == "ok"
        assert service.given == asked + 1
        assert post.signed_in == 3

        service.ended = True
        service.good.clear()
        try:
            ended = await channel.check(account)
        finally:
            service.ended = False
    assert (ended.health, "connect the account again" in ended.words) == ("reconnect", True)


async def test_mail_is_heard_by_idle_with_a_token(box: Box, service: Service) -> None:
    account = account_of(
        box,
        password="",
        oauth="microsoft",
        base_url=service.url,
        client_id=box.user,
        refresh_token=REFRESH,
    )
    heard = Heard()
    listening = asyncio.create_task(heard.until(account, 2))
    box.deliver(*letters("a"))

    async def once() -> bool:
        return len(heard.subjects) == 1

    await until(once)
    box.deliver(*letters("b"))
    await listening
    assert heard.subjects == ["a", "b"]


@pytest.mark.parametrize("told", [{"password": "wrong"}, {"access_token": "of-nobody"}])
async def test_a_sign_in_that_is_refused_needs_a_person(box: Box, told: dict[str, str]) -> None:
    async with httpx.AsyncClient() as client:
        found = await EmailChannel(client).check(account_of(box, None, **told))
    assert found.health == "reconnect"
    assert "sign-in" in found.words


@pytest.fixture
def trusting(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the tests' authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


Way = tuple[str, bool]
WAYS: list[Way] = [("starttls", False), ("direct", True)]


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("way", WAYS)
async def test_mail_is_read_and_sent_over_tls(box: Box, authority: Authority, way: Way) -> None:
    tls, direct = way
    certificate = authority.certificate(SECURE)
    async with (
        post_office(host=SECURE, certificate=certificate, direct=direct) as post,
        httpx.AsyncClient() as client,
    ):
        port = box.server.secure_port if direct else box.port
        account = account_of(box, post, imap_host=SECURE, imap_port=str(port), tls=tls)
        assert (await EmailChannel(client).check(account)).words == ""
        assert post.signed_in == 1
        heard = Heard()
        box.deliver(*letters("a"))
        await heard.until(account, 1)
        assert heard.subjects == ["a"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_that_nobody_stands_for_is_shown_no_password(
    box: Box, authority: Authority, way: Way
) -> None:
    tls, direct = way
    certificate = authority.certificate(SECURE)
    async with (
        post_office(host=SECURE, certificate=certificate, direct=direct) as post,
        httpx.AsyncClient() as client,
    ):
        port = box.server.secure_port if direct else box.port
        told = {"imap_host": SECURE, "smtp_host": SECURE, "imap_port": str(port), "tls": tls}
        channel = EmailChannel(client)
        reading = await channel.check(account_of(box, post, **told))
        sending = await channel.check(account_of(box, post, **{**told, "imap_host": ""}))
    for found in (reading, sending):
        assert found.health == "degraded"
        assert f"certificate of {SECURE} is not valid" in found.words
    assert post.shown == 0


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("of", ["another host", "yesterday"])
async def test_a_certificate_of_another_host_or_of_yesterday_is_shown_no_password(
    box: Box, authority: Authority, of: str
) -> None:
    made = (
        authority.certificate("127.0.0.9")
        if of == "another host"
        else authority.certificate(SECURE, ended=True)
    )
    async with (
        post_office(host=SECURE, certificate=made) as post,
        httpx.AsyncClient() as client,
    ):
        account = account_of(box, post, imap_host="", smtp_host=SECURE)
        found = await EmailChannel(client).check(account)
    assert "is not valid" in found.words
    assert post.shown == 0


async def test_a_server_elsewhere_without_tls_is_shown_no_password(box: Box) -> None:
    async with post_office(host=SECURE) as post, httpx.AsyncClient() as client:
        found = await EmailChannel(client).check(
            account_of(box, post, imap_host="", smtp_host=SECURE)
        )
    assert (found.health, "offers no TLS" in found.words) == ("degraded", True)
    assert post.shown == 0


@pytest.mark.parametrize("host", ["imap_host", "smtp_host"])
async def test_a_server_that_is_not_there_is_said_to_be_away(
    box: Box, post: Post, host: str
) -> None:
    told = {"smtp_host": "127.0.0.1", host: "127.0.0.1", host.replace("host", "port"): "1"}
    async with httpx.AsyncClient() as client:
        found = await EmailChannel(client).check(account_of(box, post, **told))
    assert found.health == "degraded"
    assert "cannot be reached" in found.words
