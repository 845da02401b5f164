"""E-mail: the shopper's mail program, a provider that forwards to the hook, and an SMTP server.

The SMTP server speaks what a mail program needs of RFC 5321 and 4954 (EHLO, AUTH PLAIN and LOGIN,
MAIL, RCPT, DATA) to the loopback alone, so that the demo needs no rights and no packages.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime

import httpx

from shopbell.demo.channels.shopper import (
    Action,
    Came,
    Entry,
    Fault,
    Picture,
    Shopper,
    check,
)
from shopbell.desk.connections.types import ConnectionSettings

Say = Callable[[str], Awaitable[None]]
Hear = Callable[[], Awaitable[str]]
SHOP, MIA = "help@shop.demo.example", "mia@mail.demo.example"
PASSWORD, SECRET, HOST = "demo-password", "demo-secret-of-this-address", "mx.shop.demo.example"


@dataclass
class PostOffice:
    """The SMTP server: `mails` is what it took. `script` answers the next DATA: a line, or nothing
    for a connection that breaks off once the mail is taken."""

    port: int = 0
    password: str = PASSWORD
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    script: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        async def hear() -> str:
            return (await reader.readuntil(b"\r\n")).decode("utf-8", "replace").rstrip()

        await say("220 post.demo.example")
        signed_in = False
        while True:
            word, _, rest = (await hear()).partition(" ")
            match word.upper():
                case "EHLO":
                    await say("250-post.demo.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN")
                case "AUTH":
                    kind, _, first = rest.partition(" ")
                    signed_in = await self._shown(kind.upper(), first, say, hear) == self.password
                    await say("235 welcome" if signed_in else "535 5.7.8 not known here")
                case "MAIL" | "RCPT" if not signed_in:
                    await say("530 5.7.0 sign in first")
                case "MAIL" | "RCPT" | "RSET" | "NOOP":
                    await say("250 ok")
                case "DATA":
                    await say("354 go on")
                    if not await self._take(await reader.readuntil(b"\r\n.\r\n"), say):
                        return
                case "QUIT":
                    await say("221 bye")
                    return
                case _:
                    await say("502 5.5.1 not here")

    async def _shown(self, kind: str, first: str, say: Say, hear: Hear) -> str:
        if kind == "LOGIN":
            if not first:
                await say("334 VXNlcm5hbWU6")
                await hear()
            await say("334 UGFzc3dvcmQ6")
            return base64.b64decode(await hear()).decode()
        if not first:
            await say("334 ")
            first = await hear()
        return base64.b64decode(first).decode().rpartition("\0")[2]

    async def _take(self, data: bytes, say: Say) -> bool:
        answer = self.script.pop(0) if self.script else "250 ok"
        if answer and not answer.startswith("250"):
            await say(answer)
            return True
        mail = message_from_bytes(data[:-3].replace(b"\r\n..", b"\r\n."), policy=default)
        self.mails.append(mail)
        if not answer:
            return False
        await say(answer)
        return True


class Mail(Shopper):
    """Somebody who writes mails."""

    channel = "email"
    label = "E-mail"
    me = MIA
    manner = "mail"
    about = f"To {SHOP}. Replies quote what they answer, as mail programs do."
    account = SHOP
    can = frozenset({"photo"})

    def __init__(self) -> None:
        super().__init__()
        self.post = PostOffice()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        server = await asyncio.start_server(self.post.serve, "127.0.0.1", 0, limit=2**25)
        self.post.port = server.sockets[0].getsockname()[1]
        async with server:
            yield

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"password": PASSWORD, "secret": SECRET}

    @property
    def settings(self) -> ConnectionSettings:
        return ConnectionSettings(
            options={
                "address": SHOP,
                "user": SHOP,
                "smtp_host": "127.0.0.1",
                "smtp_port": str(self.post.port),
                "plus": "yes",
                "receiving_host": HOST,
            }
        )

    def next_name(self) -> str:
        return f"<{super().next_name()}@mail.demo.example>"

    def came(self) -> Sequence[Came]:
        return [
            Came(
                name=str(mail["Message-ID"]),
                text=_text(mail),
                subject=str(mail["Subject"]),
                files=tuple(
                    Picture(
                        name=part.get_filename() or "file",
                        media_type=part.get_content_type(),
                        data=_bytes(part),
                    )
                    for part in mail.iter_attachments()
                ),
            )
            for mail in self.post.mails
        ]

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        answered = self.post.mails[-1] if self.post.mails else None
        mail = EmailMessage()
        mail["From"], mail["To"] = f"Mia Demo <{MIA}>", SHOP
        mail["Date"], mail["Message-ID"] = format_datetime(entry.at), entry.name
        mail["Authentication-Results"] = f"{HOST}; dmarc=pass header.from=mail.demo.example"
        text = entry.text
        if answered is not None and _same_matter(entry.subject, str(answered["Subject"])):
            mail.replace_header("To", str(answered["Reply-To"] or answered["From"] or SHOP))
            mail["In-Reply-To"] = str(answered["Message-ID"])
            mail["References"] = f"{answered['References'] or ''} {answered['Message-ID']}".strip()
            quoted = "\n".join(f"> {line}" for line in _text(answered).splitlines())
            text = f"{text}\n\nOn {answered['Date']}, {answered['From']} wrote:\n{quoted}\n"
        entry.subject = entry.subject or "A question"
        mail["Subject"] = entry.subject
        mail.set_content(text)
        if picture is not None:
            kind, _, sub = picture.media_type.partition("/")
            mail.add_attachment(picture.data, maintype=kind, subtype=sub, filename=picture.name)
        headers = {"x-shopbell-key": SECRET, "content-type": "message/rfc822"}
        async with httpx.AsyncClient() as http:
            check((await http.post(self.hook, content=bytes(mail), headers=headers)).status_code)

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        """Nobody is told what is done to a mail."""

    def meet(self, fault: Fault) -> None:
        lines = {"429": "450 4.7.1 too many, try later", "500": "554 5.3.0 failed", "silence": ""}
        self.post.script.append(lines[fault])

    def end_token(self, ended: bool) -> None:
        self.post.password = "ended" if ended else PASSWORD


def _same_matter(ours: str, theirs: str) -> bool:
    def bare(subject: str) -> str:
        return subject.lower().removeprefix("re:").strip()

    return not ours.strip() or bare(ours) == bare(theirs)


def _bytes(part: EmailMessage) -> bytes:
    held = part.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()).strip() if part is not None else ""
