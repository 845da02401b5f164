"""A real Dovecot on the loopback: any number of mailboxes, by password or token, with and without TLS."""

import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.peers.certificates import Authority
from tests.peers.tokens import Tokens

PASSWORD = "green-wool"
SECURE = "127.0.0.2"
"""An address of this machine that is not taken for it: there TLS and a valid certificate are wanted."""
STARTS_WITHIN_S = 30.0
CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1, {secure}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{home}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
mailbox_idle_check_interval = 1 s
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/tokens.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
TOKENS = """
tokeninfo_url = {url}/tokeninfo?access_token=
username_attribute = email
"""


@dataclass
class Box:
    """One user's inbox; `deliver` puts a mail into it as a mail server would."""

    server: "Dovecot"
    user: str

    @property
    def port(self) -> int:
        return self.server.port

    def deliver(self, *mails: bytes) -> None:
        with self.opened() as client:
            for one in mails:
                client.append("INBOX", "", "", one)

    def flags(self) -> list[str]:
        """The flags of every mail in the inbox."""
        with self.opened() as client:
            client.select("INBOX", readonly=True)
            _, told = client.fetch("1:*", "(FLAGS)")
            return [str(one) for one in told]

    def validity(self) -> int:
        """The inbox's UIDVALIDITY."""
        with self.opened() as client:
            _, told = client.status("INBOX", "(UIDVALIDITY)")
            return int(str(told[0]).rpartition("UIDVALIDITY ")[2].split(")")[0])

    def renumber(self) -> None:
        """Have the inbox give out other UIDs, as after a move to another server. All that are
        signed in are thrown out."""
        self.server.stop()
        folder = self.server.home / "mail" / self.user
        for file in folder.glob("dovecot*"):
            file.unlink()
        mark = int(time.time()) + 1000
        uidlist = folder / "dovecot-uidlist"
        uidlist.write_text(f"3 V{mark} N1 G{uuid4().hex}\n")
        if os.geteuid() == 0:
            owner = folder.stat()
            os.chown(uidlist, owner.st_uid, owner.st_gid)
        self.server.start()

    def opened(self) -> imaplib.IMAP4:
        """A client that is signed in."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(self.user, PASSWORD)
        return client


class Dovecot:
    """`port` speaks in the open and by STARTTLS, `secure_port` by TLS from the start."""

    def __init__(self, home: Path, authority: Authority, tokens: Tokens) -> None:
        self.home = home
        self.port, self.secure_port = _free_ports()
        self._process: subprocess.Popen[bytes] | None = None
        root = os.geteuid() == 0
        user = "mail" if root else pwd.getpwuid(os.getuid()).pw_name
        found = pwd.getpwnam(user)
        certificate, key = authority.certificate(SECURE)
        (home / "tokens.conf").write_text(TOKENS.format(url=tokens.url))
        (home / "mail").mkdir()
        self._config = home / "dovecot.conf"
        self._config.write_text(
            CONFIG.format(
                home=home,
                user=user,
                group=user,
                uid=found.pw_uid,
                gid=found.pw_gid,
                password=PASSWORD,
                port=self.port,
                secure_port=self.secure_port,
                secure=SECURE,
                certificate=certificate,
                key=key,
            )
        )
        if root:
            for one in (home, home / "mail"):
                os.chown(one, found.pw_uid, found.pw_gid)
            os.chmod(home, 0o755)  # noqa: PTH101, S103 - its own user has to get in

    def box(self, user: str) -> Box:
        """The inbox of this user, whoever it is."""
        return Box(self, user)

    def start(self) -> None:
        """Start it; returns once it answers."""
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "Dovecot is not installed: run bin/dovecot, or install dovecot-imapd"
        self._process = subprocess.Popen([program, "-F", "-c", str(self._config)])
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < until, "Dovecot does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it, and throw out whoever is signed in."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            return line.recv(4) == b"* OK"
        return False


@contextmanager
def dovecot(authority: Authority, tokens: Tokens) -> Generator[Dovecot]:
    """A running Dovecot, as the user that runs the tests (or `mail`, where that is root)."""
    home = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    server = Dovecot(home, authority, tokens)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("", 0)) as one, socket.create_server(("", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]
