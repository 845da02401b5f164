"""What each mail program makes of an answer: its MIME, its quoting, its signature."""

import html
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP

from msgspec import Struct

from tests.mails.further import FURTHER
from tests.mails.languages import LANGUAGES, MIA, MIA_NAME, SHOP, SHOP_NAME, Language

SUBJECT = "Re: Wool coat"
ALL = {**LANGUAGES, **FURTHER}


class Case(Struct, frozen=True, kw_only=True):
    """A mail, and what of it its writer newly wrote."""

    name: str
    mail: bytes
    new: str


def mail(plain: str | None, page: str | None = None, *, flowed: bool = False) -> bytes:
    """The bytes of a mail with these texts."""
    made = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    made["From"] = f"{MIA_NAME} <{MIA}>"
    made["To"] = f"{SHOP_NAME} <{SHOP}>"
    made["Subject"] = SUBJECT
    made["Message-ID"] = "<one@mail.example>"
    made["In-Reply-To"] = "<zero@shop.example>"
    if plain is not None:
        made.set_content(plain)
        if flowed:
            made.set_param("format", "flowed")
        if page is not None:
            made.add_alternative(page, subtype="html")
    elif page is not None:
        made.set_content(page, subtype="html")
    return bytes(made)


def quoted(text: str, sign: str = "> ") -> str:
    """The text with a sign before each line."""
    return "\n".join(f"{sign}{one}".rstrip() for one in text.split("\n"))


def block(told: Language, *, bold: str = "") -> str:
    """The head of a quoted mail as Outlook writes it."""
    values = (f"{SHOP_NAME} <{SHOP}>", told.when, f"{MIA_NAME} <{MIA}>", SUBJECT)
    rows = zip(told.labels, values, strict=True)
    return "\n".join(f"{bold}{label}:{bold} {value}" for label, value in rows)


def _divs(text: str) -> str:
    return "".join(f"<div>{html.escape(one) or '<br>'}</div>" for one in text.split("\n"))


def _paragraphs(text: str) -> str:
    lines = text.split("\n")
    return "".join(
        f'<p class="MsoNormal">{html.escape(one) or "&nbsp;"}<o:p></o:p></p>' for one in lines
    )


def gmail(told: Language) -> tuple[str, str]:
    """Gmail's web page."""
    plain = f"{told.new}\n\n{told.gmail}\n\n{quoted(told.old)}\n"
    page = (
        f'<div dir="ltr">{_divs(told.new)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(told.gmail)}<br></div><blockquote'
        ' class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid'
        f' rgb(204,204,204);padding-left:1ex">{_divs(told.old)}</blockquote></div>'
    )
    return plain, page


def apple(told: Language) -> tuple[str, str]:
    """Apple Mail on a Mac: it also puts its sign before the introduction."""
    plain = f"{told.new}\n\n{quoted(told.apple + chr(10) + chr(10) + told.old)}\n"
    page = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        f'<body style="overflow-wrap: break-word;">{_divs(told.new)}<div><br><blockquote type="cite">'
        f'<div>{html.escape(told.apple)}</div><br class="Apple-interchange-newline">'
        f"<div>{_divs(told.old)}</div></blockquote></div><br></body></html>"
    )
    return plain, page


def iphone(told: Language) -> tuple[str, str]:
    """Mail on an iPhone."""
    plain = (
        f"{told.new}\n\n{told.phone}\n\n{quoted(told.apple + chr(10) + chr(10) + '﻿' + told.old)}\n"
    )
    page = (
        f'<html><body dir="auto">{_divs(told.new)}<br id="lineBreakAtBeginningOfSignature">'
        f'<div dir="ltr">{told.phone}</div><div dir="ltr"><br><blockquote type="cite">'
        f'{html.escape(told.apple)}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">﻿{_divs(told.old)}</div></blockquote></body></html>'
    )
    return plain, page


def outlook(told: Language) -> tuple[str, str]:
    """Outlook on a desk: no sign before what is quoted."""
    plain = f"{told.new}\n\n{block(told)}\n\n{told.old}\n"
    rows = "<br>".join(
        f"<b>{html.escape(label)}:</b> {html.escape(value)}"
        for label, value in (one.split(":", 1) for one in block(told).split("\n"))
    )
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang="EN-US"><div'
        f' class="WordSection1">{_paragraphs(told.new)}<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div>'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
        f'<p class="MsoNormal">{rows}<o:p></o:p></p></div></div>{_paragraphs(told.old)}</div>'
        "</body></html>"
    )
    return plain, page


def outlook_web(told: Language) -> tuple[str, str]:
    """Outlook in the browser."""
    plain = f"{told.new}\n{'_' * 32}\n{block(told)}\n\n{told.old}\n"
    rows = "<br>".join(f"<b>{html.escape(one)}</b>" for one in block(told).split("\n"))
    page = (
        f'<html><body dir="ltr"><div class="elementToProof">{_divs(told.new)}</div>'
        '<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">{rows}</font><div>&nbsp;</div></div>'
        f"<div>{_divs(told.old)}</div></body></html>"
    )
    return plain, page


def outlook_phone(told: Language) -> tuple[str, str]:
    """Outlook on a phone, bold labels in its plain text."""
    foot = "Get Outlook for iOS<https://aka.ms/o0ukef>"
    plain = f"{told.new}\n\n{foot}\n{'_' * 32}\n{block(told, bold='*')}\n\n{told.old}\n"
    rows = "<br>".join(f"<b>{html.escape(one)}</b>" for one in block(told).split("\n"))
    page = (
        f'<html><body><div dir="auto">{_divs(told.new)}</div><div id="ms-outlook-mobile-signature">'
        '<div><br></div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr>'
        f'<div id="divRplyFwdMsg" dir="ltr">{rows}</div>{_divs(told.old)}</body></html>'
    )
    return plain, page


def thunderbird(told: Language) -> tuple[str, str]:
    """Thunderbird, with a signature after the quote's place."""
    plain = (
        f"{told.new}\n\n{told.thunderbird}\n{quoted(told.old)}\n\n-- \n{MIA_NAME}\nHill Road 3\n"
    )
    page = (
        f"<html><body>{''.join(f'<p>{html.escape(one)}</p>' for one in told.new.split(chr(10)) if one)}"
        f'<div class="moz-cite-prefix">{html.escape(told.thunderbird)}<br></div><blockquote type="cite"'
        f' cite="mid:zero@shop.example">{_divs(told.old)}</blockquote>'
        f'<div class="moz-signature">-- <br>{MIA_NAME}<br>Hill Road 3</div></body></html>'
    )
    return plain, page


def samsung(told: Language) -> tuple[str, str]:
    """Samsung's mail on a phone."""
    rule = f"-------- {told.original or 'Original message'} --------"
    foot = told.galaxy or "Sent from my Galaxy"
    head = f"{told.labels[0]}: {SHOP_NAME} <{SHOP}>\nDate: 18/11/2025 15:04 (GMT+01:00)\n"
    head += f"{told.labels[2]}: {MIA}\n{told.labels[3]}: {SUBJECT}"
    plain = f"{told.new}\n\n\n\n{foot}\n\n\n{rule}\n{head}\n\n{told.old}\n"
    page = (
        f'<html><body><div dir="auto">{_divs(told.new)}</div><div><br></div><div'
        f' id="composer_signature" dir="auto">{_divs(foot)}</div><div><br></div><div align="left"'
        f' dir="auto"><div>{rule}</div>{_divs(head)}</div>{_divs(told.old)}</body></html>'
    )
    return plain, page


PROGRAMS: dict[str, Callable[[Language], tuple[str, str]]] = {
    one.__name__: one
    for one in (
        gmail,
        apple,
        iphone,
        outlook,
        outlook_web,
        outlook_phone,
        thunderbird,
        samsung,
    )
}


def answers(language: str) -> Iterator[Case]:
    """An answer by each program in this language: as text alone, as HTML alone, and as both."""
    told = ALL[language]
    for program, write in PROGRAMS.items():
        plain, page = write(told)
        yield Case(name=f"{program} plain", mail=mail(plain), new=told.new)
        yield Case(name=f"{program} html", mail=mail(None, page), new=told.new)
        yield Case(name=f"{program} both", mail=mail(plain, page), new=told.new)
