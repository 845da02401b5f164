"""A real Dovecot with one mailbox on the loopback, and a real SMTP server that keeps what it takes."""

import asyncio
import imaplib
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.server.live import until

USER, PASSWORD = "help@shop.example", "green-wool"
CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{home}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
mailbox_idle_check_interval = 1 s
auth_mechanisms = plain login xoauth2
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """A running Dovecot; `deliver` puts a mail into the inbox as a mail server would."""

    port: int
    home: Path

    def deliver(self, mail: bytes) -> None:
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(USER, PASSWORD)
            client.append("INBOX", "", "", mail)

    def flags(self) -> list[str]:
        """The flags of every mail in the inbox."""
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(USER, PASSWORD)
            client.select("INBOX", readonly=True)
            _, told = client.fetch("1:*", "(FLAGS)")
            return [str(one) for one in told]


@asynccontextmanager
async def dovecot() -> AsyncGenerator[Dovecot]:
    """A running Dovecot, as the user that runs the tests (or `mail`, where that is root)."""
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "Dovecot is not installed: run bin/dovecot, or install dovecot-imapd"
    home = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    root = os.geteuid() == 0
    user = "mail" if root else pwd.getpwuid(os.getuid()).pw_name
    config = home / "dovecot.conf"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ids = _ids(user) if root else (os.getuid(), os.getgid())
    config.write_text(
        CONFIG.format(
            home=home,
            user=user,
            group=user,
            uid=ids[0],
            gid=ids[1],
            password=PASSWORD,
            port=port,
        )
    )
    if root:
        os.chown(home, *ids)
        os.chmod(home, 0o755)  # noqa: PTH101, S103 - its own user has to get in
    process = await asyncio.create_subprocess_exec(program, "-F", "-c", str(config))

    async def answers() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert process.returncode is None, "Dovecot did not start"
            return False
        writer.close()
        await writer.wait_closed()
        return True

    try:
        await until(answers)
        yield Dovecot(port, home)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _ids(user: str) -> tuple[int, int]:
    found = pwd.getpwnam(user)
    return found.pw_uid, found.pw_gid


@dataclass
class Post:
    """An SMTP server: `mails` is what it took. `script` answers the next commands by name."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list[tuple[str, list[str]]])
    script: dict[str, list[Callable[[Any], str | None]]] = field(
        default_factory=dict[str, list[Callable[[Any], str | None]]]
    )
    signed_in: int = 0
    password: str = PASSWORD

    def _scripted(self, name: str, server: Any) -> str | None:
        steps = self.script.get(name) or []
        return steps.pop(0)(server) if steps else None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        told = self._scripted("RCPT", server)
        if told:
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        told = self._scripted("DATA", server)
        if told and not told.startswith("250"):
            return told
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        if self._scripted("ACK", server):
            server.transport.abort()
        return "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, told: Any
    ) -> AuthResult:
        good = isinstance(told, LoginPassword) and told.password == self.password.encode()
        self.signed_in += good
        return AuthResult(success=good, handled=False)


@asynccontextmanager
async def post_office() -> AsyncGenerator[Post]:
    """A running SMTP server that wants a password."""
    post = Post()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            post,
            authenticator=post.authenticate,
            auth_require_tls=False,
            auth_required=True,
            hostname="post.example",
            loop=loop,
        ),
        "127.0.0.1",
        0,
    )
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()
