"""Mail at the inbox: how it was laid out, with nothing in it that runs or tells, and copies of answers."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import Browser, FrameLocator, Route, expect

from shopbell.desk.connections.commands import connect, set_health
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from tests.browser.inbox import BEN, Inbox, enter
from tests.browser.test_channels import rows
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.channels.mailing import CREDENTIALS, SECRET, mail, options, quiet_server
from tests.peers.smtp import Post, post_office
from tests.server.uploading import picture
from tests.stack import Stack

pytestmark = quiet_server
FAR = "https://far.example"
LAID_OUT = f"""<html><head><title>x</title><style>@import url({FAR}/import.css);</style></head>
<body background="{FAR}/ground.png"><table bgcolor="#10243e" style="color:#fff"><tr><td>
<h2>Your new coat</h2><p style="background:url({FAR}/style.png)">It runs <b>small</b>.</p>
<img src="cid:coat@mail" width="40" height="30" alt="The coat"><img src="{FAR}/open.png" width="60"
height="200" alt="Far"></td></tr></table><a href="https://shop.example/coat">See it</a></body></html>"""
HOSTILE = f"""<script>top.ran = parent.ran = 'script'; fetch('{FAR}/script')</script>
<script src="{FAR}/script.js"></script><img src="x" onerror="top.ran = 'onerror'">
<img src="{FAR}/picture.png" srcset="{FAR}/set.png 2x">
<style>@import url({FAR}/import.css); body {{ background: url({FAR}/style.png) }}
@font-face {{ font-family: f; src: url({FAR}/font.woff) }} b {{ font-family: f }}</style><b>Font</b>
<link rel="stylesheet" href="{FAR}/link.css"><link rel="prefetch" href="{FAR}/prefetch">
<meta http-equiv="refresh" content="0; url={FAR}/refresh"><base href="{FAR}/">
<svg onload="top.ran = 'svg'"><script>top.ran = 'svg script'</script><image href="{FAR}/svg.png"/>
<use href="{FAR}/use.svg#a"/></svg><iframe src="{FAR}/frame"></iframe>
<iframe srcdoc="<script>top.ran = 'srcdoc'</script>"></iframe><object data="{FAR}/object"></object>
<embed src="{FAR}/embed"><video poster="{FAR}/poster.png" src="{FAR}/video"></video>
<audio src="{FAR}/audio" autoplay></audio><input autofocus onfocus="top.ran = 'focus'">
<form action="{FAR}/form" method="post"><input name="password"><button>Sign in</button></form>
<a href="javascript:top.ran = 'link'">Link</a>"""
SEEN = "() => [window.ran ?? null, document.title.includes('Shopbell')]"


@dataclass(frozen=True)
class Address:
    """An address of the demo shop that mail is forwarded to, and the mail server that it answers by."""

    stack: Stack
    post: Post
    id: UUID

    async def gets(self, made: EmailMessage) -> None:
        """A mail arrives."""
        headers = {"x-shopbell-key": SECRET, "content-type": "message/rfc822"}
        async with httpx.AsyncClient(base_url=self.stack.base_url) as http:
            given = await http.post(f"/hooks/{self.id}", content=bytes(made), headers=headers)
            given.raise_for_status()


@asynccontextmanager
async def address_of(stack: Stack) -> AsyncGenerator[Address]:
    """A connected one that is quiet again afterwards."""
    address = f"help-{uuid4().hex[:8]}@shop.example"
    async with post_office() as post, open_desk(stack.database_url, size=2) as desk:
        brand = (await rows(stack, "SELECT id FROM brand LIMIT 1"))[0]["id"]
        connection = await connect(
            desk,
            Vault(stack.settings.secret_key),
            brand,
            "email",
            address,
            CREDENTIALS,
            account=address,
            settings=ConnectionSettings(options={**options(post).options, "address": address}),
        )
        await rows(stack, "UPDATE connection SET answer_mode = 'off' WHERE id = %s", connection.id)
        try:
            yield Address(stack, post, connection.id)
        finally:
            await set_health(desk, connection.id, "off", "Over.")


def laid_out(words: str, page: str = LAID_OUT) -> EmailMessage:
    """A mail of a new customer as text and as HTML, with a picture within it."""
    made = mail(words, sender=f"Mia Berg <mia-{uuid4().hex[:8]}@mail.example>")
    made.add_alternative(page, subtype="html")
    parts: Any = made.get_payload()
    parts[1].add_related(picture(), "image", "png", cid="<coat@mail>")
    return made


@asynccontextmanager
async def opened(
    stack: Stack, browser: Browser, made: EmailMessage, words: str, **context: Any
) -> AsyncGenerator[tuple[Inbox, Address, list[dict[str, str]]]]:
    """The mail in the inbox, and what it asked of others than our server since."""
    asked: list[dict[str, str]] = []

    async def answer(route: Route) -> None:
        asked.append({"url": route.request.url, **await route.request.all_headers()})
        await route.fulfill(body=picture(), content_type="image/png")

    async with address_of(stack) as address:
        await address.gets(made)
        inbox = await enter(browser, stack, BEN, "/?view=open", **context)
        await inbox.page.context.route(lambda url: not url.startswith(stack.base_url), answer)
        await inbox.open(words)
        yield inbox, address, asked
        await inbox.button("Resolve").click()
        await expect(inbox.button("Reopen")).to_be_visible()


def sheet(inbox: Inbox) -> FrameLocator:
    return inbox.log.frame_locator("iframe.sheet:not(.coming)")


async def test_a_mail_shows_as_it_was_laid_out_and_asks_others_only_when_told_to(
    stack: Stack, browser: Browser
) -> None:
    words = f"It runs small {uuid4().hex[:6]}"
    async with opened(stack, browser, laid_out(words), words) as (inbox, _, asked):
        await inbox.page.route("**/original*", lambda route: route.abort())
        await inbox.button("Show original").click()
        await expect(inbox.page.get_by_text("The original could not be opened.")).to_be_visible()
        await expect(inbox.message(words)).to_be_visible()
        await expect(inbox.log.locator("iframe")).to_have_count(0)
        await inbox.page.unroute("**/original*")
        await inbox.button("Show original").click()
        page, frame = sheet(inbox), inbox.log.locator("iframe.sheet")
        await expect(page.get_by_role("heading", name="Your new coat")).to_be_visible()
        await expect(inbox.message(words)).to_have_count(0)
        came = page.get_by_role("img", name="The coat")
        assert await came.evaluate("one => one.naturalWidth") == 40
        ground = "one => getComputedStyle(one.closest('table')).backgroundColor"
        assert await came.evaluate(ground) == "rgb(16, 36, 62)"
        assert await page.locator("script, form, meta[http-equiv], link, svg").count() == 0
        fits = "one => one.clientHeight - one.contentDocument.documentElement.scrollHeight"
        assert await frame.evaluate(fits) == 0
        low = await frame.evaluate("one => one.clientHeight")
        await expect(page.get_by_role("link", name="See it")).to_have_attribute(
            "rel", "noopener noreferrer nofollow"
        )
        assert asked == []

        await inbox.button("Load remote pictures").click()
        far = page.get_by_role("img", name="Far")
        await expect(far).to_have_attribute("src", f"{FAR}/open.png")
        assert await far.evaluate("one => one.naturalWidth") == 40
        await expect(frame).to_have_count(1)
        assert await frame.evaluate(fits) == 0
        assert await frame.evaluate("one => one.clientHeight") >= low
        assert [one["url"] for one in asked] == [f"{FAR}/open.png"]
        assert not {"referer", "cookie", "origin"} & set(asked[0])
        await expect(inbox.button("Show text")).to_be_focused()

        await inbox.page.reload()
        await inbox.button("Show original").click()
        await expect(page.get_by_role("heading", name="Your new coat")).to_be_visible()
        await expect(inbox.button("Load remote pictures")).to_be_visible()
        await inbox.button("Show text").click()
        await expect(inbox.message(words)).to_be_visible()
        assert len(asked) == 1

        await inbox.button("Show original").click()
        async with inbox.page.context.expect_page() as coming:
            await page.get_by_role("link", name="See it").click()
        tab = await coming.value
        await expect(tab).to_have_url("https://shop.example/coat")
        assert await tab.evaluate("() => [opener, document.referrer]") == [None, ""]
        await tab.close()
        await inbox.log.focus()


async def test_the_frame_alone_holds_a_page_that_nobody_made_safe(
    stack: Stack, browser: Browser
) -> None:
    words = f"Look at this {uuid4().hex[:6]}"
    async with opened(stack, browser, laid_out(words), words) as (inbox, _, asked):
        told: list[str] = []

        async def swap(route: Route) -> None:
            real = await route.fetch()
            told.append(real.headers["content-security-policy"])
            start, _, rest = (await real.text()).partition('<body id="mail">')
            await route.fulfill(response=real, body=f'{start}<body id="mail">{HOSTILE}{rest}')

        await inbox.page.context.route("**/original*", swap)
        await inbox.button("Show original").click()
        page = sheet(inbox)
        await expect(page.get_by_text("Font")).to_be_visible()
        await page.get_by_role("link", name="Link", exact=True).click()
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("button", name="Sign in")).to_be_focused()
        assert await inbox.page.evaluate(SEEN) == [None, True]
        assert (asked, len(inbox.page.context.pages)) == ([], 1)

        await inbox.button("Load remote pictures").click()
        await expect(inbox.log.locator("iframe.sheet:not(.coming)")).to_have_attribute(
            "src", re.compile("pictures=yes")
        )
        await expect(inbox.log.locator("iframe.sheet")).to_have_count(1)
        kinds = {one["url"].rpartition(".")[2] for one in asked}
        # Chromium lets `prefetch` through where any kind may pass; mails made safe hold none.
        assert kinds - {"example/prefetch"} == {"png"}
        assert await inbox.page.evaluate(SEEN) == [None, True]
        assert [" https:" in one for one in told] == [False, True]


async def test_the_inbox_itself_takes_no_pictures_from_elsewhere_and_no_styles_of_mails(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN)
    policy = (await inbox.page.request.get("/")).headers["content-security-policy"]
    kinds = dict(one.split(" ", 1) for one in policy.split("; "))
    assert kinds["default-src"] == "'self'"
    assert kinds["img-src"] == "'self' data: blob:"
    assert "frame-src" not in kinds
    assert "unsafe" not in policy


async def test_copies_go_to_whom_they_were_typed_for_and_to_nobody_by_themselves(
    stack: Stack, browser: Browser
) -> None:
    words = f"Two of us ask {uuid4().hex[:6]}"
    made = mail(words, sender=f"mia-{uuid4().hex[:8]}@mail.example", Cc="sister@mail.example")
    async with opened(stack, browser, made, words) as (inbox, address, _):
        keys, page = inbox.page.keyboard, inbox.page
        cc, bcc = (
            page.get_by_role("textbox", name="Cc", exact=True),
            page.get_by_role("textbox", name="Bcc"),
        )
        await expect(cc).to_have_count(0)
        await inbox.box.fill("Both are here.")
        await inbox.button("Copies").click()
        await keys.type("sister@mail")
        await expect(cc).to_be_focused()
        await keys.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("“sister@mail” is no address")
        await expect(inbox.button("Send")).to_be_disabled()
        await keys.type(".example,")
        await expect(inbox.button("Send no copy to sister@mail.example")).to_be_visible()
        await keys.type("Jo Berg <JO@mail.example>")
        await keys.press("Enter")
        await keys.type("wrong@mail.example ")
        await expect(inbox.button("Send no copy to wrong@mail.example")).to_be_visible()
        await keys.press("Backspace")
        await expect(inbox.button("Send no copy to wrong@mail.example")).to_have_count(0)
        await page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []

        await page.reload()
        await expect(inbox.box).to_have_value("Both are here.")
        await expect(inbox.button("Send no copy to jo@mail.example")).to_be_visible()
        await inbox.button("Team note").click()
        await expect(cc).to_have_count(0)
        await inbox.button("Public reply").click()
        await bcc.fill("boss@shop.example")
        await inbox.button("Send").click()
        await expect(inbox.message("Both are here.").locator(".state")).to_have_text("Sent")
        (sent,) = address.post.mails
        assert sent["Cc"] == "sister@mail.example, jo@mail.example"
        assert sent["Bcc"] is None
        assert address.post.envelopes[0][1][1:] == [
            "sister@mail.example",
            "jo@mail.example",
            "boss@shop.example",
        ]
        await expect(cc).to_have_count(0)
        await inbox.reply("And one for you alone.")
        await expect(inbox.message("for you alone").locator(".state")).to_have_text("Sent")
        assert len(address.post.envelopes[1][1]) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_at_an_original(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    words = f"Axe {scheme} {uuid4().hex[:6]}"
    looks = {"color_scheme": scheme, "reduced_motion": "reduce"}
    async with opened(stack, browser, laid_out(words), words, **looks) as (inbox, _, _):
        await inbox.button("Show original").click()
        await expect(sheet(inbox).get_by_role("heading", name="Your new coat")).to_be_visible()
        await inbox.button("Copies").click()
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        white = "one => getComputedStyle(one.contentDocument.body).backgroundColor"
        frame = inbox.log.locator("iframe.sheet")
        assert await frame.evaluate(white) == "rgb(255, 255, 255)"
        await inbox.page.keyboard.press("Escape")
        await expect(inbox.box).to_be_focused()
