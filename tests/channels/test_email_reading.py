"""What is read in mails: words in any charset, what is new in them, machines, bombs, hostile pages."""

import struct
from base64 import b64encode
from typing import Any

import compressed_rtf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopbell.connectors.channels.email.pages import safe
from shopbell.connectors.channels.email.quotes import reply_in
from shopbell.connectors.channels.email.reading import House, facts_of
from shopbell.connectors.channels.email.winmail import words_in
from shopbell.desk.inbound.types import Fact, Mail


def read(body: bytes) -> tuple[Fact, Mail]:
    message = facts_of(body, House())[0]
    assert message.mail is not None
    return message, message.mail


@pytest.mark.parametrize(
    ("declared", "body", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße “ja”".encode("cp1252"), "Grüße “ja”"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode("latin-1"), "Grüße"),
        ("x-nobody-knows", "Grüße".encode(), "Grüße"),
        ("unicode_escape", b"a\\n", "a\\n"),
        ("gb2312", "镕".encode("gbk"), "镕"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("us-ascii", "日本".encode("iso2022_jp"), "日本"),
        ("utf-16", b"plain", "plain"),
    ],
)
def test_words_are_read_whatever_charset_is_said(declared: str, body: bytes, text: str) -> None:
    head = f"From: a@b.example\nContent-Type: text/plain; charset={declared}\n\n".encode()
    assert read(head + body)[0].text == text


@pytest.mark.parametrize(
    "introduction",
    [
        "On Tue, Jan 2, 2024 at 3:04 PM Shop <shop@example.com> wrote:",
        "On Tue, Jan 2, 2024 at 3:04 PM Shop\n<shop@example.com> wrote:",
        "Am 2. Januar 2024 um 10:00 schrieb Shop <a@b.example>:",
        "Le lun. 1 janv. 2024 à 10:00, Shop <s@x.example> a écrit :",
        "El lun, 1 ene 2024 a las 10:00, Shop (<s@x.example>) escribió:",
        "Il giorno lun 1 gen 2024 alle ore 10:00 Shop <s@x.example> ha scritto:",
        "Op ma 1 jan. 2024 om 10:00 schreef Shop <s@x.example>:",
        "Em seg., 1 de jan. de 2024 às 10:00, Shop <s@x.example> escreveu:",
        "Den mån 1 jan. 2024 kl 10:00 skrev Shop <s@x.example>:",
        "pon., 1 sty 2024 o 10:00 Shop <s@x.example> napisał(a):",
        "пн, 1 янв. 2024 г. в 10:00, Shop <s@x.example>:",
        "2024年1月1日 10:00，Shop <s@x.example> 写道：",
        "2024年1月1日(月) 10:00 Shop <s@x.example>:",
    ],
)
def test_what_is_quoted_is_told_from_what_is_new(introduction: str) -> None:
    assert reply_in(f"Thanks!\n\n{introduction}\n\n> old\n> words\n") == "Thanks!"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("New\n\nVon: Shop\nGesendet: Montag, 1. Januar\nAn: Mia\nBetreff: AW\n\nOld", "New"),
        ("New\n\n*From:* Shop\n*Sent:* Monday\n*To:* Mia\n*Subject:* x\n\nOld", "New"),
        ("New\n\n-----Original Message-----\nFrom: x\n\nOld", "New"),
        ("> Small?\nNo.\n> Ship?\nTomorrow.", "No.\nTomorrow."),
        ("On 2024-01-01 Shop wrote:\n> hello\n\nBelow", "Below"),
        ("New\n\n-- \nMia\n+49 30 1", "New"),
        ("New\n\nSent from my iPhone", "New"),
        ("New\n\nVon meinem iPhone gesendet", "New"),
        ("> only quoted", "> only quoted"),
        ("---------- Forwarded message ---------\nFrom: x\n\nLook", None),
        ("The order\nFrom: Berlin I go on.", None),
        ("I said on Monday: no.", None),
    ],
)
def test_signatures_and_quotes_are_folded_and_nothing_else(text: str, new: str | None) -> None:
    assert reply_in(text) == (text if new is None else new)


def test_html_alone_is_read_and_its_quote_folded() -> None:
    page = (
        b'<div dir="ltr">Yes, <b>please</b></div><div class="gmail_quote">'
        b'<div class="gmail_attr">On Mon, 1 Jan 2024 Shop wrote:</div><blockquote>old</blockquote></div>'
    )
    message, mail = read(b"From: a@b.example\nContent-Type: text/html\n\n" + page)
    assert mail.reply_text == "Yes, please"
    assert "old" in message.text


def test_heads_are_read_as_people_would() -> None:
    message, mail = read(
        b"From: =?utf-8?q?M=C3=BCller=2C_Mia?= <MIA@Mail.Example>\n"
        b'To: Team: a@x.example, "B, C" <b@x.example>;, undisclosed:;\n'
        b"Subject: =?utf-8?b?w7w=?=\n =?utf-8?b?w7w=?=\nDate: Mon, 1 Jan 2024 10:00:00 +0200 (CEST)\n"
        b"Message-ID: <1@mail.example>\nReferences: <a@x>\n <b@x>\nIn-Reply-To: <b@x>\n\nHi"
    )
    assert message.sender is not None
    assert (message.sender.name, message.sender.value) == ("Müller, Mia", "mia@mail.example")
    assert mail.to == ("a@x.example", "b@x.example")
    assert mail.subject == "üü"
    assert str(message.at) == "2024-01-01 08:00:00+00:00"
    assert (mail.references, mail.in_reply_to) == (("<a@x>", "<b@x>"), "<b@x>")


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_heads_in_raw_bytes_are_read(charset: str) -> None:
    message, mail = read(
        "From: Müller <mia@mail.example>\nSubject: Größe ü\nTo: Ü <a@b.example>\nContent-Type: text/plain;"
        ' name="ü.txt"\nContent-Disposition: attachment; filename="ü.txt"\n\nhi'.encode(charset)
    )
    assert message.sender is not None
    assert (message.sender.name, mail.subject) == ("Müller", "Größe ü")
    assert mail.to == ("a@b.example",)


INVITED = (
    "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Fitting\\, the green\r\n  coat\r\n"
    "DTSTART;TZID=Europe/Berlin:20251118T150000\r\nDTEND:20251118T160000Z\r\nLOCATION:Hill Road 3\\n2nd floor\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("method", "words", "plain", "automatic"),
    [
        ("REQUEST", "Invitation: Fitting, the green coat", "", False),
        ("CANCEL", "Cancelled: Fitting, the green coat", "", False),
        ("REPLY", "Answer to an invitation: Fitting, the green coat", "", True),
        ("REPLY", "I may be late", "I may be late", False),
        ("REQUEST", "Will you come?", "Will you come?", False),
    ],
)
def test_an_invitation_without_words_is_put_into_words_and_kept(
    method: str, words: str, plain: str, *, automatic: bool
) -> None:
    told = (
        "From: a@b.example\nContent-Type: multipart/alternative; boundary=x\n\n"
        f"--x\nContent-Type: text/plain\n\n{plain}\n"
        f"--x\nContent-Type: text/calendar; method={method}\n\n{INVITED.format(method=method)}\n--x--\n"
    )
    message, mail = read(told.encode())
    times = "2025-11-18 15:00 (Europe/Berlin) - 2025-11-18 16:00 UTC\nHill Road 3 2nd floor"
    assert message.text == (plain or f"{words}\n{times}")
    assert mail.reply_text == message.text
    assert mail.auto_submitted is automatic
    assert [one.name for one in message.attachments] == ["invitation.ics"]


def winmail(*records: tuple[int, bytes]) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(
        b"\x02" + struct.pack("<II", kind, len(value)) + value + b"\0\0" for kind, value in records
    )


def properties(*given: tuple[int, int, bytes]) -> tuple[int, bytes]:
    """Outlook's list of them: before those that are given one of each way that a value is written."""
    number = struct.pack("<HHI", 0x0B, 0x0E1F, 1)
    many = struct.pack("<HHIHHHH", 0x1002, 0x0E20, 2, 1, 0, 2, 0)
    named = struct.pack("<HH16sII4sI", 0x03, 0x8001, b"g" * 16, 1, 4, "x".encode("utf-16"), 7)
    numbered = struct.pack("<HH16sIIQ", 0x40, 0x8002, b"g" * 16, 0, 5, 7)
    told = b"".join(
        struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)
        for name, kind, value in given
    )
    whole = number + many + named + numbered + told
    return 0x00069003, struct.pack("<I", 4 + len(given)) + whole


RICH = (
    rb"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}Gr\'fc\'dfe,\par it runs small.{\*\htmltag72 </p>}}"
)
rich_text: Any = compressed_rtf
PACKED: bytes = rich_text.compress(RICH)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ((0x0002800C, b"It runs small.\0"), "It runs small."),
        (properties((0x1000, 0x1E, b"Gr\xfc\xdfe\0")), "Grüße"),
        (properties((0x1000, 0x1F, "Grüße, дом\0".encode("utf-16-le"))), "Grüße, дом"),
        (properties((0x1013, 0x102, b"<p>It runs <b>small</b>.</p>")), "It runs small."),
        (properties((0x1009, 0x102, PACKED)), "Grüße,\nit runs small."),
    ],
)
def test_what_outlook_packed_is_read_where_a_mail_says_nothing_else(
    record: tuple[int, bytes], words: str
) -> None:
    head = b"From: a@b.example\nContent-Type: application/ms-tnef; name=winmail.dat\n"
    body = b"Content-Transfer-Encoding: base64\n\n" + b64encode(winmail(record))
    message, _ = read(head + body)
    assert message.text == words
    page = message.html or ""
    assert ("<b>small</b>" in page) == (b"<b>" in record[1])


def test_an_answer_in_winmail_is_told_from_what_it_quotes() -> None:
    said = "Yes, M.\r\n\r\nOn Mon, Mia <mia@mail.example> wrote:\r\n> Does it run small?\r\n"
    packed = winmail((0x0002800C, said.encode()))
    head = b"From: a@b.example\nContent-Type: application/ms-tnef\n"
    _, told = read(head + b"Content-Transfer-Encoding: base64\n\n" + b64encode(packed))
    assert told.reply_text == "Yes, M."


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_no_bytes_of_winmail_make_the_reading_fail(loose: bytes, at: int, byte: int) -> None:
    whole = winmail(
        properties((0x1009, 0x102, PACKED), (0x1000, 0x1F, b"a\0")), (0x00069003, loose)
    )
    spoilt = whole[:at] + bytes([byte]) + whole[at + 1 :]
    for packed in (spoilt, spoilt[:at], winmail(properties((0x1009, 0x102, loose)))):
        plain, page = words_in(packed)
        assert isinstance(plain, str)
        assert isinstance(page, str)


def test_files_keep_their_names_and_are_found_in_winmail() -> None:
    packed = winmail((0x00069002, b""), (0x00018010, b"plan.txt\0"), (0x0006800F, b"hello"))
    message, _ = read(
        b"From: a@b.example\nContent-Type: multipart/mixed\n\n--xx\nContent-Type: text/plain\n\nhi\n"
        b"--xx\nContent-Type: image/png; name*0*=utf-8''%C3%BC; name*1*=%2Fa.png\n"
        b"Content-ID: <p1>\nContent-Transfer-Encoding: base64\n\naGVsbG8\n"
        b'--xx\nContent-Type: application/ms-tnef; name="winmail.dat"\n'
        b"Content-Transfer-Encoding: binary\n\n" + packed + b"\n--xx--\n"
    )
    assert message.text == "hi"
    assert [one.name for one in message.attachments] == ["a.png", "winmail.dat", "plan.txt"]
    assert message.attachments[0].inline_id == "p1"
    assert message.attachments[2].data == b"hello"


@pytest.mark.parametrize(
    "page",
    [
        "<script>alert(1)</script>",
        "<svg><a xlink:href='javascript:alert(1)'><script>1</script></a></svg>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<img src=x onerror=alert(1)>",
        "<style>@import url(//evil)</style>",
        "<div style='background:url(//evil)'>x</div>",
        "<form action=//evil><input></form>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<iframe srcdoc='<script>1</script>'></iframe>",
        "<a href='data:text/html,<script>1</script>'>x</a>",
        "<img src='data:image/svg+xml;base64,AAAA'>",
    ],
)
def test_hostile_pages_become_inert(page: str) -> None:
    shown = safe(page).lower()
    for sign in (
        "<script",
        "<svg",
        "<style",
        "<form",
        "<iframe",
        "<math",
        "onerror=",
        "javascript:",
        "url(",
        "src=",
        "data:",
    ):
        assert sign not in shown.replace("data-remote-src", "")


def test_pictures_from_elsewhere_wait_and_those_that_came_along_show() -> None:
    shown = safe('<img src="https://evil.example/p.png?>"><img src="cid:p1">')
    assert 'data-remote-src="https://evil.example' in shown
    assert ' src="https' not in shown
    assert 'src="cid:p1"' in shown


@pytest.mark.parametrize(
    "body",
    [
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
        ),
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 100_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
        b"Content-Type: text/html\n\n" + b"<blockquote>" * 40_000,
        b"To: " + b"(" * 50_000 + b"\nSubject: " + b"=?utf-8?q?" * 10_000 + b"\n\nhi",
        b"To: " + b"a@b.example, " * 50_000 + b"\n\n" + b"On a " * 200_000,
        b"\n" + b"begin 644 a\n" * 50_000,
        b"\n" + b"On 12:00\n" * 100_000,
    ],
)
@pytest.mark.timeout(30)
def test_bombs_are_capped(body: bytes) -> None:
    facts = facts_of(b"From: a@b.example\n" + body, House())
    assert facts[0].kind == "message"


WHOLE = (
    b"From: a@b.example\r\nTo: =?utf-8?q?=C3=BC?= <c@d.example>\r\nSubject: x\r\nDate: Mon, 1 Jan 2024 10:00:00 +0200\r\n"
    b"Authentication-Results: mx; dmarc=pass\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=gb2312\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3</p>\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <x@y>\r\n\r\n--b--\r\n"
)


@given(st.binary(max_size=2_000))
@settings(max_examples=150, deadline=None)
def test_no_bytes_are_a_fault(body: bytes) -> None:
    assert facts_of(body, House(host="mx", secret="s"))[0].kind == "message"


@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=4), st.integers(0, 30)),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_mangled_mail_is_a_fault(cuts: list[tuple[int, bytes, int]]) -> None:
    body = WHOLE
    for at, put, length in cuts:
        body = body[:at] + put + body[at + length :]
    assert facts_of(body, House(host="mx", secret="s"))


def test_what_was_made_safe_may_be_made_safe_again() -> None:
    page = '<img src="https://far.example/p.png"><img src="cid:p1"><p style="background:#123">x</p>'
    once = safe(page)
    assert safe(once) == once
    assert 'data-remote-src="https://far.example/p.png"' in once


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("background: #123456", True),
        ("background:navy", True),
        ("background: rgb(1, 2, 3)", True),
        ("background:#123 url(https://far.example/p.png)", False),
        ("background:url(//far.example)", False),
        ("background:#123 \\75rl(x)", False),
    ],
)
def test_light_words_keep_the_dark_ground_that_they_stand_on(style: str, kept: bool) -> None:
    shown = safe(f'<p style="{style}; color: #fff">x</p>')
    assert ("background-color" in shown) is kept
    assert "color:#fff" in shown.replace(" ", "")
    assert "far.example" not in shown
