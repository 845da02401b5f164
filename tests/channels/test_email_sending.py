"""What leaves as a mail: its texts, pictures and files, its threading, its signature."""

import base64
from email import message_from_bytes
from email.policy import default
from io import BytesIO
from typing import Any

import dkim as library
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shopbell.connectors.channels.email.channel import EmailChannel
from shopbell.connectors.channels.types import Account
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent
from shopbell.desk.messages.types import MailHead
from tests.channels.mailing import post, quiet_server
from tests.channels.sending import file, outgoing
from tests.peers.dovecot import PASSWORD
from tests.peers.smtp import Post
from tests.server.uploading import picture

__all__ = ["post"]

pytestmark = quiet_server
dkim: Any = library
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
).decode()
PKCS8 = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()


def letter(post: Post, *files: OutgoingFile, text: str = "Take **M**.", **told: str) -> Outgoing:
    entered = {
        "address": "help@shop.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(post.port),
        "password": PASSWORD,
        **told,
    }
    made = outgoing("email", "", entered, "mia@mail.example", *files, text=text)
    return msgspec.structs.replace(made, brand_name="Größe & Wolle, Inc.")


async def leave(told: Outgoing) -> Sent | Refused | object:
    async with httpx.AsyncClient() as client:
        return await EmailChannel(client).send(told)


def record(_name: bytes, timeout: int = 5) -> bytes:
    """The key's public half, as it stands in DNS."""
    public = KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.mark.parametrize("key", [PEM, PKCS8, PEM.replace("\n", " ")])
async def test_a_mail_is_signed_with_the_shops_key_and_whoever_alters_it_is_found(
    post: Post, key: str
) -> None:
    told = letter(post, file("größe.pdf", "application/pdf"), dkim_selector="wool", dkim_key=key)

    assert isinstance(await leave(told), Sent)

    (raw,) = post.raw
    assert dkim.verify(raw, dnsfunc=record)
    signed = str(post.mails[0]["DKIM-Signature"])
    assert "d=shop.example" in signed
    assert "s=wool" in signed
    for name in ("from", "to", "subject", "message-id", "date"):
        assert name in signed.lower()
    assert not dkim.verify(raw.replace(b"mia@", b"tom@"), dnsfunc=record)
    assert not dkim.verify(b"From: x@evil.example\r\n" + raw, dnsfunc=record)
    body = raw.replace(b"PGJv", b"PGJw") if b"PGJv" in raw else raw.replace(b"Take", b"Give")
    assert body != raw
    assert not dkim.verify(body, dnsfunc=record)


@pytest.mark.parametrize(
    "key", ["nothing", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"]
)
async def test_a_key_that_signs_nothing_is_told_when_it_is_entered_and_nothing_leaves(
    post: Post, key: str
) -> None:
    told = letter(post, dkim_selector="wool", dkim_key=key)
    async with httpx.AsyncClient() as client:
        account = Account(connection=told.connection, credentials=told.credentials)
        found = await EmailChannel(client).check(account)
    refused = await leave(told)
    assert isinstance(refused, Refused)
    assert (found.health, refused.health) == ("reconnect", "reconnect")
    assert found.words == refused.words
    assert "DKIM key" in found.words
    assert post.mails == []


async def test_pictures_show_within_the_mail_and_files_are_attached(post: Post) -> None:
    told = letter(
        post,
        file('a "b" <c>.png', "image/png", picture()),
        file("b.png", "image/png", picture()),
        file("größe.pdf", "application/pdf", b"%PDF-1.4"),
        file("notes.txt", "text/plain", "ü".encode()),
        file("odd", "message/rfc822", b"From: a@b.example\n\nhi"),
    )

    assert isinstance(await leave(told), Sent)

    (mail,) = post.mails
    assert mail.get_content_type() == "multipart/mixed"
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().strip() == "Take M."
    (related,) = [one for one in mail.walk() if one.get_content_type() == "multipart/related"]
    _, shown, other = related.iter_parts()
    assert other.get_filename() == "b.png"
    cid = str(shown["Content-ID"]).strip("<>")
    assert f'src="cid:{cid}" alt="a &quot;b&quot; &lt;c&gt;.png"' in page.get_content()
    assert shown.get_content_disposition() == "inline"
    assert shown.get_content() == picture()
    attached = [(one.get_filename(), one.get_content_type()) for one in mail.iter_attachments()]
    assert attached == [
        ("größe.pdf", "application/pdf"),
        ("notes.txt", "text/plain"),
        ("odd", "application/octet-stream"),
    ]


async def test_no_file_and_no_picture_makes_a_mail_of_two_texts(post: Post) -> None:
    assert isinstance(await leave(letter(post)), Sent)
    (mail,) = post.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]
    assert str(mail["From"]) == '"Größe & Wolle, Inc." <help@shop.example>'


THREADS = [
    (MailHead(subject="Wool coat", message_id="<a@x>"), "Re: Wool coat", "<a@x>"),
    (MailHead(subject="RE: Wool coat", message_id="<a@x>"), "RE: Wool coat", "<a@x>"),
    (MailHead(subject="AW: Mantel", message_id="<a@x>"), "AW: Mantel", "<a@x>"),
    (MailHead(subject="回复：大衣", message_id="<a@x>"), "回复：大衣", "<a@x>"),
    (
        MailHead(subject="Größe\r\nBcc: all@evil.example", message_id="<a@x>"),
        "Re: Größe Bcc: all@evil.example",
        "<a@x>",
    ),
    (
        MailHead(subject="x", message_id="<c@x>", references=("<a@x>", "<b@x>")),
        "Re: x",
        "<a@x> <b@x> <c@x>",
    ),
    (
        MailHead(subject="x", message_id="<c@x>", references=("<a@x>\r\nBcc: a@b", "<b@x>")),
        "Re: x",
        "<b@x> <c@x>",
    ),
    (MailHead(subject="x", message_id="no id at all"), "Re: x", None),
    (MailHead(message_id="<a@x>"), "Your message to Größe & Wolle, Inc.", "<a@x>"),
]


@pytest.mark.parametrize(("head", "subject", "references"), THREADS)
async def test_an_answer_stands_in_its_thread(
    post: Post, head: MailHead, subject: str, references: str | None
) -> None:
    told = msgspec.structs.replace(letter(post), threading=head)
    assert isinstance(await leave(told), Sent)
    (raw,) = post.raw
    mail = message_from_bytes(raw, policy=default)
    assert mail["Subject"] == subject
    assert mail["References"] == references
    assert mail["In-Reply-To"] == (references.split()[-1] if references else None)
    assert mail["Bcc"] is None
    assert post.envelopes == [("help@shop.example", ["mia@mail.example"])]
    assert max(len(one) for one in BytesIO(raw)) <= 998 + 2
