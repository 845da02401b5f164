"""In and out of the inbox: signing in, links, sessions that end."""

import httpx
import psycopg
from playwright.async_api import Browser, expect

from shopbell.desk.database import open_desk
from shopbell.desk.ids import uuid7
from shopbell.desk.people.invitations import accept, add_agent
from shopbell.server.doors import COOKIE
from tests.browser.inbox import ADA, BEN, CLEO, Inbox, customer_of, enter, session
from tests.stack import Stack


async def test_a_wrong_password_is_told_and_the_right_one_opens_the_inbox(
    stack: Stack, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(f"{stack.base_url}/?view=waiting")
    await expect(page.get_by_label("Email")).to_be_focused()
    await page.keyboard.type(BEN)
    await page.keyboard.press("Tab")
    await page.keyboard.type("not this one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
    password = next(one.password for one in stack.logins if one.email == BEN)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    inbox = Inbox(page)
    await expect(inbox.tickets.first).to_be_visible()
    await expect(inbox.state).to_have_text("Live")
    await page.get_by_role("button", name="Ben Hoekstra agent, your menu").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_an_invitation_sets_a_password_and_works_once(stack: Stack, browser: Browser) -> None:
    email = f"{uuid7().hex}@demo.shop"
    async with open_desk(stack.database_url, size=1) as desk:
        agent, token = await add_agent(desk, email=email, name="Dora", role="agent")
    page = await browser.new_page()
    await page.goto(f"{stack.base_url}/invitation#{token}")
    await page.get_by_label("Name").fill("Dora Lund")
    await page.get_by_label("Password").fill("a-long-green-scarf")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("button", name="Dora Lund agent, your menu")).to_be_visible()
    again = await browser.new_page()
    await again.goto(f"{stack.base_url}/invitation#{token}")
    await again.get_by_label("Name").fill("Somebody else")
    await again.get_by_label("Password").fill("a-long-grey-scarf")
    await again.get_by_role("button", name="Start").click()
    await expect(again.get_by_role("alert")).to_be_visible()
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("UPDATE agent SET disabled_at = now() WHERE id = %s", (agent.id,))


async def test_a_session_that_is_ended_elsewhere_leads_to_the_sign_in_page(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, CLEO, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Before the session ends")
        await inbox.open("Before the session ends")
        await inbox.box.fill("Half a sentence")
        headers = {"Origin": stack.base_url, "Cookie": f"{COOKIE}={inbox.token}"}
        async with httpx.AsyncClient(base_url=stack.base_url, headers=headers) as http:
            assert (await http.delete("/api/session")).status_code == 204
        await expect(inbox.page.get_by_role("alert")).to_contain_text("You were signed out")
        await inbox.page.get_by_label("Email").fill(CLEO)
        password = next(one.password for one in stack.logins if one.email == CLEO)
        await inbox.page.get_by_label("Password").fill(password)
        await inbox.page.get_by_role("button", name="Sign in").click()
        await expect(inbox.box).to_have_value("Half a sentence")
        await inbox.box.fill("")


async def test_an_agent_changes_their_password_from_their_menu(
    stack: Stack, browser: Browser
) -> None:
    email = f"{uuid7().hex}@demo.shop"
    async with open_desk(stack.database_url, size=1) as desk:
        _, token = await add_agent(desk, email=email, name="Pia", role="agent")
        await accept(desk, token, name="Pia", password="a-long-green-scarf")
    inbox = await enter(browser, stack, email)
    elsewhere = await enter(browser, stack, email)
    await inbox.button("Pia agent, your menu").click()
    await inbox.page.get_by_role("menuitem", name="Change password").click()
    await inbox.page.get_by_label("Password now").fill("a-long-red-scarf")
    await inbox.page.get_by_label("New password").fill("a-long-blue-scarf")
    await inbox.button("Change it").click()
    await expect(inbox.page.get_by_role("alert")).to_contain_text("not your password now")
    await inbox.page.get_by_label("Password now").fill("a-long-green-scarf")
    await inbox.button("Change it").click()
    await expect(inbox.page.get_by_text("Your password is changed")).to_be_visible()
    await expect(inbox.state).to_have_text("Live")
    await expect(elsewhere.page.get_by_role("alert")).to_contain_text("You were signed out")
    await elsewhere.page.get_by_label("Email").fill(email)
    await elsewhere.page.get_by_label("Password").fill("a-long-blue-scarf")
    await elsewhere.button("Sign in").click()
    await expect(elsewhere.state).to_have_text("Live")


async def test_another_role_goes_on_at_once_and_a_disabled_agent_signs_in(
    stack: Stack, browser: Browser
) -> None:
    email = f"{uuid7().hex}@demo.shop"
    async with open_desk(stack.database_url, size=1) as desk:
        agent, _ = await add_agent(desk, email=email, name="Nora", role="agent")
    inbox = await enter(browser, stack, email, "/?view=open")
    await inbox.tickets.first.click()
    await expect(inbox.box).to_be_visible()
    headers = {"Origin": stack.base_url, "Cookie": f"{COOKIE}={await session(stack, ADA)}"}
    async with httpx.AsyncClient(base_url=stack.base_url, headers=headers) as ada:
        own = f"/api/agents/{agent.id}"
        assert (await ada.patch(own, json={"role": "viewer"})).status_code == 200
        await expect(inbox.button("Nora viewer, your menu")).to_be_visible()
        await expect(inbox.state).to_have_text("Live")
        assert (await ada.patch(own, json={"disabled": True})).status_code == 200
    await expect(inbox.page.get_by_role("alert")).to_contain_text("You were signed out")
