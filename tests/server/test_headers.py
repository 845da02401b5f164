"""What the browser is told beside the answer itself."""

import os
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, ConsoleMessage

from shopbell.desk.database import open_desk
from shopbell.server.app import create_app
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.server.conftest import Door, Inbox
from tests.server.live import PASSWORD, Served, serving, until


async def test_what_the_api_answers_is_kept_nowhere_and_never_guessed(door: Door) -> None:
    ben, stranger = await door.agent(), Inbox(door.client(), door.settings.public_url)
    answers = [
        await ben.ask("GET", "/api/me"),
        await ben.ask("GET", "/api/tickets/none"),
        await ben.ask("GET", "/api/nowhere"),
        await stranger.ask("GET", "/api/me"),
        await stranger.ask("POST", "/api/session", json={}),
        await (await door.chat()).ask("GET", "/api/widget/messages"),
    ]
    for answer in answers:
        assert answer.headers.get_list("cache-control") == ["no-store"]
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_every_refusal_is_a_problem_document(door: Door) -> None:
    ben = await door.agent()
    big = b'{"email": "' + b"x" * 300_000 + b'"}'
    refusals = {
        401: await Inbox(door.client(), door.settings.public_url).ask("GET", "/api/me"),
        403: await ben.ask("GET", "/api/agents"),
        404: await ben.ask("GET", "/api/nowhere"),
        405: await ben.ask("PUT", "/api/me"),
        413: await ben.ask("POST", "/api/session", content=big),
        422: await ben.ask("POST", "/api/session", content=b"[" * 200_000),
    }
    for status, answer in refusals.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json().items() >= {"status": status}.items()
        assert answer.json()["title"]


async def test_a_fault_of_ours_is_told_in_words_without_its_insides(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("shopbell.server.sessions.decode", broken)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            headers = {"origin": settings.public_url}
            answer = await client.post("/api/session", json={}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (500, "broken")
    assert "inside" not in answer.text


async def test_a_question_that_takes_too_long_is_given_up(database_url: str) -> None:
    async with open_desk(database_url, size=1) as desk, desk.pool.connection() as connection:
        found = await connection.execute("SHOW statement_timeout")
        assert await found.fetchone() == {"statement_timeout": "10s"}


async def test_the_page_of_the_inbox_may_run_nothing_but_its_own_files(
    door: Door, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "index.html").write_text("<!doctype html>")
    settings = msgspec.structs.replace(door.settings, web_dist=tmp_path)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        client = Door(app, door.shop, settings).client()
        for path in ("/", "/t/1001", "/invitation"):
            policy = (await client.get(path)).headers["content-security-policy"].split("; ")
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in str(policy)


async def test_an_address_that_is_none_is_a_page_for_people_and_a_problem_for_programs(
    door: Door, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "index.html").write_text("<!doctype html>")
    settings = msgspec.structs.replace(door.settings, web_dist=tmp_path)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        client = Door(app, door.shop, settings).client()
        person = {"accept": "text/html,*/*;q=0.8"}
        shown = await client.get("/old/bookmark", headers=person)
        assert (shown.status_code, shown.text) == (404, "<!doctype html>")
        told = await client.get("/old/bookmark", headers={"accept": "*/*"})
        assert (told.status_code, told.json()["status"]) == (404, 404)
        gone = await client.get("/api/tickets/none", headers=person)
        assert gone.headers["content-type"] == "application/problem+json", "our own doors say it"


async def test_page_and_loader_are_asked_for_each_time_and_sent_once_a_build(
    door: Door, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    settings = msgspec.structs.replace(door.settings, web_dist=tmp_path)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        client = Door(app, door.shop, settings).client()
        for path, name in (("/", "inbox/index.html"), ("/widget.js", "widget.js")):
            assert (await client.get(path)).status_code == 503
            (tmp_path / name).write_text("one build")
            first = await client.get(path)
            assert (first.status_code, first.text) == (200, "one build")
            assert first.headers["cache-control"] == "no-cache"
            mark = first.headers["etag"]
            for known in (mark, f"W/{mark}", f'"other", {mark}'):
                again = await client.get(path, headers={"if-none-match": known})
                assert (again.status_code, again.content) == (304, b"")
                assert again.headers["etag"] == mark
                assert again.headers["cache-control"] == "no-cache"
            made = (tmp_path / name).stat()
            (tmp_path / name).write_text("new build")
            os.utime(tmp_path / name, ns=(made.st_atime_ns, made.st_mtime_ns))
            anew = await client.get(path, headers={"if-none-match": mark})
            assert (anew.status_code, anew.text) == (200, "new build")


async def test_the_built_inbox_keeps_to_its_policy(
    settings: Settings, shop: Shop, browser: Browser
) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            said.append(message.text)

    async with serving(settings, shop) as served:
        page = await browser.new_page()
        page.on("console", hear)
        await page.goto(served.url)
        await page.get_by_label("Email").fill("ben@demo.shop")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("list", name="Tickets").wait_for(state="attached")
        await until(lambda: listens(served))
        await page.evaluate(
            "() => { const inline = document.createElement('script');"
            " inline.text = 'window.ran = true'; document.body.append(inline) }"
        )
        assert await page.evaluate("() => window.ran") is None
        assert len(said) == 1, said
        await page.close()


async def listens(served: Served) -> bool:
    """Whether the page's websocket is open."""
    return bool(served.state.hub.agents_listening())
