"""A real SMTP server that keeps what it takes, by password or token, with and without TLS."""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.peers.dovecot import PASSWORD
from tests.peers.tokens import Tokens

Step = Callable[[Any], str | None]


@dataclass
class Post:
    """An SMTP server: `mails` is what it took, `raw` their bytes. `script` answers the next commands
    by name; `signed_in` counts who got in, `shown` the secrets that were shown at all."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    raw: list[bytes] = field(default_factory=list[bytes])
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list[tuple[str, list[str]]])
    script: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])
    signed_in: int = 0
    shown: int = 0
    password: str = PASSWORD
    tokens: Tokens | None = None

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
        self.raw.append(envelope.content)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        if self._scripted("ACK", server):
            server.transport.abort()
        return "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, told: Any
    ) -> AuthResult:
        self.shown += 1
        good = isinstance(told, LoginPassword) and told.password == self.password.encode()
        self.signed_in += good
        return AuthResult(success=good, handled=False)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""
        self.shown += 1
        user, bearer, *_ = base64.b64decode(args[1]).decode().split("\x01")
        token = bearer.removeprefix("auth=Bearer ")
        known = self.tokens.good.get(token) if self.tokens else None
        good = known is not None and f"user={known}" == user
        self.signed_in += good
        return AuthResult(success=good, handled=False)


@asynccontextmanager
async def post_office(
    *,
    host: str = "127.0.0.1",
    certificate: tuple[Path, Path] | None = None,
    direct: bool = False,
    tokens: Tokens | None = None,
) -> AsyncGenerator[Post]:
    """A running SMTP server that wants to be signed in to: in the open, or with a certificate by
    STARTTLS, or by TLS from the start."""
    post = Post(tokens=tokens)
    context: ssl.SSLContext | None = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            post,
            authenticator=post.authenticate,
            auth_require_tls=False,
            auth_required=True,
            tls_context=None if direct else context,
            require_starttls=context is not None and not direct,
            hostname="post.example",
            loop=loop,
        ),
        host,
        0,
        ssl=context if direct else None,
    )
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()
