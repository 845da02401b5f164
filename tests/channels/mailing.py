"""An address that customers write to, and what their mails look like: for the tests of e-mail."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from uuid import uuid4

import pytest

from shopbell.desk.connections.types import ConnectionSettings
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.desk.conftest import Shop, shop
from tests.jobs.conftest import until
from tests.peers.dovecot import PASSWORD
from tests.peers.smtp import Post, post_office

__all__ = ["shop"]

quiet_server = [
    # What aiosmtpd says of a server without TLS, and of its own session.
    pytest.mark.filterwarnings("ignore:Requiring AUTH"),
    pytest.mark.filterwarnings("ignore:Session.login_data"),
]
USER = "help@shop.example"
SECRET = "a-secret-of-this-connection"
PASSED = "mx.shop.example; dmarc=pass header.from=mail.example"
FAILED = "mx.shop.example; dmarc=fail header.from=mail.example"
CREDENTIALS = {"password": PASSWORD, "secret": SECRET}


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_office() as post:
        yield post


def options(post: Post, **more: str) -> ConnectionSettings:
    told = {
        "address": USER,
        "smtp_host": "127.0.0.1",
        "smtp_port": str(post.port),
        "plus": "yes",
        "receiving_host": "mx.shop.example",
        **more,
    }
    return ConnectionSettings(options=told)


@pytest.fixture
async def forwarded(settings: Settings, shop: Shop, post: Post) -> AsyncIterator[Line]:
    """An address whose mail a provider forwards."""
    async with line(
        settings, shop, "email", CREDENTIALS, account=USER, connection_settings=options(post)
    ) as found:
        yield found


def mail(
    text: str = "Does it run small?",
    *,
    sender: str = "Mia <mia@mail.example>",
    subject: str = "Wool coat",
    results: str = PASSED,
    name: str = "",
    **headers: str,
) -> EmailMessage:
    made = EmailMessage()
    made["From"] = sender
    made["To"] = headers.pop("To", USER)
    made["Subject"] = subject
    made["Message-ID"] = name or f"<{uuid4()}.mia@mail.example>"
    if results:
        made["Authentication-Results"] = results
    for header, value in headers.items():
        made[header.replace("_", "-")] = value
    made.set_content(text)
    return made


async def forward(line: Line, made: EmailMessage) -> int:
    given = await line.post(
        bytes(made), {"x-shopbell-key": SECRET, "content-type": "message/rfc822"}
    )
    return given.status_code


async def sent(line: Line, post: Post, count: int = 1) -> EmailMessage:
    async def is_settled() -> bool:
        states = [one["sent_state"] for one in await line.messages() if one["sent_state"]]
        return len(post.mails) >= count and set(states) <= {"sent", "delivered"}

    await until(is_settled)
    assert len(post.mails) == count
    return post.mails[-1]
