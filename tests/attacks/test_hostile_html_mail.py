"""Hostile HTML in a mail is inert wherever it stands: body, subject, name, file; nothing is loaded unasked."""

from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser

from shopbell.connectors.channels.email.account import opened
from shopbell.connectors.channels.email.composing import composed
from shopbell.connectors.channels.email.pages import safe
from tests.channels.conftest import Line
from tests.channels.mailing import forwarded, mail, post
from tests.channels.sending import outgoing
from tests.desk.conftest import shop
from tests.jobs.conftest import rows

__all__ = ["forwarded", "post", "shop"]

RUN = "window.ran=1"
FAR = "https://evil.example"
PAGES = {
    "script": f"<script>{RUN}</script>",
    "script in parts": f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    "script with a far source": f"<script src={FAR}/a.js></script>",
    "handler": f"<img src=x onerror={RUN}>",
    "handler with a slash": f"<img/src=x/onerror={RUN}>",
    "handler in capitals": f"<IMG SRC=x OnErRoR={RUN}>",
    "handler on a body": f"<body onload={RUN} onpageshow={RUN}>",
    "handler by focus": f"<a href=# autofocus tabindex=1 onfocus={RUN}>x</a>",
    "handler on an unknown tag": f"<x-y onanimationstart={RUN} style=animation:x>",
    "details": f"<details open ontoggle={RUN}>",
    "marquee": f"<marquee onstart={RUN}>",
    "svg": f"<svg onload={RUN}>",
    "svg script": f"<svg><script>{RUN}</script></svg>",
    "svg animate": f"<svg><a><animate attributeName=href values=javascript:{RUN} /><text>x</text></a></svg>",
    "svg use": f"<svg><use href='data:image/svg+xml,<svg id=x onload={RUN}>#x'/></svg>",
    "foreign object": f"<svg><foreignObject><iframe srcdoc='<script>{RUN}</script>'></iframe></foreignObject></svg>",
    "math": f"<math><mi xlink:href='javascript:{RUN}'>x</mi></math>",
    "mutation math": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    "mutation noscript": f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    "mutation template": f"<template><p title='</template><img src=x onerror={RUN}>'>",
    "mutation textarea": f"<textarea><p title='</textarea><img src=x onerror={RUN}>'>",
    "mutation xmp": f"<xmp><p title='</xmp><img src=x onerror={RUN}>'>",
    "mutation comment": f"<!--><img src=x onerror={RUN}>-->",
    "mutation conditional": f"<!--[if gte mso 9]><img src=x onerror={RUN}><![endif]-->",
    "mutation conditional shown": f"<![if !mso]><img src=x onerror={RUN}><![endif]>",
    "mutation cdata": f"<svg><![CDATA[><img src=x onerror={RUN}>]]></svg>",
    "mutation form": f"<form><div></form><form id=x tabindex=0><img src=x onerror={RUN}>",
    "mutation select": f"<select><template><img src=x onerror={RUN}></template></select>",
    "mutation table": f"<table><td background='{FAR}/p.png'><caption><svg onload={RUN}></caption></table>",
    "link by javascript": f"<a href='javascript:{RUN}'>x</a>",
    "link with a tab": f"<a href='java\tscript:{RUN}'>x</a>",
    "link with entities": f"<a href='&#106;avascript&colon;{RUN}'>x</a>",
    "link with a control": f"<a href='\x01javascript:{RUN}'>x</a>",
    "link with vbscript": "<a href='vbscript:x'>x</a>",
    "link to data": f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    "link to a blob": "<a href='blob:https://evil.example/1'>x</a>",
    "link to a file": "<a href='file:///etc/passwd'>x</a>",
    "link within": "<a href='/api/tickets'>x</a>",
    "link of no scheme": "<a href='//evil.example'>x</a>",
    "base": f"<base href='{FAR}'><a href='x'>x</a>",
    "form": f"<form action={FAR}><input name=q autofocus onfocus={RUN}><button formaction='javascript:{RUN}'>x",
    "frame": f"<iframe src={FAR}></iframe>",
    "frame with a page": f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "object": f"<object data={FAR}/a.swf></object><embed src={FAR}/a.swf>",
    "meta": f"<meta http-equiv=refresh content='0;url={FAR}'>",
    "stylesheet": f"<link rel=stylesheet href={FAR}/a.css>",
    "prefetch": f"<link rel=prefetch href={FAR}/a><link rel=dns-prefetch href={FAR}>",
    "style import": f"<style>@import url({FAR}/a.css);*{{background:url({FAR}/b)}}</style>",
    "style in place": f"<p style='background:url({FAR}/p.png);behavior:url(x);width:expression({RUN})'>x</p>",
    "style over the page": "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999'>x</div>",
    "style colour": f"<p style='color:url({FAR}/c)'>x</p>",
    "picture": f"<img src={FAR}/p.png>",
    "picture of no scheme": "<img src=//evil.example/p.png>",
    "picture within": "<img src=/api/logout>",
    "picture by http": "<img src='http://evil.example/p.png'>",
    "picture by sets": f"<img srcset='{FAR}/p.png 2x' src={FAR}/q.png>",
    "picture by sources": f"<picture><source srcset={FAR}/p.png><img></picture>",
    "picture with quotes": f"<img alt='\"><img src={FAR}/p.png>' src='{FAR}/a.png?\"><img src={FAR}/b.png>'>",
    "picture told to be waiting": f"<img data-remote-src='{FAR}/a.png' src='{FAR}/b.png'>",
    "picture as svg": f"<img src='data:image/svg+xml,<svg onload={RUN}>'>",
    "picture input": f"<input type=image src={FAR}/p.png>",
    "picture old": f"<image src={FAR}/p.png><img lowsrc={FAR}/q.png dynsrc={FAR}/r.png>",
    "sound": f"<audio src={FAR}/a.mp3 autoplay></audio><video poster={FAR}/p.png src={FAR}/v></video>",
    "background": f"<table background={FAR}/p.png><td background={FAR}/q.png>x</td></table><body background={FAR}/r>",
    "ids of ours": "<p id=app class=composer name=config>x</p><img id=getElementById>",
    "utf-7": "+ADw-script+AD4-window.ran=1+ADw-/script+AD4-",
    "nul": f"<scr\0ipt>{RUN}</scr\0ipt><img src=x o\0nerror={RUN}>",
    "deep": "<div>" * 3_000 + f"<script>{RUN}</script>",
    "long": f"<p {'a=1 ' * 20_000} onclick={RUN}>x</p>",
}
KEPT = {
    *[
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
    ],
    *[
        "ins",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
    ],
}
ATTRIBUTES = {
    *[
        "href",
        "rel",
        "src",
        "alt",
        "width",
        "height",
        "colspan",
        "rowspan",
        "align",
        "valign",
        "border",
        "cellpadding",
        "cellspacing",
        "color",
        "start",
        "type",
        "dir",
        "lang",
    ],
    *("style", "data-remote-src"),
}
STYLES = {
    *("color", "background-color", "font-weight", "font-style", "text-align"),
    *("text-decoration", "direction"),
}


class Strict(HTMLParser):
    """Fails for whatever may not stand in a page that is shown."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KEPT, tag
        for name, value in attrs:
            told = (value or "").strip().lower()
            assert name in ATTRIBUTES, f"{tag} {name}"
            if name == "href":
                assert told.startswith(("http://", "https://", "mailto:", "tel:")), told
            if name == "src":
                assert told.startswith(("cid:", "data:image/")), told
                assert "svg" not in told
            if name == "style":
                names = {one.partition(":")[0].strip() for one in told.split(";") if one.strip()}
                assert names <= STYLES, told
                assert "url" not in told
        if tag == "a":
            assert "noopener" in dict(attrs).get("rel", "noopener")  # pyright: ignore[reportOperatorIssue]


def strict(page: str) -> None:
    reader = Strict()
    reader.feed(page)
    reader.close()


@pytest.mark.parametrize("name", PAGES)
def test_only_harmless_elements_are_left(name: str) -> None:
    shown = safe(PAGES[name])
    strict(shown)
    strict(safe(shown))


_bits = st.sampled_from(
    [*PAGES.values(), "<", ">", '"', "'", "<!--", "-->", "</", "&lt;", "<p>", "<table>"]
)


@given(st.lists(_bits, min_size=2, max_size=5), st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_no_mix_of_them_is_harmful(bits: list[str], start: int, cut: int) -> None:
    page = "".join(one[:2_000] for one in bits)
    page = page[:start] + page[start + cut % 7 :]
    strict(safe(page))


async def test_a_browser_runs_nothing_and_asks_for_nothing(browser: Browser) -> None:
    page = await (await browser.new_context()).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.set_content("<!doctype html><title>x</title><main></main>")
    for name, told in PAGES.items():
        ran = await page.evaluate(
            "shown => { const main = document.querySelector('main'); main.innerHTML = shown;"
            " for (const one of main.querySelectorAll(':not(a)')) one.click();"
            " return [window.ran, document.title] }",
            safe(told),
        )
        assert ran == [None, "x"], name
    await page.set_content("".join(safe(one) for one in PAGES.values()))
    assert await page.evaluate("() => window.ran") is None
    assert asked == []
    await page.set_content(PAGES["handler"])
    await page.wait_for_function("window.ran === 1")


NAMED = [
    f"<img src=x onerror={RUN}>",
    f"</title><script>{RUN}</script>",
    "=?utf-8?q?=3Cscript=3E1=3C/script=3E?=",
    "=?utf-8?b?PHNjcmlwdD4xPC9zY3JpcHQ+?=",
]


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:Session.login_data")
async def test_what_is_kept_is_inert_in_body_subject_name_and_file(forwarded: Line) -> None:
    for number, name in enumerate(NAMED):
        made = mail("", Auto_Submitted="no")
        del made["From"], made["Subject"]
        made["X-From"], made["X-Subject"] = "x", "x"
        made.set_content(
            "<b>Hi</b>" + "".join(one for one in PAGES.values() if len(one) < 1_000), subtype="html"
        )
        made.add_attachment(
            b"<script>1</script>", maintype="text", subtype="html", filename=f"{name}.html"
        )
        made.add_attachment(
            b"<svg onload=x>", maintype="image", subtype="svg+xml", filename="a.svg"
        )
        body = bytes(made).replace(
            b"X-From: x", f"From: {_quoted(name)} <{number}@mail.example>".encode()
        )
        body = body.replace(b"X-Subject: x", f"Subject: {name}".encode())
        given = await forwarded.post(body, {"x-shopbell-key": "a-secret-of-this-connection"})
        assert given.status_code == 200
    found = await rows(
        forwarded.desk,
        "SELECT m.html, m.extra, k.subject, c.name FROM message m JOIN ticket k ON k.id = m.ticket_id"
        " JOIN customer c ON c.id = k.customer_id ORDER BY m.at",
    )
    assert len(found) == len(NAMED)
    for one in found:
        strict(one["html"])
        assert one["html"].startswith("<b>Hi</b>")
        assert "onerror" in one["subject"] or "script" in one["subject"], "words, shown as words"
        kinds = {file["name"]: file["media_type"] for file in one["extra"]["attachments"]}
        assert set(kinds.values()) <= {"text/plain", "application/octet-stream"}
        assert all(not name.endswith((".html", ".svg")) for name in kinds), kinds


def _quoted(name: str) -> str:
    return name if name.startswith("=?") else f'"{name}"'


@pytest.mark.parametrize("words", NAMED[:2])
async def test_what_we_send_holds_nobodys_html(words: str) -> None:
    told = outgoing(
        "email", "", {"address": "help@shop.example"}, "mia@mail.example", text=f"{words} **b**"
    )
    account = opened(told.connection, told.credentials)
    page = (await composed(told, account, "mia@mail.example")).get_body(("html",))
    assert isinstance(page, EmailMessage)
    shown = page.get_content()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<strong>b</strong>" in shown
